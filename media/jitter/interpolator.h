#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sg::media {

// Reads a stream of 8 kHz samples between its samples: a windowed sinc of 64 taps (Kaiser) in 128 phases, straight
// lines in between. The gain is within 0.05 dB up to 3700 Hz, beyond where V.17 ends (3000 Hz) and V.34 does (3674 Hz);
// images lie 70 dB below the signal up to 3600 Hz and 50 dB at 3700 Hz (interpolator_test holds these). It adds no
// delay of its own but needs kAhead samples (4 ms) that come after the point that is read. On a sample it gives that
// very sample.
class Interpolator {
 public:
  static constexpr size_t kTaps = 64;
  static constexpr size_t kAhead = kTaps / 2;  // samples after the one at or before the point

  Interpolator();

  // Moves on by one sample: `sample` is the one kAhead after the new position.
  void push(int16_t sample);
  // The signal `fraction` (0 … 1) of a sample after the position.
  int16_t at(double fraction) const;

 private:
  // Twice over, so that the taps always lie in one piece.
  std::array<float, 2 * kTaps> window_{};
  size_t first_ = 0;
};

}  // namespace sg::media
