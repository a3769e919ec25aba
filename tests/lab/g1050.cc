#include "tests/lab/g1050.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace sg::lab {
namespace {

constexpr Duration kSlice = 1ms;
constexpr double kSlicesPerPacket = 20;
constexpr size_t kKept = 1000;  // slices, for packets that come out of the core late
constexpr Duration kLanJitter = 1500us;
constexpr size_t kLanMtu = 1508;  // octets

// The chance in a slice that makes `chance` in a packet's time.
double in_slice(double chance) {
  return 1 - std::pow(1 - std::min(chance, 1.0), 1 / kSlicesPerPacket);
}

Duration of_ms(double ms) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms));
}

template <size_t N>
double draw(const std::array<double, N>& of, std::mt19937_64& random) {
  return of[std::uniform_int_distribution<size_t>(0, N - 1)(random)];
}

// G.1050 II.6.1 and II.6.2, with the constants of its first edition as SpanDSP's model has them.
double gets_busy(G1050Link::Kind kind, double occupancy) {
  return in_slice((kind == G1050Link::Kind::Lan ? 0.004 : 0.0002) * occupancy);
}
double gets_free(G1050Link::Kind kind, double occupancy) {
  return in_slice(kind == G1050Link::Kind::Lan ? 0.1 : 0.2 / (1 + occupancy));
}
double impulse_free(G1050Link::Kind kind, double occupancy) {
  return kind == G1050Link::Kind::Lan ? 0 : in_slice(0.001 + occupancy / 2000);
}
double impulse_busy(G1050Link::Kind kind, double occupancy) {
  return kind == G1050Link::Kind::Lan ? 0.5 : in_slice(0.3 + 0.4 * occupancy / 100);
}
// The time of an MTU, and more where much goes on.
double impulse_height(G1050Link::Kind kind, double occupancy, size_t mtu, double bit_rate) {
  double scale = kind == G1050Link::Kind::Lan ? 1 : 40;
  return 8000 * static_cast<double>(mtu) / bit_rate * (1 + occupancy / scale);
}

}  // namespace

std::optional<G1050Severity> g1050_severity(char letter) {
  switch (letter) {
    case 'A':
      return G1050Severity{.lan_occupancy = 1, .core_delay = 4ms, .core_jitter = 5ms};
    case 'B':
      return G1050Severity{.lan_occupancy = 2,
                           .access_occupancy = 1,
                           .core_delay = 8ms,
                           .core_jitter = 10ms,
                           .core_loss = 0.0001,
                           .route_flap_every = 1h,
                           .route_flap = 2ms,
                           .link_fails_every = 1h,
                           .link_fails_for = 64ms};
    case 'C':
      return G1050Severity{.lan_occupancy = 3,
                           .access_occupancy = 2,
                           .access_mtu = 1508,
                           .core_delay = 16ms,
                           .core_jitter = 16ms,
                           .core_loss = 0.0002,
                           .route_flap_every = 30min,
                           .route_flap = 4ms,
                           .link_fails_every = 30min,
                           .link_fails_for = 128ms};
    default:
      return std::nullopt;
  }
}

G1050Rates draw_g1050_rates(std::mt19937_64& random) {
  constexpr std::array<double, 3> kLans = {4e6, 20e6, 100e6};
  constexpr std::array<double, 4> kUplinks = {128e3, 384e3, 768e3, 1536e3};
  constexpr std::array<double, 4> kDownlinks = {768e3, 1536e3, 3e6, 7e6};
  G1050Rates rates;
  rates.lan_a = draw(kLans, random);
  rates.uplink = draw(kUplinks, random);
  rates.downlink = draw(kDownlinks, random);
  rates.lan_b = draw(kLans, random);
  return rates;
}

G1050Link::G1050Link(Kind kind, double occupancy, size_t mtu, double bit_rate, uint64_t seed)
    : kind_(kind),
      bit_rate_(bit_rate),
      gets_busy_(lab::gets_busy(kind, occupancy)),
      gets_free_(lab::gets_free(kind, occupancy)),
      impulse_free_(lab::impulse_free(kind, occupancy)),
      impulse_busy_(lab::impulse_busy(kind, occupancy)),
      loss_((kind == Kind::Lan ? 0.001 : 0.0005) * occupancy),
      impulse_height_(lab::impulse_height(kind, occupancy, mtu, bit_rate)),
      // A LAN's queue empties at once, that of an access link by a quarter in a packet's time.
      decay_(kind == Kind::Lan ? 0 : std::pow(0.75, 1 / kSlicesPerPacket)),
      random_(seed) {}

