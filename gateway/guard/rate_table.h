#pragma once

#include <cassert>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/token_bucket.h"

namespace sg::guard {

// How often each of many may do a thing: a bucket of tokens each. Whoever has been quiet longest is forgotten when
// there are too many, so that no flood of forged names empties the table of those that are busy. Not copied: the names
// lie in it.
class RateTable {
 public:
  explicit RateTable(size_t most = 4096) : most_(most) { assert(most > 0); }
  RateTable(const RateTable&) = delete;
  RateTable& operator=(const RateTable&) = delete;

  // A second's worth at once. A rate of 0: no limit.
  bool take(const std::string& key, double per_second, TimePoint now) {
    return per_second <= 0 || bucket(key).take(per_second, now);
  }
  size_t size() const { return buckets_.size(); }

 private:
  using Recent = std::list<std::pair<std::string, TokenBucket>>;

  TokenBucket& bucket(const std::string& key) {
    if (auto found = buckets_.find(key); found != buckets_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return recent_.front().second;
    }
    if (buckets_.size() >= most_) {
      buckets_.erase(recent_.back().first);
      recent_.pop_back();
    }
    recent_.emplace_front(key, TokenBucket{});
    buckets_.emplace(recent_.front().first, recent_.begin());
    return recent_.front().second;
  }

  size_t most_;
  Recent recent_;  // the busiest first
  std::unordered_map<std::string_view, Recent::iterator> buckets_;
};

}  // namespace sg::guard
