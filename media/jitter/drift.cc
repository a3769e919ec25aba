#include "media/jitter/drift.h"

#include <algorithm>
#include <cmath>

namespace sg::media {
namespace {

constexpr double kOctetsPerSecond = 8000;

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void Drift::on_packet(double lead, TimePoint arrival) {
  if (!window_end_) window_end_ = arrival + kWindow;
  while (arrival >= *window_end_) {
    if (has_packet_) {
      on_window(earliest_);
    } else {
      lead_ += slope_;
    }
    has_packet_ = false;
    *window_end_ += kWindow;
  }
  earliest_ = has_packet_ ? std::max(earliest_, lead) : lead;
  has_packet_ = true;
}

void Drift::on_window(double earliest) {
  ++windows_;
  if (windows_ == 1) {
    first_ = lead_ = earliest;
    return;
  }
  // Least squares over all windows so far, or as if over kMemory of them.
  double k = std::min(windows_, kMemory);
  double alpha = 2 * (2 * k - 1) / (k * (k + 1));
  double beta = 6 / (k * (k + 1));
  double expected = lead_ + slope_;
  double error = earliest - expected;
  lead_ = expected + alpha * error;
  slope_ += beta * error;
  if (windows_ > 2) scatter_ += (std::abs(error) - scatter_) / std::min(windows_ - 2, 8);
}

std::optional<double> Drift::ppm() const {
  if (windows_ < kEnough) return std::nullopt;
  return slope_ / seconds(kWindow) / kOctetsPerSecond * 1e6;
}

double Drift::change() const {
  return lead_ - first_;
}

}  // namespace sg::media
