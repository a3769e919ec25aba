#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/counters.h"
#include "base/log.h"
#include "conf/settings.h"
#include "gateway/call/call_manager.h"
#include "gateway/routing/call_routing.h"
#include "gateway/sip/sip_agent.h"
#include "gateway/trunk/trunks.h"

namespace sg::app {

// Takes calls as they come in, by SIP or on lines, and tells the SIP agent whose a request is. It is there before the
// agent and after it: as long as it is not open, nobody is let in. Owned by the Application; signalling thread only.
class IncomingCalls final : public sip::SipAgent::Listener {
 public:
  // What it asks, and gives calls to.
  struct Parts {
    const trunk::Trunks& trunks;
    const routing::CallRouting& routing;
    call::CallManager& calls;
  };
  // `settings` outlive it.
  IncomingCalls(const conf::Settings& settings, Counters& counters);

  void open(const Parts& parts) { parts_.emplace(parts); }
  void close() { parts_.reset(); }
  // Peers that ask hear from here on that no call would be taken.
  void turn_away() { is_turning_away_ = true; }
  // A call on a line.
  void take(trunk::TdmTrunk& from, std::unique_ptr<call::Leg> leg, const call::Setup& setup);

 private:
  void on_invite(std::unique_ptr<call::Leg> leg, const call::Setup& setup, const sip::InviteInfo& info) override;
  bool admits(const SocketAddress& source) override;
  std::string trunk_of(const SocketAddress& source) override;
  sip::IdentityPolicy identity_towards(const SocketAddress& source) override;
  bool is_listed(const std::string& trunk, const SocketAddress& source) override;
  int options_status(const SocketAddress& source) override;
  bool is_emergency(const call::Setup& setup, const SocketAddress& source) override;
  // Null: no trunk lists the address.
  trunk::SipTrunk* find(const SocketAddress& source) const;

  const conf::Settings& settings_;
  const Log log_;
  Counter& unknown_source_;
  std::optional<Parts> parts_;
  bool is_turning_away_ = false;
};

}  // namespace sg::app
