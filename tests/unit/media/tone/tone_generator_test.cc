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

const tdm::ToneZone& kEu = tdm::default_tone_zone();

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
  ToneGenerator generator(music);

  generator.play(Tone::Music, kEu);
  EXPECT_EQ(generated(generator, 7, 2), (std::vector<int16_t>{1, 2, 3, 1, 2, 3, 1}));
  generator.play(Tone::Music, kEu);
  EXPECT_EQ(generated(generator, 2), (std::vector<int16_t>{1, 2}));
  generator.play(Tone::None, kEu);
  EXPECT_FALSE(generator.is_playing());
}

TEST(ToneGenerator, WithoutMusicLeavesWhatIsHeardAlone) {
  ToneGenerator generator;

  generator.play(Tone::Music, kEu);

  EXPECT_FALSE(generator.is_playing());
}

// ITU-T E.180 Supplement 2.
TEST(ToneGenerator, PlaysTheRingbackOfEachZone) {
  struct Row {
    const char* zone;
    std::vector<double> frequencies;
    std::vector<size_t> on_off_ms;
  };
  const std::vector<Row> rows = {{"at", {420}, {1000, 5000}},
                                 {"au", {413, 438}, {400, 200, 400, 2000}},
                                 {"be", {425}, {1000, 3000}},
                                 {"br", {425}, {1000, 4000}},
                                 {"ch", {425}, {1000, 4000}},
                                 {"cn", {450}, {1000, 4000}},
                                 {"de", {425}, {1000, 4000}},
                                 {"dk", {425}, {1000, 4000}},
                                 {"es", {425}, {1500, 3000}},
                                 {"eu", {425}, {1000, 4000}},
                                 {"fi", {425}, {1000, 4000}},
                                 {"fr", {440}, {1500, 3500}},
                                 {"gb", {400, 450}, {400, 200, 400, 2000}},
                                 {"it", {425}, {1000, 4000}},
                                 {"jp", {384, 416}, {1000, 2000}},
                                 {"nl", {425}, {1000, 4000}},
                                 {"no", {425}, {1000, 4000}},
                                 {"pl", {425}, {1000, 4000}},
                                 {"pt", {425}, {1000, 5000}},
                                 {"ru", {425}, {1000, 4000}},
                                 {"se", {425}, {1000, 5000}},
                                 {"us", {440, 480}, {2000, 4000}}};
  ASSERT_EQ(rows.size(), tdm::tone_zones().size());
  for (const Row& row : rows) {
    SCOPED_TRACE(row.zone);
    ToneGenerator generator;

    generator.play(Tone::Ringback, *tdm::find_tone_zone(row.zone));

    // Twice, and so from its beginning again.
    for (size_t i = 0; i < 2 * row.on_off_ms.size(); ++i) {
      auto samples = generated(generator, 8 * row.on_off_ms[i % row.on_off_ms.size()]);
      if (i % 2 == 1) {
        EXPECT_TRUE(is_silent(samples)) << i;
        continue;
      }
      double energy = 0, of_the_tone = 0;
      for (int16_t sample : samples) energy += static_cast<double>(sample) * sample;
      energy /= static_cast<double>(samples.size());
      for (double frequency : row.frequencies) {
        double level = level_at(samples, frequency);
        EXPECT_GT(level, 800) << frequency;
        of_the_tone += 2 * level * level;
      }
      EXPECT_NEAR(of_the_tone / energy, 1, 0.02) << "and nothing beside it";
    }
  }
}

TEST(ToneGenerator, IsSilentUnlessItPlays) {
  ToneGenerator generator;
  EXPECT_FALSE(generator.is_playing());
  EXPECT_TRUE(is_silent(generated(generator, 800)));

  generator.play(Tone::Dial, kEu);
  EXPECT_TRUE(generator.is_playing());
  EXPECT_FALSE(is_silent(generated(generator, 800)));
  generator.play(Tone::None, kEu);
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
