#include "media/jitter/interpolator.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sg::media {
namespace {

constexpr size_t kPhases = 128;
constexpr double kBeta = 6.0;  // Kaiser: width of the main lobe against side lobes 63 dB down

// Modified Bessel function of the first kind, order 0.
double bessel(double x) {
  double sum = 1, term = 1;
  for (int k = 1; k < 40; ++k) {
    term *= x * x / (4.0 * k * k);
    sum += term;
  }
  return sum;
}

double sinc(double x) {
  return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

using Phase = std::array<float, Interpolator::kTaps>;

// Coefficients for each phase, and for the one after the last.
const std::array<Phase, kPhases + 1>& table() {
  static const auto made = [] {
    std::array<Phase, kPhases + 1> phases{};
    constexpr double kHalf = Interpolator::kTaps / 2.0;
    for (size_t p = 0; p <= kPhases; ++p) {
      double sum = 0;
      std::array<double, Interpolator::kTaps> taps{};
      for (size_t n = 0; n < taps.size(); ++n) {
        // Distance of the tap's sample from the point: the position is tap kTaps / 2 - 1.
        double x = static_cast<double>(n) - (kHalf - 1) - static_cast<double>(p) / kPhases;
        double window = bessel(kBeta * std::sqrt(std::max(0.0, 1 - x * x / (kHalf * kHalf)))) / bessel(kBeta);
        taps[n] = sinc(x) * window;
        sum += taps[n];
      }
      for (size_t n = 0; n < taps.size(); ++n) phases[p][n] = static_cast<float>(taps[n] / sum);
    }
    return phases;
  }();
  return made;
}

}  // namespace

Interpolator::Interpolator() {
  table();  // made here, not on the first media tick that needs it
}

void Interpolator::push(int16_t sample) {
  window_[first_] = window_[first_ + kTaps] = sample;
  first_ = (first_ + 1) % kTaps;
}

int16_t Interpolator::at(double fraction) const {
  double point = fraction * kPhases;
  auto phase = static_cast<size_t>(point);
  auto between = static_cast<float>(point - static_cast<double>(phase));
  const Phase& left = table()[phase];
  const Phase& right = table()[std::min(phase + 1, kPhases)];
  const float* samples = window_.data() + first_;
  float sum_left = 0, sum_right = 0;
  for (size_t n = 0; n < kTaps; ++n) {
    sum_left += samples[n] * left[n];
    sum_right += samples[n] * right[n];
  }
  float value = sum_left + (sum_right - sum_left) * between;
  return static_cast<int16_t>(std::lround(std::clamp(value, -32768.0F, 32767.0F)));
}

}  // namespace sg::media
