#pragma once

#include <cstdint>

namespace sg::media {

// Tells new, re-ordered and duplicate packets apart by sequence number, and counts those that are missing.
class SequenceWindow {
 public:
  enum class Place : uint8_t { Newest, Reordered, Duplicate };

  Place note(uint16_t sequence) {
    auto ahead = static_cast<int16_t>(sequence - highest_);
    // A jump either way is a sequence that started anew: nothing can be said of what lies between.
    if (!has_any_ || ahead > kMaxJump || ahead < -kMaxJump) {
      has_any_ = true;
      highest_ = sequence;
      seen_ = ~uint64_t{0};
      return Place::Newest;
    }
    if (ahead > 0) {
      lost_ += static_cast<uint64_t>(ahead - 1);
      seen_ = ahead < kWindow ? seen_ << ahead | 1 : 1;
      highest_ = sequence;
      return Place::Newest;
    }
    uint64_t bit = -ahead < kWindow ? uint64_t{1} << -ahead : 0;
    if (seen_ & bit) return Place::Duplicate;
    seen_ |= bit;
    if (lost_ > 0) --lost_;
    return Place::Reordered;
  }
  // The next packet starts a sequence of its own.
  void restart() { has_any_ = false; }
  uint64_t lost() const { return lost_; }

 private:
  static constexpr int kWindow = 64;
  static constexpr int kMaxJump = 1000;

  bool has_any_ = false;
  uint16_t highest_ = 0;
  uint64_t seen_ = 0;  // bit n: highest_ - n came
  uint64_t lost_ = 0;
};

}  // namespace sg::media
