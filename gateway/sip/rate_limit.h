#pragma once

#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/token_bucket.h"

namespace sg::sip {

// How often each source may do a thing: a bucket of tokens a source. A value.
class RateLimit {
 public:
  // 0: no limit.
  explicit RateLimit(double per_second) : per_second_(per_second) {}

  bool allow(const std::string& source, TimePoint now);
  size_t sources() const { return buckets_.size(); }

 private:
  void forget_idle(TimePoint now);

  const double per_second_;
  std::unordered_map<std::string, TokenBucket> buckets_;
};

}  // namespace sg::sip
