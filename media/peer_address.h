#pragma once

#include "media/service.h"

namespace sg::media {

// Where a peer's media come from and go to: where signalling told, and elsewhere only as Latch has it. Peers behind NAT
// send from another address than they told, or from another port; they are believed, strangers are not.
// - Near, which is the told host and what Latch::Careful names beside it: its first packet is believed as long as
//   nothing came from the told place; later a run in sequence is, without any packet of the place before in between: a
//   NAT has forgotten its port, or the peer has started anew.
// - Elsewhere, where that may be: a run in sequence once the place before was silent for kSilence.
// Packets of where the peer was before signalling told another address are still on their way when it moves, and settle
// nothing: it may go on there until it has our answer.
// Media-worker thread only.
class PeerAddress {
 public:
  enum class Verdict : uint8_t {
    Known,
    Latched,  // from now on this is the peer
    Foreign,  // to be dropped
  };
  enum class Lock : uint8_t {
    Firm,  // the told address has no way of its own back
    // A packet from the told address ends the matter, whoever was first: RTP is easier to guess at than UDPTL.
    UntilToldComes,
  };
  // Where in a peer's stream a packet is. UDPTL has a sequence number only.
  struct Place {
    uint32_t stream = 0;  // SSRC
    uint16_t sequence = 0;
  };
  static constexpr int kRun = 4;  // packets in sequence
  static constexpr Duration kSilence = 1s;
  // For so long packets may be on their way from where the peer was.
  static constexpr Duration kMove = 4s;

  explicit PeerAddress(Lock lock) : lock_(lock) {}

  // Forgets what was learnt when the peer told another address than before.
  void tell(const SocketAddress& told, TimePoint now);
  void set_latch(Latch latch, const SocketAddress& signalling) {
    latch_ = latch;
    signalling_ = signalling;
  }
  // What another kind of media of the same peer has learnt: where it was found that told `told`.
  void take_over(const PeerAddress& other);

  // What a packet of this source is, if it proves valid. Changes nothing.
  Verdict check(const SocketAddress& source, const Place& place, TimePoint now) const;
  // A packet of this source was found valid.
  Verdict on_valid(const SocketAddress& source, const Place& place, TimePoint now);
  // Whether this is a host of the peer's: for what has no place in a stream (RTCP).
  bool is_host(const SocketAddress& source) const {
    return source.is_same_host(current_) || source.is_same_host(told_);
  }

  const SocketAddress& current() const { return current_; }
  // RFC 3264 5.1: the zero address and port 0 mean hold.
  bool can_be_sent_to() const { return current_.is_set() && !current_.is_any() && current_.port() != 0; }

 private:
  // Who may be the peer, and how many of its packets came in sequence.
  struct Candidate {
    SocketAddress source;
    Place latest;
    TimePoint at;
    int run = 0;
  };
  bool is_near(const SocketAddress& source) const;
  bool may_be_anywhere() const { return latch_ == Latch::Always || told_.is_private(); }
  int run_with(const SocketAddress& source, const Place& place) const;
  bool is_proved(const SocketAddress& source, const Place& place, TimePoint now, Duration silence) const;
  void note_candidate(const SocketAddress& source, const Place& place, TimePoint now);

  const Lock lock_;
  Latch latch_ = Latch::Careful;
  SocketAddress signalling_;
  SocketAddress told_;
  SocketAddress current_;
  SocketAddress before_;  // where the peer was when it told another address
  SocketAddress proved_;  // where it was last found
  TimePoint told_at_, heard_at_;
  Candidate candidate_;
  bool is_settled_ = false;  // it was heard since it told its address
};

}  // namespace sg::media
