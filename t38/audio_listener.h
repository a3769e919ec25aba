#pragma once

#include <array>
#include <memory>
#include <span>

#include "t38/fax_timeline.h"
#include "t38/gateway.h"

namespace sg::t38 {

// Listens in on a fax that passes as audio: the V.21 frames of both machines (T.30 clause 5.3), and when a fast carrier
// begins. It changes nothing. Events of the first end's audio have Direction::FromT38, those of the second ToT38.
// Owned by who has the audio, on its thread. Allocates at construction only.
class AudioListener {
 public:
  enum class End : uint8_t { First, Second };

  explicit AudioListener(FaxTimeline::Listener& listener);
  ~AudioListener();
  AudioListener(const AudioListener&) = delete;
  AudioListener& operator=(const AudioListener&) = delete;

  // What this end says: 8 kHz linear samples, as long as line time.
  void hear(End end, std::span<const int16_t> samples);

  int pages() const { return timeline_.pages(); }
  int bit_rate() const { return timeline_.bit_rate(); }
  bool ecm() const { return timeline_.ecm(); }
  bool ended_by_dcn() const { return timeline_.ended_by_dcn(); }

 private:
  class EndReceiver;
  void on_frame(End end, ByteView octets);
  void on_fast_carrier(End end);

  FaxTimeline timeline_;
  End sender_ = End::First;  // who sent the last DCS
  uint64_t heard_ = 0;       // samples of the end that was heard most
  // The latest frame, to know its echo by.
  std::array<uint8_t, 64> last_{};
  size_t last_octets_ = 0;
  End last_end_ = End::First;
  uint64_t last_at_ = 0;
  std::array<std::unique_ptr<EndReceiver>, 2> receivers_;
};

}  // namespace sg::t38
