#include "tests/lab/g1050.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace sg::lab {
namespace {

constexpr size_t kOctets = 218;  // G.711 of 20 ms with its headers
constexpr Duration kEvery = 20ms;
constexpr G1050Rates kFast{.lan_a = 100e6, .uplink = 100e6, .downlink = 100e6, .lan_b = 100e6};

struct Seen {
  int sent = 0, lost = 0, bursts = 0;
  std::vector<double> delays;  // ms
  bool in_order = true;

  double loss() const { return static_cast<double>(lost) / sent; }
  double mean() const {
    double sum = 0;
    for (double delay : delays) sum += delay;
    return sum / static_cast<double>(delays.size());
  }
  double least() const { return *std::ranges::min_element(delays); }
  double most() const { return *std::ranges::max_element(delays); }
};

template <class Pass>
Seen watch(int packets, Pass pass) {
  Seen seen;
  TimePoint at{1h}, last{};
  bool was_lost = false;
  for (; seen.sent < packets; ++seen.sent, at += kEvery) {
    std::optional<TimePoint> out = pass(at);
    if (!out) {
      ++seen.lost;
      seen.bursts += !was_lost;
    } else {
      seen.in_order &= *out >= last;
      last = *out;
      seen.delays.push_back(std::chrono::duration<double, std::milli>(*out - at).count());
    }
    was_lost = !out;
  }
  return seen;
}
Seen watch_path(char severity, const G1050Rates& rates, uint64_t seed, int packets) {
  G1050Path path(*g1050_severity(severity), rates, seed);
  return watch(packets, [&](TimePoint at) { return path.pass(at, kOctets); });
}

// Occupancy times constant says how often a link gets busy, a busy one loses; II.6.1 and II.6.2.
double share_busy(double gets_busy, double gets_free) {
  return gets_busy / (gets_busy + gets_free);
}

TEST(G1050, ALanLosesWhatItsOccupancySays) {
  constexpr double kOccupancy = 20;
  G1050Link lan(G1050Link::Kind::Lan, kOccupancy, 1508, 4e6, 1);

  Seen seen = watch(200'000, [&](TimePoint at) { return lan.pass(at, kOctets); });

  double expected = share_busy(0.004 * kOccupancy, 0.1) * 0.001 * kOccupancy;
  EXPECT_NEAR(seen.loss(), expected, 0.1 * expected);
  // Up to 1.5 ms of jitter at any time; when busy an impulse of up to an MTU's time and as many times more as the
  // occupancy has per cent.
  constexpr double kOwnTime = 8000.0 * kOctets / 4e6, kMtuTime = 8000.0 * 1508 / 4e6;
  EXPECT_NEAR(seen.least(), kOwnTime, 0.01);
  EXPECT_LE(seen.most(), kOwnTime + 1.5 + (1 + kOccupancy) * kMtuTime);
  EXPECT_GT(seen.most(), kOwnTime + 1.5 + 0.8 * kOccupancy * kMtuTime);
}

// The queue of an access link drains: packets after a delayed one are delayed too, each less.
TEST(G1050, AnAccessLinkDelaysInSpikesThatDieDown) {
  G1050Link link(G1050Link::Kind::Access, 0, 512, 128e3, 3);

  Seen seen = watch(200'000, [&](TimePoint at) { return link.pass(at, kOctets); });

  constexpr double kOwnTime = 8000.0 * kOctets / 128e3, kMtuTime = 8000.0 * 512 / 128e3;
  EXPECT_EQ(seen.lost, 0);
  EXPECT_NEAR(seen.least(), kOwnTime, 0.01);
  EXPECT_GT(seen.most(), kOwnTime + kMtuTime / 8);
  EXPECT_LT(seen.most(), kOwnTime + kMtuTime);
  // An impulse in a thousand packets' time, half of the height on average, a quarter of it in, 0.25 of it out each
  // time.
  EXPECT_NEAR(seen.mean() - kOwnTime, 0.001 * kMtuTime / 2, 0.3 * 0.001 * kMtuTime / 2);
}

TEST(G1050, SeverityAIsFourToTwelveMillisecondsAndHardlyALoss) {
  Seen seen = watch_path('A', kFast, 1, 200'000);

  double expected = 2 * share_busy(0.004, 0.1) * 0.001;
  EXPECT_GT(seen.loss(), 0.5 * expected);
  EXPECT_LT(seen.loss(), 1.5 * expected);
  EXPECT_NEAR(seen.least(), 4, 0.5);
  EXPECT_NEAR(seen.mean(), 4 + 5.0 / 2 + 2 * 1.5 / 2, 0.2);
  EXPECT_LT(seen.most(), 4 + 5 + 2 * 1.5 + 1);
  EXPECT_TRUE(seen.in_order);
}

TEST(G1050, SeverityCLosesWhatItsPartsLoseAndInBurstsWhereALinkFails) {
  Seen seen = watch_path('C', kFast, 1, 300'000);

  double lans = 2 * share_busy(0.012, 0.1) * 0.003, access = 2 * share_busy(0.0004, 0.2 / 3) * 0.001;
  double failures = 0.128 / 1800;
  EXPECT_NEAR(seen.loss(), lans + access + 0.0002 + failures, 0.15 * (lans + access + 0.0002 + failures));
  // Three failures of six packets each make that many losses fewer bursts.
  EXPECT_GT(seen.lost - seen.bursts, 3 * 4);
  // The longer route of 4 ms for some of the time.
  EXPECT_NEAR(seen.mean(), 16 + 16.0 / 2 + 4.0 / 2 + 2 * 1.5 / 2, 1.5);
}

TEST(G1050, TheSeedIsTheFate) {
  std::mt19937_64 random(5);
  G1050Rates rates = draw_g1050_rates(random);

  Seen once = watch_path('B', rates, 7, 20'000), again = watch_path('B', rates, 7, 20'000);
  Seen other = watch_path('B', rates, 8, 20'000);

  EXPECT_EQ(once.delays, again.delays);
  EXPECT_NE(once.delays, other.delays);
}

TEST(G1050, ThereAreSeveritiesAToC) {
  EXPECT_FALSE(g1050_severity('H'));
  EXPECT_FALSE(g1050_severity('a'));
}

}  // namespace
}  // namespace sg::lab
