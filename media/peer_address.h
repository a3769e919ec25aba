#pragma once

#include "base/socket_address.h"

namespace sg::media {

// Where a peer's media come from and go to. Peers behind NAT send from another address than they told: the first valid
// packet's source is believed, until one from the told address comes, which ends the matter.
// Media-worker thread only.
class PeerAddress {
 public:
  enum class Verdict : uint8_t {
    Known,
    Latched,  // from now on this is the peer
    Foreign,  // to be dropped
  };

  // Forgets what was learnt when the peer told another address than before.
  void tell(const SocketAddress& told) {
    if (told == told_) return;
    told_ = told;
    current_ = told;
    is_settled_ = false;
  }
  // The source of a packet that was found valid.
  Verdict on_valid(const SocketAddress& source) {
    if (source == current_) {
      is_settled_ = true;
      return Verdict::Known;
    }
    if (is_settled_ && source != told_) return Verdict::Foreign;
    current_ = source;
    is_settled_ = true;
    return Verdict::Latched;
  }

  const SocketAddress& current() const { return current_; }
  // RFC 3264 5.1: the zero address and port 0 mean hold.
  bool can_be_sent_to() const { return current_.is_set() && !current_.is_any() && current_.port() != 0; }

 private:
  SocketAddress told_;
  SocketAddress current_;
  bool is_settled_ = false;
};

}  // namespace sg::media
