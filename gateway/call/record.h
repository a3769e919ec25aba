#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "gateway/call/call_time.h"
#include "gateway/call/cause.h"
#include "gateway/call/leg.h"
#include "gateway/call/mode_change.h"
#include "gateway/fax/log/fax_log.h"
#include "media/service.h"

namespace sg::call {

// While a line was out of order, as it was at first: what follows is of that.
struct LineOutage {
  WallTime began;
  std::optional<WallTime> ended;  // not set: it outlasted the call
  tdm::LineFault fault;
};

// One side of a call, as its record tells it.
struct LegRecord {
  std::string trunk;
  std::string leg;  // Leg::name()
  MediaKind kind = MediaKind::Tdm;
  std::string called, calling;  // as received from, or sent to, this trunk
  Cause cause;
  std::string limit = {};  // of the dial plan, that kept this target from being tried; empty: none
  std::string why = {};    // in words, what cause and status do not tell: "connection refused: …"; empty: nothing
  std::vector<ModeChange> modes;  // how media was carried, and from when on
  std::vector<LineOutage> outages = {};
  bool refused_peer_t38 = false;  // we refused the peer's T.38 offer: it came too late, or the trunk takes none
  int t38_refused_with = 0;       // SIP status with which the peer refused our T.38 offer; 0: it did not
  int t38_max_datagram = 0;       // octets that the peer takes in T.38, as it told or the trunk knows; 0: no T.38
};

// Two calls exchanged a party each: a transfer. Told in the records of both.
struct TransferRecord {
  WallTime at;
  std::string how;  // "blind", "attended", "replaces"
  CallId with;      // the other call
  LegRecord left;   // who left this call, as it was then
};

// What the dial plan made of a call.
struct PlanRecord {
  std::string route;            // its name; empty: none matched
  std::string outcome;          // "sip-a>sip-b", "reject 21", "no route" …
  std::string called, calling;  // sent to the first target, with + where they are international
  std::string limit;            // that the call was refused by: "limit = 2 of route out"; empty: none
  bool is_emergency = false;
  std::vector<std::string> forwards;  // by lines that were called, in order: "401 busy +442079460402"
};

// Why the gateway ended a call that stood, and in which nothing was wrong.
enum class HungUp : uint8_t {
  ByOperator,    // spangatectl hangup
  ByShutdown,    // of the gateway
  ForEmergency,  // an emergency call needed its timeslot
};

// Who or what ended a call.
enum class ReleasedBy : uint8_t {
  Caller,
  Called,
  Gateway,
  Transfer,    // its parties go on in other calls
  Conference,  // one of them goes on in another call
  Line,        // which was out of order
};
std::string_view name_of(ReleasedBy by);

// What is written of each call when it is over, and known of it before. A value.
struct Record {
  CallId call;
  std::string uid;  // of this call alone, on whatever gateway (RFC 9562, version 7)
  WallTime started;
  std::optional<WallTime> answered;
  WallTime ended;
  Setup setup;  // as received
  PlanRecord plan;
  LegRecord caller;
  // One a target that was tried, in order; the last is the one that answered, if any did. Empty: no route.
  std::vector<LegRecord> called;
  Cause cause;                            // why the call ended
  std::optional<ReleasedBy> released_by;  // once it is over
  std::vector<TransferRecord> transfers;
  std::optional<WallTime> handed_to_switch;  // when a switch was asked to join both legs itself
  bool fax = false;                          // a fax tone or T.38 was seen
  fax::FaxLog fax_log;                       // what was seen of it
  std::optional<media::Side> fell_silent;    // it was ended since nothing came from this one's peer any more
  std::optional<PeerGone> peer_gone;         // it was ended since a peer was gone, as its signalling knows
  std::optional<HungUp> hung_up;
  media::SessionStats media;
};

}  // namespace sg::call
