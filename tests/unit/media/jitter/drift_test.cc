#include "media/jitter/drift.h"

#include <gtest/gtest.h>

#include <random>

namespace sg::media {
namespace {

// Packets each 20 ms of a sender that is `ppm` fast, the network adding up to `jitter_ms`.
Drift measure(double ppm, double jitter_ms, Duration length, unsigned seed) {
  Drift drift;
  std::mt19937 random(seed);
  std::uniform_real_distribution<> jitter(0, jitter_ms);
  for (Duration now{}; now < length; now += 20ms) {
    double seconds = std::chrono::duration<double>(now).count();
    drift.on_packet(480 + seconds * 8000 * ppm * 1e-6 - jitter(random) * 8, TimePoint{} + 1h + now);
  }
  return drift;
}

TEST(Drift, IsMeasuredThroughJitter) {
  struct Row {
    double ppm, jitter_ms, within;
  };
  for (auto [ppm, jitter_ms, within] :
       {Row{0, 0, 0.01}, Row{100, 0, 0.1}, Row{-100, 0, 0.1}, Row{50, 20, 5}, Row{-20, 40, 10}, Row{0, 40, 10}}) {
    for (unsigned seed = 1; seed <= 5; ++seed) {
      auto drift = measure(ppm, jitter_ms, 120s, seed);
      ASSERT_TRUE(drift.ppm());
      EXPECT_NEAR(*drift.ppm(), ppm, within) << jitter_ms << " ms of jitter, seed " << seed;
      EXPECT_NEAR(drift.change(), 120 * 8000 * ppm * 1e-6, 8 + std::abs(ppm) / 25) << seed;
    }
  }
}

TEST(Drift, IsUnknownAtFirst) {
  EXPECT_FALSE(measure(100, 0, 10s, 1).ppm());
  EXPECT_TRUE(measure(100, 0, 20s, 1).ppm());
}

TEST(Drift, APauseOfTheSenderIsBridged) {
  Drift drift;
  for (int packet = 0; packet < 6000; ++packet) {
    if (packet > 2000 && packet < 4000) continue;
    double seconds = packet * 0.02;
    drift.on_packet(seconds * 8000 * 80e-6, TimePoint{} + 1h + packet * Duration(20ms));
  }
  EXPECT_NEAR(*drift.ppm(), 80, 1);
}

}  // namespace
}  // namespace sg::media
