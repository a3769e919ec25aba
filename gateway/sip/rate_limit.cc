#include "gateway/sip/rate_limit.h"

namespace sg::sip {
namespace {

// Forged sources cost memory: full buckets say nothing and are thrown out when there are so many.
constexpr size_t kManySources = 4096;

}  // namespace

bool RateLimit::allow(const std::string& source, TimePoint now) {
  if (per_second_ <= 0) return true;
  if (buckets_.size() >= kManySources && !buckets_.contains(source)) forget_idle(now);
  return buckets_[source].take(per_second_, now);
}

void RateLimit::forget_idle(TimePoint now) {
  std::erase_if(buckets_, [&](const auto& entry) { return entry.second.is_full(per_second_, now); });
  // All of them busy: an attack from everywhere. Better that it starts anew than that memory ends.
  if (buckets_.size() >= kManySources) buckets_.clear();
}

}  // namespace sg::sip
