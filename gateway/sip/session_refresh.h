#pragma once

#include <sofia-sip/nua.h>
#include <sofia-sip/sip.h>

#include <chrono>
#include <functional>

#include "base/reactor.h"

namespace sg::sip {

// Keeps the session timer of a dialog (RFC 4028). Where the peer takes UPDATE, Sofia does it by that. Else it would
// repeat the last INVITE it remembers, which may describe what does not stand any more: so re-INVITEs of ours come
// before its own are due. Owned by its SipLeg; signalling thread only.
class SessionRefresh {
 public:
  // `interval`: the longest that we want to go without; 0: no session timer of our own. `send` sends such a re-INVITE,
  // if this is a moment for it.
  SessionRefresh(Reactor& reactor, std::chrono::seconds interval, std::function<void()> send);

  // Any message that may say what the peer allows and how long it wants to go without.
  void note(const sip_t& message);
  bool peer_allows_update() const { return peer_allows_update_; }
  // The session was agreed on just now.
  void restart(nua_handle_t* handle);
  void stop() { timer_.cancel(); }

 private:
  std::chrono::seconds interval_;  // the shortest that either side asked for
  bool peer_allows_update_ = false;
  const std::function<void()> send_;
  Timer timer_;
};

}  // namespace sg::sip
