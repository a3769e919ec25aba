#include "gateway/sip/rate_limit.h"

#include <algorithm>

namespace sg::sip {
namespace {

// Forged sources cost memory: full buckets say nothing and are thrown out when there are so many.
constexpr size_t kManySources = 4096;

}  // namespace

double RateLimit::tokens_at(const Bucket& bucket, TimePoint now) const {
  double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  return std::min(bucket.tokens + seconds * per_second_, std::max(per_second_, 1.0));
}

bool RateLimit::allow(const std::string& source, TimePoint now) {
  if (per_second_ <= 0) return true;
  if (buckets_.size() >= kManySources && !buckets_.contains(source)) forget_idle(now);
  auto& bucket = buckets_.try_emplace(source, Bucket{std::max(per_second_, 1.0), now}).first->second;
  bucket = {tokens_at(bucket, now), now};
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

void RateLimit::forget_idle(TimePoint now) {
  std::erase_if(buckets_,
                [&](const auto& entry) { return tokens_at(entry.second, now) >= std::max(per_second_, 1.0); });
  // All of them busy: an attack from everywhere. Better that it starts anew than that memory ends.
  if (buckets_.size() >= kManySources) buckets_.clear();
}

}  // namespace sg::sip
