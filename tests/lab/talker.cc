#include "tests/lab/talker.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

namespace sg::lab {
namespace {

constexpr int kSecond = 8000;
// Longer than the hole that two delays of 300 ms, one on each leg, leave in a word, and shorter than a pause less the
// delays that end in it.
constexpr int kBetweenWords = kSecond * 75 / 100;
constexpr int kFaintest = 500;

// A voice's pitch and one of its formants, swelling and fading.
double sound(int at) {
  const double seconds = static_cast<double>(at) / kSecond;
  auto wave = [seconds](double hz) { return std::sin(2 * std::numbers::pi * hz * seconds); };
  return 6000 * (1.2 + wave(4)) * (wave(140) + 0.5 * wave(560));
}

}  // namespace

void Talker::begin_next() {
  auto chance = [this](double least, double most) {
    return static_cast<int>(kSecond * std::uniform_real_distribution<>(least, most)(random_));
  };
  is_word_ = !is_word_ && !is_still_;
  left_ = is_word_ ? chance(0.8, 1.5) : chance(1.6, 2.2);
  at_ = 0;
  said_ += is_word_;
}

void Talker::speak(std::span<int16_t> samples) {
  for (int16_t& sample : samples) {
    if (left_-- == 0) begin_next();
    sample = is_word_ ? static_cast<int16_t>(sound(at_++)) : int16_t{0};
  }
}

void Talker::listen(std::span<const int16_t> samples) {
  for (int16_t sample : samples) {
    const bool is_sound = std::abs(sample) > kFaintest;
    heard_ += is_sound && silence_ >= kBetweenWords;
    silence_ = is_sound ? 0 : silence_ + 1;
  }
}

}  // namespace sg::lab
