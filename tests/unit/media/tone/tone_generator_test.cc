#include "media/tone/tone_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <string>
#include <vector>

#include "media/tone/dtmf_detector.h"

namespace sg::media {
namespace {

std::vector<int16_t> generated(ToneGenerator& generator, size_t samples, size_t block = 160) {
  std::vector<int16_t> all(samples);
  for (size_t at = 0; at < samples; at += block)
    generator.generate(std::span(all).subspan(at, std::min(block, samples - at)));
  return all;
}

double level_at(std::span<const int16_t> samples, double frequency) {
  std::complex<double> sum;
  for (size_t i = 0; i < samples.size(); ++i) {
    sum += static_cast<double>(samples[i]) *
           std::polar(1.0, -2 * std::numbers::pi * frequency * static_cast<double>(i) / 8000);
  }
  return std::abs(sum) / static_cast<double>(samples.size());
}

bool is_silent(std::span<const int16_t> samples) {
  return std::all_of(samples.begin(), samples.end(), [](int16_t s) { return s == 0; });
}

TEST(ToneGenerator, RepeatsMusicFromItsBeginning) {
  const std::vector<int16_t> music{1, 2, 3};
  ToneGenerator generator(ToneCountry::Eu, music);

  generator.play(Tone::Music);
  EXPECT_EQ(generated(generator, 7, 2), (std::vector<int16_t>{1, 2, 3, 1, 2, 3, 1}));
  generator.play(Tone::Music);
  EXPECT_EQ(generated(generator, 2), (std::vector<int16_t>{1, 2}));
  generator.play(Tone::None);
  EXPECT_FALSE(generator.is_playing());
}

TEST(ToneGenerator, WithoutMusicLeavesWhatIsHeardAlone) {
  ToneGenerator generator;

  generator.play(Tone::Music);

  EXPECT_FALSE(generator.is_playing());
}

TEST(ToneGenerator, PlaysEachCountrysTonesInTheirCadence) {
  struct Row {
    ToneCountry country;
    Tone tone;
    std::vector<double> frequencies;
    size_t on_ms, off_ms;
  };
  for (const Row& row :
       {Row{ToneCountry::Eu, Tone::Dial, {425}, 3000, 0}, Row{ToneCountry::Eu, Tone::Ringback, {425}, 1000, 4000},
        Row{ToneCountry::Eu, Tone::Busy, {425}, 500, 500}, Row{ToneCountry::Eu, Tone::Congestion, {425}, 200, 200},
        Row{ToneCountry::Us, Tone::Dial, {350, 440}, 3000, 0},
        Row{ToneCountry::Us, Tone::Ringback, {440, 480}, 2000, 4000},
        Row{ToneCountry::Us, Tone::Busy, {480, 620}, 500, 500},
        Row{ToneCountry::Uk, Tone::Ringback, {400, 450}, 400, 200},
        Row{ToneCountry::Uk, Tone::Busy, {400}, 375, 375}}) {
    ToneGenerator generator(row.country);
    generator.play(row.tone);
    auto samples = generated(generator, 8 * (row.on_ms + row.off_ms + 100));

    auto on = std::span<const int16_t>(samples).first(8 * row.on_ms);
    for (double frequency : row.frequencies) EXPECT_GT(level_at(on, frequency), 500) << frequency;
    EXPECT_LT(level_at(on, 1000), 50);
    EXPECT_TRUE(is_silent(std::span(samples).subspan(8 * row.on_ms + 1, row.off_ms > 0 ? 8 * row.off_ms - 2 : 0)));
    EXPECT_FALSE(is_silent(std::span(samples).last(8 * 100)));
  }
}

TEST(ToneGenerator, IsSilentUnlessItPlays) {
  ToneGenerator generator;
  EXPECT_FALSE(generator.is_playing());
  EXPECT_TRUE(is_silent(generated(generator, 800)));

  generator.play(Tone::Silence);
  EXPECT_TRUE(generator.is_playing());
  EXPECT_TRUE(is_silent(generated(generator, 800)));

  generator.play(Tone::Busy);
  EXPECT_FALSE(is_silent(generated(generator, 800)));
  generator.play(Tone::None);
  EXPECT_FALSE(generator.is_playing());
  EXPECT_TRUE(is_silent(generated(generator, 800)));
}

TEST(ToneGenerator, PlaysDigitsThatADetectorHearsInBlocksOfAnySize) {
  const std::string digits = "0123456789*#ABCD";
  for (size_t block : {33u, 160u, 1000u}) {
    ToneGenerator generator;
    for (char digit : digits) ASSERT_TRUE(generator.play_digit(digit, std::chrono::milliseconds(80)));
    EXPECT_TRUE(generator.is_playing());
    auto samples = generated(generator, 8 * 130 * (digits.size() + 1), block);
    EXPECT_FALSE(generator.is_playing());

    DtmfDetector detector;
    std::string heard;
    auto digit = detector.feed(samples);
    for (; digit; digit = detector.feed({})) heard += *digit;
    EXPECT_EQ(heard, digits) << block;
  }
}

TEST(ToneGenerator, RefusesWhatIsNoDigitAndMoreThanItCanQueue) {
  ToneGenerator generator;
  EXPECT_FALSE(generator.play_digit('x', std::chrono::milliseconds(80)));
  for (int i = 0; i < 32; ++i) EXPECT_TRUE(generator.play_digit('1', std::chrono::milliseconds(80)));
  EXPECT_FALSE(generator.play_digit('1', std::chrono::milliseconds(80)));
}

}  // namespace
}  // namespace sg::media
