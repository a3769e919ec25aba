#pragma once

#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace sg::sip {

// How often each source may do a thing: a bucket of tokens a source, filled steadily, a second's worth deep. A value.
class RateLimit {
 public:
  // 0: no limit.
  explicit RateLimit(double per_second) : per_second_(per_second) {}

  bool allow(const std::string& source, TimePoint now);
  size_t sources() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens;
    TimePoint filled;
  };
  double tokens_at(const Bucket& bucket, TimePoint now) const;
  void forget_idle(TimePoint now);

  const double per_second_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace sg::sip
