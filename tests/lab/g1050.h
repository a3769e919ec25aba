#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>

#include "base/clock.h"

// A model of an IP network after ITU-T G.1050 appendix II: LAN, access link, core, access link and LAN in a row, each
// with a delay and a loss for every millisecond.
namespace sg::lab {

// How bad a network is (G.1050 tables 8 to 10). Occupancies in per cent.
struct G1050Severity {
  double lan_occupancy = 0, access_occupancy = 0;
  size_t access_mtu = 512;  // octets
  Duration core_delay{}, core_jitter{};
  double core_loss = 0;  // share
  Duration route_flap_every{}, route_flap{}, link_fails_every{}, link_fails_for{};
};
// 'A' to 'C', the regional ones; nothing for another letter.
std::optional<G1050Severity> g1050_severity(char letter);

// Of the links on the way, in bit/s.
struct G1050Rates {
  double lan_a = 100e6, uplink = 384e3, downlink = 1536e3, lan_b = 100e6;
};
// One of the Recommendation's test cases, by chance.
G1050Rates draw_g1050_rates(std::mt19937_64& random);

// A LAN or an access link. Its bursts are those of a Gilbert-Elliott model: now and then it is busy, and then it loses
// packets and delays them by impulses. What the Recommendation gives for each packet is spread over the milliseconds
// between two packets of 20 ms. It keeps packets in order.
class G1050Link {
 public:
  enum class Kind { Lan, Access };
  G1050Link(Kind kind, double occupancy, size_t mtu, double bit_rate, uint64_t seed);

  // When a packet comes out that goes in at `at`; nothing: it is lost. Times go forward, but for the reordering of the
  // last second.
  std::optional<TimePoint> pass(TimePoint at, size_t octets);

 private:
  struct Slice {
    bool lost;
    Duration delay;
  };
  Slice next_slice();
  bool happens(double chance) { return chance > 0 && chance_(random_) < chance; }

  const Kind kind_;
  const double bit_rate_;
  const double gets_busy_, gets_free_;          // chance in a millisecond
  const double impulse_free_, impulse_busy_;    // the same
  const double loss_, impulse_height_, decay_;  // height in ms
  std::mt19937_64 random_;
  std::uniform_real_distribution<> chance_{0, 1};
  bool busy_ = false;
  double congestion_ = 0;  // ms

  std::deque<Slice> slices_;
  std::optional<TimePoint> first_;  // of slices_.front()
  TimePoint last_out_;
};

// The core: delay, jitter, chance losses, changes of route and failures of links.
class G1050Core {
 public:
  G1050Core(const G1050Severity& severity, uint64_t seed);
  std::optional<TimePoint> pass(TimePoint at);

 private:
  // Where the time `at` lies in a period that began by chance.
  static Duration phase(TimePoint at, Duration offset, Duration period) {
    return (at.time_since_epoch() + offset) % period;
  }
  Duration any_of(Duration period);

  const G1050Severity severity_;
  std::mt19937_64 random_;
  const Duration flap_offset_, failure_offset_;
  TimePoint last_out_;
};

// One way through such a network. The same seed gives the same fate to the same packets.
class G1050Path {
 public:
  G1050Path(const G1050Severity& severity, const G1050Rates& rates, uint64_t seed);
  // When a packet that is sent at `at` arrives; nothing: it is lost. `octets`: with all its headers.
  std::optional<TimePoint> pass(TimePoint at, size_t octets);

 private:
  G1050Link lan_a_, uplink_;
  G1050Core core_;
  G1050Link downlink_, lan_b_;
};

}  // namespace sg::lab
