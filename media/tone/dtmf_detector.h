#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace sg::media {

// Hears DTMF (ITU-T Q.23, Q.24) in band on one side of a call. Media-worker thread only. Allocates at construction
// only.
class DtmfDetector {
 public:
  DtmfDetector();
  ~DtmfDetector();
  DtmfDetector(DtmfDetector&&) noexcept;
  DtmfDetector& operator=(DtmfDetector&&) noexcept;

  // Listens to 8 kHz linear samples, any number of them. The digit (0-9 * # A-D) that has just been made out; when a
  // block brought more than one, the others come with the next calls (an empty block will do).
  std::optional<char> feed(std::span<const int16_t> linear);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sg::media
