#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

#include "media/types.h"
#include "tdm/call_tones.h"

namespace sg::media {

// Makes call-progress tones and DTMF digits as 8 kHz linear samples. A digit is heard in place of the tone, which goes
// on after it. Media-worker thread only. generate() does not allocate.
class ToneGenerator {
 public:
  // `music`: what Tone::Music repeats; outlives this.
  explicit ToneGenerator(std::span<const int16_t> music = {});
  ~ToneGenerator();
  ToneGenerator(ToneGenerator&&) noexcept;
  ToneGenerator& operator=(ToneGenerator&&) noexcept;

  // Starts a tone of this zone at the beginning of its cadence; None stops it.
  void play(Tone tone, const tdm::ToneZone& zone);
  // Queues a digit (0-9 * # A-D) with 50 ms of pause after it. False: it is none, or 32 wait already.
  bool play_digit(char digit, std::chrono::milliseconds length);

  // Whether generate() has anything to say: a tone is on (also within its pauses) or a digit waits.
  bool is_playing() const;
  // Fills the block; silence where nothing plays.
  void generate(std::span<int16_t> linear);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sg::media
