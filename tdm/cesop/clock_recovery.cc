#include "tdm/cesop/clock_recovery.h"

#include <algorithm>
#include <cmath>

namespace sg::tdm::cesop {

namespace {

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void ClockRecovery::on_arrival(uint16_t sequence, TimePoint now) {
  if (!begun_) {
    begun_ = true;
    start_ = now;
    last_ = sequence;
    packets_ = 0;
  }
  packets_ += static_cast<int16_t>(static_cast<uint16_t>(sequence - last_));
  last_ = sequence;

  double sent = static_cast<double>(packets_) * seconds(packet_time_);
  Point point{.sent = sent, .delay = seconds(now - start_) - sent};
  if (!has_best_ || point.delay < best_.delay) best_ = point;
  has_best_ = true;
  if (sent - point_began_ < kSecondsAPoint) return;
  points_[count_++ % kPoints] = best_;
  has_best_ = false;
  point_began_ = sent;
}

void ClockRecovery::reset() {
  *this = ClockRecovery(packet_time_);
}

double ClockRecovery::ppm() const {
  size_t n = std::min(count_, kPoints);
  if (n < kEnough) return 0;
  double mean_sent = 0, mean_delay = 0;
  for (size_t i = 0; i < n; ++i) {
    mean_sent += points_[i].sent / static_cast<double>(n);
    mean_delay += points_[i].delay / static_cast<double>(n);
  }
  double covariance = 0, variance = 0;
  for (size_t i = 0; i < n; ++i) {
    covariance += (points_[i].sent - mean_sent) * (points_[i].delay - mean_delay);
    variance += (points_[i].sent - mean_sent) * (points_[i].sent - mean_sent);
  }
  if (variance <= 0) return 0;
  // A peer that is faster sends early: its delay shrinks as it sends.
  double ppm = -covariance / variance * 1e6;
  return std::abs(ppm) <= kMaxPpm ? ppm : 0;
}

}  // namespace sg::tdm::cesop