G1050Link::Slice G1050Link::next_slice() {
  bool was_busy = busy_;
  if (happens(was_busy ? gets_free_ : gets_busy_)) busy_ = !busy_;
  double impulse = 0;
  if (happens(was_busy ? impulse_busy_ : impulse_free_)) {
    impulse = impulse_height_;
    if (kind_ == Kind::Lan || !was_busy) impulse *= chance_(random_);
  }
  // A pole for a packet's time takes a quarter of each impulse; so does this one for a slice.
  double taken = kind_ == Kind::Lan ? 1 : 0.25;
  congestion_ = congestion_ * decay_ + impulse * taken;
  double jitter =
      kind_ == Kind::Lan ? chance_(random_) * std::chrono::duration<double, std::milli>(kLanJitter).count() : 0;
  return {was_busy && happens(loss_), of_ms(congestion_ + jitter)};
}

std::optional<TimePoint> G1050Link::pass(TimePoint at, size_t octets) {
  if (!first_) first_ = at;
  auto index = static_cast<size_t>(std::max<int64_t>(0, (at - *first_) / kSlice));
  while (slices_.size() <= index) slices_.push_back(next_slice());
  Slice slice = slices_[index];
  for (; index > kKept; --index) {
    slices_.pop_front();
    *first_ += kSlice;
  }
  if (slice.lost) return std::nullopt;
  TimePoint out = at + slice.delay + of_ms(8000 * static_cast<double>(octets) / bit_rate_);
  last_out_ = std::max(last_out_, out);
  return last_out_;
}

G1050Core::G1050Core(const G1050Severity& severity, uint64_t seed)
    : severity_(severity),
      random_(seed),
      flap_offset_(any_of(2 * severity.route_flap_every)),
      failure_offset_(any_of(severity.link_fails_every)) {}

Duration G1050Core::any_of(Duration period) {
  return period > 0s ? Duration(std::uniform_int_distribution<int64_t>(0, period.count() - 1)(random_)) : Duration{};
}

std::optional<TimePoint> G1050Core::pass(TimePoint at) {
  const G1050Severity& s = severity_;
  if (s.core_loss > 0 && std::uniform_real_distribution<>(0, 1)(random_) < s.core_loss) return std::nullopt;
  if (s.link_fails_every > 0s && phase(at, failure_offset_, s.link_fails_every) < s.link_fails_for) return std::nullopt;
  TimePoint out = at + s.core_delay + any_of(s.core_jitter);
  // The longer route and the shorter one in turn.
  if (s.route_flap_every > 0s && phase(at, flap_offset_, 2 * s.route_flap_every) < s.route_flap_every)
    out += s.route_flap;
  // None of these severities re-orders.
  last_out_ = std::max(last_out_, out);
  return last_out_;
}

G1050Path::G1050Path(const G1050Severity& severity, const G1050Rates& rates, uint64_t seed)
    : lan_a_(G1050Link::Kind::Lan, severity.lan_occupancy, kLanMtu, rates.lan_a, seed ^ 1),
      uplink_(G1050Link::Kind::Access, severity.access_occupancy, severity.access_mtu, rates.uplink, seed ^ 2),
      core_(severity, seed ^ 3),
      downlink_(G1050Link::Kind::Access, severity.access_occupancy, severity.access_mtu, rates.downlink, seed ^ 4),
      lan_b_(G1050Link::Kind::Lan, severity.lan_occupancy, kLanMtu, rates.lan_b, seed ^ 5) {}

std::optional<TimePoint> G1050Path::pass(TimePoint at, size_t octets) {
  // Each segment has its own chances, whether a packet was lost before it or not.
  std::optional<TimePoint> now = lan_a_.pass(at, octets);
  if (now) now = uplink_.pass(*now, octets);
  if (now) now = core_.pass(*now);
  if (now) now = downlink_.pass(*now, octets);
  if (now) now = lan_b_.pass(*now, octets);
  return now;
}

}  // namespace sg::lab
