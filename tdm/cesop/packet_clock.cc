#include "tdm/cesop/packet_clock.h"

#include <algorithm>
#include <cmath>

namespace sg::tdm::cesop {

namespace {

constexpr double kFastestPeer = 1.002;

}  // namespace

PacketClock::PacketClock(ClockSource source, Duration packet_time, TimePoint now)
    : source_(source),
      packet_time_(packet_time),
      period_ns_(static_cast<double>(packet_time.count())),
      by_deadline_(source == ClockSource::Given),
      deadline_(now + packet_time),
      credit_(static_cast<double>(kMostBehind / packet_time)),
      most_credit_(credit_),
      credited_(now) {}

void PacketClock::set_ppm(double ppm) {
  period_ns_ = static_cast<double>(packet_time_.count()) / (1 + ppm * 1e-6);
}

void PacketClock::hold_over(bool on, TimePoint now) {
  if (source_ == ClockSource::Given || on == by_deadline_) return;
  by_deadline_ = on;
  deadline_ = now + packet_time_;
}

bool PacketClock::is_due(size_t owed, TimePoint now) {
  if (by_deadline_) {
    if (now - deadline_ > kMostBehind) {
      ++stalls_;
      deadline_ = now;
    }
    return now >= deadline_;
  }
  double passed = static_cast<double>((now - credited_).count()) / static_cast<double>(packet_time_.count());
  credit_ = std::min(most_credit_, credit_ + passed * kFastestPeer);
  credited_ = now;
  return owed > 0 && credit_ >= 1;
}

void PacketClock::on_tick() {
  if (!by_deadline_) {
    credit_ -= 1;
    return;
  }
  double whole = std::floor(period_ns_ + fraction_ns_);
  fraction_ns_ += period_ns_ - whole;
  deadline_ += Duration(static_cast<int64_t>(whole));
}

TimePoint PacketClock::next(size_t owed, TimePoint now) const {
  // When there is something to catch up, the peer is given half a packet time to answer.
  TimePoint soon = now + packet_time_ / 2;
  if (by_deadline_) return deadline_ > now ? deadline_ : soon;
  return owed > 0 ? soon : TimePoint::max();
}

}  // namespace sg::tdm::cesop
