#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

// What benchmarks listen to.
namespace sg::bench {

constexpr size_t kBlock = 160;  // 20 ms at 8 kHz
using Samples = std::vector<int16_t>;

// Noise that comes and goes four times a second, about as loud as people talk (-20 dBm0 at its peaks). The same each
// time.
inline Samples speech_like(size_t samples) {
  Samples made(samples);
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 2500);
  double previous = 0;
  for (size_t i = 0; i < samples; ++i) {
    double loudness = std::abs(std::sin(2 * std::numbers::pi * 2 * static_cast<double>(i) / 8000));
    previous = 0.8 * previous + 0.6 * noise(random);  // voices have more of the low frequencies
    made[i] = static_cast<int16_t>(std::clamp(loudness * previous, -32000.0, 32000.0));
  }
  return made;
}

// Two frequencies at -10 dBm0 each.
inline Samples two_tones(double first, double second, size_t samples) {
  Samples made(samples);
  for (size_t i = 0; i < samples; ++i) {
    double turns = 2 * std::numbers::pi * static_cast<double>(i) / 8000;
    made[i] = static_cast<int16_t>(7000 * (std::sin(first * turns) + std::sin(second * turns)));
  }
  return made;
}

}  // namespace sg::bench
