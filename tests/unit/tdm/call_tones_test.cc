#include "tdm/call_tones.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace sg::tdm {
namespace {

struct CallTonesTest : testing::TestWithParam<std::string_view> {
  const ToneZone& zone = *find_tone_zone(GetParam());

  // Whether the listener hears what the player plays, within 8 s and with noise 25 dB below.
  static bool hears(const ToneShape& listens_for, const ToneShape& plays) {
    TonePlayer player(plays);
    ToneListener listener(listens_for);
    std::mt19937 random(7);
    std::normal_distribution<double> noise(0, 100);
    std::vector<int16_t> block(160);
    for (int i = 0; i < 8 * 50; ++i) {
      player.generate(block);
      for (int16_t& sample : block) sample = static_cast<int16_t>(sample / 2 + noise(random));
      if (listener.feed(block)) return true;
    }
    return false;
  }
};

TEST_P(CallTonesTest, EachToneIsHeardAsItself) {
  EXPECT_TRUE(hears(zone.dial, zone.dial));
  EXPECT_TRUE(hears(zone.busy, zone.busy));
  EXPECT_TRUE(hears(zone.congestion, zone.congestion));
}

TEST_P(CallTonesTest, NoToneIsTakenForAnother) {
  EXPECT_FALSE(hears(zone.busy, zone.dial));
  EXPECT_FALSE(hears(zone.busy, zone.ringback));
  EXPECT_FALSE(hears(zone.congestion, zone.dial));
  EXPECT_FALSE(hears(zone.congestion, zone.ringback));
  EXPECT_FALSE(hears(zone.congestion, zone.busy));
  EXPECT_FALSE(hears(zone.dial, zone.busy));
  EXPECT_FALSE(hears(zone.dial, zone.congestion));
}

TEST_P(CallTonesTest, NoiseIsNoTone) {
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, 3000);
  for (CallTone tone : {CallTone::Dial, CallTone::Busy, CallTone::Congestion}) {
    ToneListener listener(zone.shape(tone));
    std::vector<int16_t> block(8000 * 10);
    for (int16_t& sample : block) sample = static_cast<int16_t>(noise(random));

    EXPECT_FALSE(listener.feed(block));
  }
}

TEST_P(CallTonesTest, TonesHaveTheirLevel) {
  TonePlayer player(zone.dial);
  std::vector<int16_t> block(1600);
  double energy = 0;

  player.generate(block);

  for (int16_t sample : block) energy += double(sample) * sample;
  double dbm0 = 10 * std::log10(energy / double(block.size())) - 20 * std::log10(32124 / std::sqrt(2.0)) + 3.14;
  EXPECT_NEAR(dbm0, -10, 0.6);
}

INSTANTIATE_TEST_SUITE_P(Zones, CallTonesTest, testing::Values("de", "es", "eu", "fr", "gb", "us"));

TEST(CallTones, EveryZoneIsFoundByItsName) {
  for (const auto& zone : tone_zones()) EXPECT_EQ(find_tone_zone(zone.name), &zone);
  EXPECT_EQ(find_tone_zone("xx"), nullptr);
}

}  // namespace
}  // namespace sg::tdm
