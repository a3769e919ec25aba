#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "media/service.h"

namespace sg::media {

// Hears the tones by which fax machines announce themselves on one side of a call: CNG (T.30 4.3.3.2), CED (T.30
// 4.3.3.1), ANSam (V.8) and the V.21 preamble (T.30 5.3.1). Each is told once for each time it begins.
// Media-worker thread only. Allocates at construction only.
class FaxToneDetector {
 public:
  FaxToneDetector();
  ~FaxToneDetector();
  FaxToneDetector(FaxToneDetector&&) noexcept;
  FaxToneDetector& operator=(FaxToneDetector&&) noexcept;

  // Listens to 8 kHz linear samples, any number of them. A tone that has just been made out; when a block brought more
  // than one, the others come with the next calls (an empty block will do).
  std::optional<HeardTone> feed(std::span<const int16_t> linear);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sg::media
