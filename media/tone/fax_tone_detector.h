#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "media/types.h"

namespace sg::media {

// Hears the tones by which fax machines announce themselves on one side of a call: CNG (T.30 4.3.3.2), CED (T.30
// 4.3.3.1), ANSam (V.8) and the V.21 preamble (T.30 5.3.1). Each is told once for each time it begins.
// Media-worker thread only. Allocates at construction only.
class FaxToneDetector {
 public:
  // What is on the line long before it is sure what it is: nothing but 1100 or 2100 Hz, or V.21, for 60 ms.
  enum class Onset : uint8_t { None, Tone, V21 };

  FaxToneDetector();
  ~FaxToneDetector();
  FaxToneDetector(FaxToneDetector&&) noexcept;
  FaxToneDetector& operator=(FaxToneDetector&&) noexcept;

  // Listens to 8 kHz linear samples, any number of them. A tone that has just been made out; when a block brought more
  // than one, the others come with the next calls (an empty block will do).
  std::optional<HeardTone> feed(std::span<const int16_t> linear);
  // It lasts until half a second after the last of it.
  Onset onset() const;
  // Nothing comes any more from what was listened to.
  void forget_onset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sg::media
