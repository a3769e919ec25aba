#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace sg::media {

// How many earlier packets go with each one: as many as configured to begin with, and one more each time that too many
// did not come. It never falls within a fax: T.30 has no use for thrift.
// Owned by an endpoint. Media-worker thread only.
class RedundancyDepth {
 public:
  struct Rise {
    int from = 0, to = 0;
    double loss = 0;  // the share of packets, 0 … 1, that made it rise
  };

  static constexpr uint64_t kWindow = 50;  // packets over which a share is taken

  // `most`: where there is an end to it.
  RedundancyDepth(int begin, int most) : depth_(begin), most_(most) {}
  // A new negotiation: what has risen stays, if it may.
  void set_limits(int begin, int most) {
    most_ = most;
    depth_ = std::min(std::max(depth_, begin), std::max(begin, most));
  }

  int depth() const { return depth_; }
  // The share of packets that were lost lately, and that which is too much. True: one more from now on.
  bool on_loss(double share, double much) {
    if (share <= much || depth_ >= most_) return false;
    if (!rise_) rise_ = {depth_, depth_, share};
    ++depth_;
    rise_->to = depth_;
    rise_->loss = share;
    return true;
  }
  // What has come and what was lost since the beginning; looked at after each kWindow packets that came.
  bool on_counts(uint64_t received, uint64_t lost, double much) {
    if (received - received_then_ < kWindow) return false;
    // A packet that was only late makes the loss smaller again.
    const auto gone = static_cast<double>(lost > lost_then_ ? lost - lost_then_ : 0);
    const double share = gone / (gone + static_cast<double>(received - received_then_));
    skip(received, lost);
    return on_loss(share, much);
  }
  // From here on losses count.
  void skip(uint64_t received, uint64_t lost) {
    received_then_ = received;
    lost_then_ = lost;
  }

  // How it rose since this was last asked.
  std::optional<Rise> take_rise() { return std::exchange(rise_, std::nullopt); }

 private:
  int depth_;
  int most_;
  uint64_t received_then_ = 0, lost_then_ = 0;
  std::optional<Rise> rise_;
};

}  // namespace sg::media
