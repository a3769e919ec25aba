#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace sg::media {

// How long voice packets should wait. The lead of a packet is how many octets before its turn it came; negative: so
// much too late. Growing is at once, by what a late packet was late; shrinking takes two quiet windows and a silence,
// but for what waits beyond the maximum, which the buffer sees to.
class VoiceDelay {
 public:
  // `min`: octets that stay in any case.
  explicit VoiceDelay(int64_t min) : min_(min) {}

  // Notes the lead of a packet in order. Returns by how much to delay play-out so that this packet is not lost.
  int64_t on_packet(int64_t lead) {
    if (lead < 0) {
      shift(-lead);
      return -lead;
    }
    smallest_now_ = std::min(smallest_now_, lead);
    return 0;
  }
  // Octets of play-out have passed: the windows move.
  void on_played(size_t octets) {
    window_age_ += octets;
    if (window_age_ < kWindow) return;
    smallest_before_ = smallest_now_;
    smallest_now_ = kNone;
    window_age_ = 0;
  }
  // By how much all packets of the last windows came earlier than they need to.
  int64_t surplus() const {
    if (smallest_before_ == kNone) return 0;
    return std::max<int64_t>(0, std::min(smallest_now_, smallest_before_) - min_);
  }
  // Play-out was delayed by `octets`, or hurried when negative.
  void shift(int64_t octets) {
    if (smallest_now_ != kNone) smallest_now_ += octets;
    if (smallest_before_ != kNone) smallest_before_ += octets;
  }
  void restart() {
    smallest_now_ = smallest_before_ = kNone;
    window_age_ = 0;
  }

 private:
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  static constexpr size_t kWindow = 4 * 8000;  // 4 s

  int64_t min_;
  int64_t smallest_now_ = kNone;
  int64_t smallest_before_ = kNone;
  size_t window_age_ = 0;
};

}  // namespace sg::media
