#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.h"

namespace sg {

// So many a second, and the worth of `seconds` at once (one at least). Starts full. The rate comes with each question,
// for it may change.
class TokenBucket {
 public:
  explicit TokenBucket(double seconds = 1) : seconds_(seconds) {}

  // False: there is none left.
  bool take(double per_second, TimePoint now) {
    tokens_ = tokens(per_second, now);
    filled_ = now;
    // A nanosecond of rounding is no token.
    if (tokens_ < 1 - 1e-6) return false;
    tokens_ -= 1;
    return true;
  }
  // As if nothing had ever been taken.
  bool is_full(double per_second, TimePoint now) const { return tokens(per_second, now) >= depth(per_second); }

 private:
  double depth(double per_second) const { return std::max(1.0, per_second * seconds_); }
  double tokens(double per_second, TimePoint now) const {
    if (!filled_) return depth(per_second);
    double gained = std::chrono::duration<double>(now - *filled_).count() * per_second;
    return std::min(depth(per_second), tokens_ + gained);
  }

  double seconds_;
  double tokens_ = 0;
  std::optional<TimePoint> filled_;
};

}  // namespace sg
