#include "tdm/cesop/packet_clock.h"

#include <algorithm>
#include <cmath>

namespace sg::tdm::cesop {

namespace {

constexpr double kFastestPeer = 1.002;
constexpr double kFastestCatchUp = 1.5;
constexpr Duration kAtOnce = 10ms;

}  // namespace

PacketClock::PacketClock(ClockSource source, Duration packet_time, TimePoint now)
    : source_(source),
      packet_time_(packet_time),
      period_ns_(static_cast<double>(packet_time.count())),
      by_deadline_(source == ClockSource::Given),
      deadline_(now + packet_time),
      most_at_once_(std::max(2.0, static_cast<double>(kAtOnce / packet_time))),
      paced_(most_at_once_),
      most_pushed_(static_cast<double>(kMostBehind / packet_time)),
      pushed_(most_pushed_),
      refilled_(now) {}

void PacketClock::set_ppm(double ppm) {
  period_ns_ = static_cast<double>(packet_time_.count()) / (1 + ppm * 1e-6);
}

void PacketClock::hold_over(bool on, TimePoint now) {
  if (source_ == ClockSource::Given || on == by_deadline_) return;
  by_deadline_ = on;
  deadline_ = now + packet_time_;
}

bool PacketClock::is_due(size_t owed, TimePoint now) {
  double passed = static_cast<double>((now - refilled_).count()) / static_cast<double>(packet_time_.count());
  paced_ = std::min(most_at_once_, paced_ + passed * kFastestCatchUp);
  pushed_ = std::min(most_pushed_, pushed_ + passed * kFastestPeer);
  refilled_ = now;
  if (!by_deadline_) return owed > 0 && paced_ >= 1 && pushed_ >= 1;

  if (now - deadline_ > kMostBehind) {
    ++stalls_;
    deadline_ = now;
  }
  return now >= deadline_ && paced_ >= 1;
}

void PacketClock::on_tick() {
  paced_ -= 1;
  if (!by_deadline_) {
    pushed_ -= 1;
    return;
  }
  double whole = std::floor(period_ns_ + fraction_ns_);
  fraction_ns_ += period_ns_ - whole;
  deadline_ += Duration(static_cast<int64_t>(whole));
}

TimePoint PacketClock::next(size_t owed, TimePoint now) const {
  // When there is something to catch up: twice as often as when there is not.
  TimePoint soon = now + packet_time_ / 2;
  if (by_deadline_) return deadline_ > now ? deadline_ : soon;
  return owed > 0 ? soon : TimePoint::max();
}

}  // namespace sg::tdm::cesop
