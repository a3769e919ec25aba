#include "media/jitter/drift.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sg::media {
namespace {

constexpr double kOctetsPerSecond = 8000;
// What no clock gains in a window (10 ms), if the network does not add as much by chance.
constexpr double kStep = 80;
constexpr double kStepOfScatter = 6;
// What is told is known to within so many ppm, or this share of it: three standard errors.
constexpr double kMostError = 10, kMostErrorShare = 0.2;

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}
constexpr double kPpmOfSlope = 1e6 / (2 * kOctetsPerSecond);

}  // namespace

double Drift::octets_until(TimePoint time) const {
  return seconds(time - *began_) * kOctetsPerSecond;
}

void Drift::on_pull(double octets, TimePoint now) {
  if (began_) pulls_.take(octets - octets_until(now));
}

void Drift::on_packet(double position, TimePoint arrival) {
  if (!began_) {
    began_ = arrival;
    window_end_ = arrival + kWindow;
  }
  for (; arrival >= window_end_; window_end_ += kWindow) end_window();
  packets_.take(position - octets_until(arrival));
}

void Drift::end_window() {
  if (packets_.count >= kPackets && pulls_.count > 0) {
    on_window(packets_.lead - pulls_.lead);
  } else {
    lead_ += slope_;
  }
  packets_ = pulls_ = {};
}

void Drift::on_window(double earliest) {
  if (windows_ == 0) {
    windows_ = 1;
    first_ = lead_ = earliest;
    return;
  }
  const double expected = lead_ + slope_;
  const double error = earliest - expected;
  if (std::abs(error) > kStep + kStepOfScatter * scatter_) {
    lead_ = earliest;
    first_ += error;
    steps_ += error;
    return;
  }
  ++windows_;
  // Least squares over all windows so far, or as if over kMemory of them.
  double k = std::min(windows_, kMemory);
  double alpha = 2 * (2 * k - 1) / (k * (k + 1));
  double beta = 6 / (k * (k + 1));
  lead_ = expected + alpha * error;
  slope_ += beta * error;
  if (windows_ > 2) scatter_ += (std::abs(error) - scatter_) / std::min(windows_ - 2, 8);
}

std::optional<double> Drift::ppm() const {
  if (windows_ < kEnough) return std::nullopt;
  return slope_ * kPpmOfSlope;
}

std::optional<double> Drift::certain_ppm() const {
  if (windows_ < kEnoughToTell) return std::nullopt;
  const double n = std::min(windows_, kMemory);
  const double deviation = 1.25 * scatter_;  // of a normal distribution, from its mean deviation
  const double error = 3 * deviation * std::sqrt(12 / (n * n * n)) * kPpmOfSlope;
  const double drift = slope_ * kPpmOfSlope;
  if (error > std::max(kMostError, kMostErrorShare * std::abs(drift))) return std::nullopt;
  return drift;
}

double Drift::change() const {
  return lead_ - first_;
}

double Drift::take_step() {
  return std::exchange(steps_, 0);
}

}  // namespace sg::media
