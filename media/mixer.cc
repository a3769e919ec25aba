#include "media/mixer.h"

#include <algorithm>
#include <limits>

namespace sg::media {

void Mixer::begin() {
  std::ranges::fill(sum_, 0);
}

void Mixer::add(std::span<const int16_t> said) {
  for (size_t i = 0; i < sum_.size(); ++i) sum_[i] += said[i];
}

void Mixer::others(std::span<const int16_t> own, std::span<int16_t> heard) const {
  using Limits = std::numeric_limits<int16_t>;
  for (size_t i = 0; i < sum_.size(); ++i) {
    heard[i] = static_cast<int16_t>(std::clamp<int32_t>(sum_[i] - own[i], Limits::min(), Limits::max()));
  }
}

void BlockQueue::push(std::span<const uint8_t> octets) {
  if (waiting_ == 2) {
    oldest_ ^= 1;
    --waiting_;
  }
  std::ranges::copy(octets, blocks_[(oldest_ + waiting_) % 2].begin());
  ++waiting_;
}

bool BlockQueue::pop(std::span<uint8_t> octets) {
  if (waiting_ == 0) return false;
  std::ranges::copy(blocks_[oldest_], octets.begin());
  oldest_ ^= 1;
  --waiting_;
  return true;
}

}  // namespace sg::media
