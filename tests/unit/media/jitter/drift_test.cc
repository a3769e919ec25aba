#include "media/jitter/drift.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace sg::media {
namespace {

constexpr double kOctetsPerSecond = 8000;

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}
Duration of_milliseconds(double count) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(count));
}

// Packets each 20 ms of a sender that is `ppm` fast, and ticks of ours. By how much a packet, and a tick, is late at
// this time of the call.
struct Sender {
  double ppm = 0;
  std::function<double(Duration)> packet_late_ms = [](Duration) { return 0.0; };
  std::function<double(Duration)> tick_late_ms = [](Duration) { return 0.0; };

  Drift measure(Duration length) const {
    Drift drift;
    for (Duration now{}; now < length; now += 20ms) {
      const TimePoint at = TimePoint{} + 1h + now;
      drift.on_packet(kOctetsPerSecond * seconds(now) * (1 + ppm * 1e-6), at + of_milliseconds(packet_late_ms(now)));
      drift.on_pull(kOctetsPerSecond * seconds(now), at + of_milliseconds(tick_late_ms(now)));
    }
    return drift;
  }
};
std::function<double(Duration)> evenly_up_to(double milliseconds, unsigned seed) {
  return [=, random = std::mt19937(seed)](Duration) mutable {
    return std::uniform_real_distribution<>(0, milliseconds)(random);
  };
}
std::function<double(Duration)> from_on(Duration when, double milliseconds) {
  return [=](Duration now) { return now < when ? 0 : milliseconds; };
}

TEST(Drift, IsMeasuredThroughJitter) {
  struct Row {
    double ppm, jitter_ms, ticks_ms, within;
  };
  for (auto [ppm, jitter_ms, ticks_ms, within] :
       {Row{0, 0, 0, 0.01}, Row{100, 0, 0, 0.1}, Row{-100, 0, 0, 0.1}, Row{50, 20, 0, 5}, Row{-20, 40, 0, 10},
        Row{0, 40, 0, 10}, Row{0, 0, 19, 5}, Row{-100, 20, 19, 5}}) {
    for (unsigned seed = 1; seed <= 5; ++seed) {
      auto drift = Sender{ppm, evenly_up_to(jitter_ms, seed), evenly_up_to(ticks_ms, 100 + seed)}.measure(120s);
      ASSERT_TRUE(drift.ppm());
      EXPECT_NEAR(*drift.ppm(), ppm, within) << jitter_ms << " ms of jitter, seed " << seed;
      EXPECT_NEAR(drift.change(), 120 * 8000 * ppm * 1e-6, 8 + std::abs(ppm) / 25) << seed;
      ASSERT_TRUE(drift.certain_ppm());
      EXPECT_EQ(*drift.certain_ppm(), *drift.ppm());
    }
  }
}

TEST(Drift, IsUnknownAtFirst) {
  EXPECT_FALSE(Sender{.ppm = 100}.measure(10s).ppm());
  EXPECT_TRUE(Sender{.ppm = 100}.measure(20s).ppm());
  EXPECT_FALSE(Sender{.ppm = 100}.measure(44s).certain_ppm());
  EXPECT_TRUE(Sender{.ppm = 100}.measure(60s).certain_ppm());
}

// A sender and ourselves on one busy machine: every few seconds either is held up for some milliseconds, and now and
// then for a whole window.
TEST(Drift, OfOneClockIsNeverToldToBeAnother) {
  auto held_up = [](unsigned seed) {
    return [random = std::mt19937(seed), until = Duration{}, late = 0.0](Duration now) mutable {
      if (now >= until) {
        until = now + of_milliseconds(std::exponential_distribution<>(1.0 / 400)(random));
        late = random() % 3 == 0 ? std::uniform_real_distribution<>(0, 12)(random) : 0;
      }
      return late;
    };
  };
  for (unsigned seed = 1; seed <= 60; ++seed) {
    for (Duration length : {18s, 31s, 37s, 44s, 60s, 90s, 300s}) {
      const Drift drift = Sender{0, held_up(seed), held_up(1000 + seed)}.measure(length);
      EXPECT_LT(std::abs(drift.certain_ppm().value_or(0)), 12) << "seed " << seed << ", " << seconds(length) << " s";
    }
  }
}

TEST(Drift, AStepIsNoClock) {
  for (double ppm : {0.0, -60.0}) {
    for (double late : {-100.0, 30.0, 100.0, 150.0, 300.0}) {
      Drift drift = Sender{.ppm = ppm, .packet_late_ms = from_on(61s, late)}.measure(120s);

      EXPECT_NEAR(*drift.certain_ppm(), ppm, 5) << late << " ms";
      EXPECT_NEAR(drift.change(), 120 * 8000 * ppm * 1e-6, 8) << late << " ms";
      EXPECT_NEAR(drift.take_step(), -8 * late, 4);
      EXPECT_EQ(drift.take_step(), 0) << "told once";
    }
  }
}

TEST(Drift, APauseOfTheSenderIsBridged) {
  Drift drift;
  for (int packet = 0; packet < 6000; ++packet) {
    const double octets = packet * 160;
    const TimePoint at = TimePoint{} + 1h + packet * Duration(20ms);
    if (packet <= 2000 || packet >= 4000) drift.on_packet(octets * (1 + 80e-6), at);
    drift.on_pull(octets, at);
  }
  EXPECT_NEAR(*drift.ppm(), 80, 1);
}

TEST(Drift, AFewPacketsSayNothing) {
  Drift drift;
  for (int packet = 0; packet < 6000; ++packet) {
    const double octets = packet * 160;
    const TimePoint at = TimePoint{} + 1h + packet * Duration(20ms);
    if (packet % 50 == 0) drift.on_packet(octets * (1 + 80e-6), at);
    drift.on_pull(octets, at);
  }
  EXPECT_FALSE(drift.ppm());
  EXPECT_FALSE(drift.certain_ppm());
}

}  // namespace
}  // namespace sg::media
