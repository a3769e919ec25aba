#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sg::call {

// What stood in the way of a call where neither cause nor status tells it: RFC 3261 section 8.1.3.1 has a request that
// could not be sent taken for one that was answered with 503, and one without an answer for 408.
enum class Obstacle : uint8_t {
  None,
  NoAnswer,           // nothing came, though it could be sent
  ConnectionRefused,  // nobody listens there: ICMP port unreachable, or a TCP connection that was refused
  NoRoute,            // the host or its network cannot be reached
  NotSent,            // it could not be sent for another reason
  PasswordWanted,     // the peer itself: 401 or 407
};

// Why a call ended or was refused: a Q.850 cause value, and the SIP status it came from or should become where it did
// not come from ISDN. One table maps both ways (RFC 3398 sections 7.2.4.1 and 8.2.6.1).
struct Cause {
  int q850 = 16;
  // The status code that the SIP side sent, or that stands for what came instead of one. 0: the cause came from
  // elsewhere.
  int sip_status = 0;
  // One of our own limits refuses the call, and the next one may be taken a moment later: with 503 goes Retry-After.
  // How it is said, not why: causes are alike without it.
  bool is_for_now = false;
  Obstacle obstacle = Obstacle::None;  // nor does this make causes different

  // Whether the peer has sent the status, and not we for want of one.
  bool is_peers_status() const {
    return sip_status != 0 && (obstacle == Obstacle::None || obstacle == Obstacle::PasswordWanted);
  }
  bool operator==(const Cause& other) const { return q850 == other.q850 && sip_status == other.sip_status; }
};

constexpr Cause kNormalClearing{16};
constexpr Cause kUserBusy{17};
constexpr Cause kNoAnswer{19};
constexpr Cause kCallRejected{21};
constexpr Cause kUnallocatedNumber{1};
constexpr Cause kNoRoute{3};
constexpr Cause kExchangeRoutingError{25};
constexpr Cause kDestinationOutOfOrder{27};
constexpr Cause kInvalidNumber{28};
constexpr Cause kNoCircuit{34};
constexpr Cause kTemporaryFailure{41};
constexpr Cause kResourceUnavailable{47};
constexpr Cause kBearerNotImplemented{65};
constexpr Cause kRecoveryOnTimer{102};
constexpr Cause kInterworking{127};
constexpr Cause kSilentPeer{.q850 = 102, .obstacle = Obstacle::NoAnswer};

// What a trunk has otherwise than the table: its far end means something else by a code, or wants another.
struct CauseMap {
  std::map<int, int> cause_of_status;  // SIP status -> Q.850
  std::map<int, int> status_of_cause;  // Q.850 -> SIP status

  // A cause that came from this trunk. A Reason header says more than the status: what it gave stays.
  Cause received(Cause cause) const;
  // A cause that is to be told to this trunk.
  Cause sent(Cause cause) const;
};

// The status for a final response to INVITE.
int sip_status_of(const Cause& cause);
// `reason_q850`: the cause in a Reason header (RFC 3326), which wins over the table; 0 for none.
Cause cause_of_sip(int status, int reason_q850 = 0);
// Whether a dialog is over for who asks something in it and is answered so (RFC 5057 section 5.1, RFC 3261 section
// 12.2.1.2); the peer's may stand all the same, and is ended by BYE. Any other refusal is of the request only.
bool ends_dialog(int sip_status);
// "user busy", as Q.850 words it.
std::string_view text_of(const Cause& cause);
// "connection refused: nobody listens there"; empty: nothing to say.
std::string_view name_of(Obstacle obstacle);

}  // namespace sg::call
