#pragma once

#include "base/socket_address.h"

namespace sg::media {

// Where a peer's media come from and go to. Peers behind NAT send from another address than they told: the first valid
// packet's source is believed, and then no other until signalling tells a new address.
// Packets of where the peer was before are still on their way when it moves, and settle nothing: it may go on there
// until it has our answer. While the new place stays silent, so that they are a run of kRun, ours go there too.
// Media-worker thread only.
class PeerAddress {
 public:
  enum class Verdict : uint8_t {
    Known,
    Latched,  // from now on this is the peer
    Foreign,  // to be dropped
  };
  enum class Lock : uint8_t {
    Firm,  // the first source stays
    // A packet from the told address ends the matter, whoever was first: RTP is easier to guess at than UDPTL. Were it
    // a stray one, the first source's next run takes the lock back.
    UntilToldComes,
  };
  // Valid packets of one source without any of the other in between: half a second of RTP.
  static constexpr int kRun = 25;

  explicit PeerAddress(Lock lock) : lock_(lock) {}

  // Forgets what was learnt when the peer told another address than before.
  void tell(const SocketAddress& told) {
    if (told == told_) return;
    told_ = told;
    other_ = current_ == told ? SocketAddress{} : current_;
    current_ = told;
    is_settled_ = false;
    run_ = 0;
  }
  // What a packet of this source is, if it proves valid. Changes nothing.
  Verdict check(const SocketAddress& source) const {
    if (source == current_) return Verdict::Known;
    if (other_.is_set() && source == other_) {
      if (run_ + 1 >= kRun) return Verdict::Latched;
      if (!is_settled_) return Verdict::Known;
    } else if (!is_settled_) {
      return Verdict::Latched;
    }
    return lock_ == Lock::UntilToldComes && source == told_ ? Verdict::Latched : Verdict::Foreign;
  }
  // A packet of this source was found valid.
  Verdict on_valid(const SocketAddress& source) {
    const Verdict verdict = check(source);
    if (!is_settled_ && source == other_) {
      if (++run_ >= kRun) current_ = source;
      return verdict;
    }
    if (verdict == Verdict::Foreign) {
      if (source == other_) ++run_;
      return verdict;
    }
    // Only who loses a lock may have it back.
    if (verdict == Verdict::Latched || !is_settled_) other_ = is_settled_ ? current_ : SocketAddress{};
    current_ = source;
    is_settled_ = true;
    run_ = 0;
    return verdict;
  }

  const SocketAddress& current() const { return current_; }
  // RFC 3264 5.1: the zero address and port 0 mean hold.
  bool can_be_sent_to() const { return current_.is_set() && !current_.is_any() && current_.port() != 0; }

 private:
  Lock lock_;
  SocketAddress told_;
  SocketAddress current_;
  SocketAddress other_;  // where the peer was, or who had the lock
  int run_ = 0;          // of the other's packets
  bool is_settled_ = false;
};

}  // namespace sg::media
