#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/result.h"
#include "base/socket_address.h"
#include "gateway/call/leg.h"
#include "gateway/guard/connections.h"
#include "gateway/guard/overload.h"
#include "gateway/guard/request_admission.h"
#include "gateway/sip/identity_policy.h"
#include "gateway/sip/peer_probe.h"
#include "gateway/sip/su_root.h"

namespace sg::sip {

struct Listen {
  Transport transport = Transport::Udp;
  SocketAddress address;  // port 0: any free one
};

struct AgentConfig {
  std::vector<Listen> listen;
  std::string user_agent = "Spangate";
  // RFC 4028. 0: no session timer of our own; a peer's is honoured still.
  std::chrono::seconds session_expires{1800};
  std::chrono::seconds min_se{90};
  // RFC 3261 section 17 and annex A.
  std::chrono::milliseconds t1{500}, t2{4000}, t4{5000};
  // How long a request of ours may stay without an answer: 64 times T1 (section 17.1).
  std::chrono::milliseconds transaction_patience = 64 * t1;
  // The same of a re-INVITE, which has to be less: Sofia's own limit would take the dialog with it.
  std::chrono::milliseconds reinvite_patience = 62 * t1;
  guard::RequestLimits limits;
  guard::ConnectionLimits connections;
  guard::OverloadLimits overload;
};

// Where an outgoing call goes.
struct Target {
  std::string host;   // a numeric address (IPv6 without brackets), or a name for DNS
  uint16_t port = 0;  // 0: 5060, or as DNS says
  Transport transport = Transport::Udp;
  std::string trunk;        // whose addresses may speak in the dialog; empty: none but where signalling leads
  std::string from_domain;  // in From and P-Asserted-Identity; empty: our own address towards the peer
  IdentityPolicy identity;
  bool follow_redirects = false;  // tell a 302's contacts; else it is a refusal
};

// What an INVITE says beside its call::Setup: enough to find its trunk.
struct InviteInfo {
  SocketAddress source;  // of the datagram or connection
  SocketAddress local;   // the address of ours that it came to; its host is where the peer can reach our media
  Transport transport = Transport::Udp;
  std::string request_user, to_user, from_user, from_domain, call_id;
  // Not set: an INVITE without SDP; the leg's first description is then our offer.
  std::optional<call::MediaDescription> offer;
  std::vector<call::OfferedStream> streams;  // its m-lines
};

// Our SIP presence: one Sofia user agent per listening address, UDP and TCP, IPv4 and IPv6. The application owns SDP.
// Answers OPTIONS, refuses methods it does not know. Signalling thread only. Outlives its legs; destroy it before the
// SuRoot: its destructor runs the root for the short time that Sofia needs to say goodbye.
class SipAgent {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // A new incoming call: keep the leg, or refuse it by release() or by just dropping it (480). The leg has sent 100
    // already. Set its listener before returning.
    virtual void on_invite(std::unique_ptr<call::Leg> leg, const call::Setup& setup, const InviteInfo& info) = 0;
    // Whether messages from there are looked at. False: they get no answer at all, unless they are of a dialog that
    // stands and has been led there.
    virtual bool admits(const SocketAddress& /*source*/) { return true; }
    // The trunk that a request from there would be of. Empty: none.
    virtual std::string trunk_of(const SocketAddress& /*source*/) { return {}; }
    // How the peer there is told who answers its call.
    virtual IdentityPolicy identity_towards(const SocketAddress& /*source*/) { return {}; }
    // Whether the trunk lists the address.
    virtual bool is_listed(const std::string& /*trunk*/, const SocketAddress& /*source*/) { return false; }
    // The status that OPTIONS is answered with: 200, or 503 when no call would be taken.
    virtual int options_status(const SocketAddress& /*source*/) { return 200; }
    // Whether a call from there is for an emergency number: it is taken even when more calls come than can be set up.
    virtual bool is_emergency(const call::Setup& /*setup*/, const SocketAddress& /*source*/) { return false; }
  };

  // Error: an address that is busy or not ours, "cannot listen on udp 127.0.0.1:5060: …".
  static Result<std::unique_ptr<SipAgent>> start(SuRoot& root, const AgentConfig& config, Listener& listener,
                                                 Counters& counters);
  ~SipAgent();

  // As configured, with the ports that are really in use.
  const std::vector<Listen>& bound() const;
  // More calls come than can be set up: new ones are refused, as long as a backlog stands.
  bool is_overloaded() const;
  // An outgoing call, from the listening address of the target's transport and address family. Error: there is none.
  Result<std::unique_ptr<call::Leg>> make_leg(const Target& target);
  // Watches whether the target answers. `on_change` is never called from inside a call of ours. Error: as make_leg().
  Result<std::unique_ptr<PeerProbe>> probe(const Target& target, const ProbeOptions& options,
                                           std::function<void(bool is_up)> on_change);
  // The address of ours that the target would see, for media to be reached at. Error: no route.
  Result<SocketAddress> local_towards(const Target& target) const;

 private:
  class Impl;
  explicit SipAgent(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sg::sip
