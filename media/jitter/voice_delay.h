#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace sg::media {

// How long voice packets should wait. The lead of a packet is how many octets before its turn it came; negative: so
// much too late. Growing is at once, by what a late packet was late; shrinking takes two quiet windows and a silence.
class VoiceDelay {
 public:
  struct Bounds {
    int64_t min, max;  // octets
  };
  explicit VoiceDelay(Bounds bounds) : bounds_(bounds) {}

  // Notes the lead of a packet in order. Returns by how much to delay play-out so that this packet is not lost: 0 when
  // it is in time, or so late that the delay would go beyond the maximum.
  int64_t on_packet(int64_t lead) {
    largest_ = std::max(largest_ - largest_ / 256, lead);
    if (lead < 0) {
      if (std::max<int64_t>(largest_, 0) - lead > bounds_.max) return 0;
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
    return std::max<int64_t>(0, std::min(smallest_now_, smallest_before_) - bounds_.min);
  }
  // Play-out was delayed by `octets`, or hurried when negative.
  void shift(int64_t octets) {
    largest_ += octets;
    if (smallest_now_ != kNone) smallest_now_ += octets;
    if (smallest_before_ != kNone) smallest_before_ += octets;
  }
  void restart() {
    largest_ = 0;
    smallest_now_ = smallest_before_ = kNone;
    window_age_ = 0;
  }

 private:
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  static constexpr size_t kWindow = 4 * 8000;  // 4 s

  Bounds bounds_;
  int64_t largest_ = 0;
  int64_t smallest_now_ = kNone;
  int64_t smallest_before_ = kNone;
  size_t window_age_ = 0;
};

}  // namespace sg::media
