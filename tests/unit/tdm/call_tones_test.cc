#include "tdm/call_tones.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace sg::tdm {
namespace {

// Italy's dial tone has bursts, of which the listener is told otherwise: see the ports' tests.
std::vector<std::string_view> names_of_zones() {
  std::vector<std::string_view> names;
  for (const ToneZone& zone : tone_zones()) {
    if (zone.name != "it") names.push_back(zone.name);
  }
  return names;
}

struct CallTonesTest : testing::TestWithParam<std::string_view> {
  const ToneZone& zone = *find_tone_zone(GetParam());

  // Longer than any busy tone's burst.
  static constexpr ToneListener::Belief kDial{.steady_ms = 800};
  static constexpr ToneListener::Belief kBusy{.steady_ms = 5000};

  // Whether the listener hears what the player plays, within 8 s and with noise 25 dB below.
  static bool hears(const ToneShape& listens_for, const ToneListener::Belief& belief, const ToneShape& plays) {
    TonePlayer player(plays);
    ToneListener listener(listens_for, belief);
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
  // Some countries have one cadence for both.
  bool is_busy_also_congestion() const {
    const auto &busy = zone.busy.segments, &congestion = zone.congestion.segments;
    for (size_t i = 0; i < congestion.size(); ++i) {
      if (congestion[i].ms != busy[i % busy.size()].ms) return false;
    }
    return true;
  }
};

TEST_P(CallTonesTest, EachToneIsHeardAsItself) {
  EXPECT_TRUE(hears(zone.dial, kDial, zone.dial));
  EXPECT_TRUE(hears(zone.busy, kBusy, zone.busy));
  EXPECT_TRUE(hears(zone.congestion, kBusy, zone.congestion));
}

TEST_P(CallTonesTest, NoToneIsTakenForAnother) {
  EXPECT_FALSE(hears(zone.busy, kBusy, zone.dial));
  EXPECT_FALSE(hears(zone.busy, kBusy, zone.ringback));
  EXPECT_FALSE(hears(zone.congestion, kBusy, zone.dial));
  EXPECT_FALSE(hears(zone.congestion, kBusy, zone.ringback));
  EXPECT_EQ(hears(zone.congestion, kBusy, zone.busy), is_busy_also_congestion());
  EXPECT_FALSE(hears(zone.dial, kDial, zone.busy));
  EXPECT_FALSE(hears(zone.dial, kDial, zone.congestion));
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

INSTANTIATE_TEST_SUITE_P(Zones, CallTonesTest, testing::ValuesIn(names_of_zones()));

TEST(CallTones, EveryZoneIsFoundByItsName) {
  for (const auto& zone : tone_zones()) EXPECT_EQ(find_tone_zone(zone.name), &zone);
  EXPECT_EQ(find_tone_zone("xx"), nullptr);
}

}  // namespace
}  // namespace sg::tdm
