#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/kinds/isdn.h"
#include "tdm/inventory.h"

namespace sg::tdm::pri {

struct Span {
  uint16_t number = 1;
  SpanType type = SpanType::E1;
};

// How one ISDN interface is set up. Times of Q.931 table 9-1 and 9-2.
struct Config {
  std::string name = "pri";  // for logs
  IsdnRole role = IsdnRole::User;
  SwitchType switch_type = SwitchType::EuroIsdnE1;
  // The spans whose timeslots the interface has. With more than one (non-facility associated signalling), all of one
  // type, each is named by its place here, from 0: the interface identifier of Q.931 4.5.13.
  std::vector<Span> spans{{}};
  // {0, 0}: on the first span, where custom has it (16 on an E1, 24 on a T1).
  Timeslot dchannel{};
  // The D-channel that takes over when that one fails: on another of the spans.
  std::optional<Timeslot> backup;
  HuntOrder hunt = HuntOrder::Ascending;
  Law law = Law::A;  // user information layer 1 of our SETUPs
  // Incoming SETUPs without Sending complete are overlap: more digits may follow. Off: every number is complete.
  bool overlap_receiving = false;
  // The far end may have its two calls joined (explicit call transfer, EN 300 369).
  bool takes_transfers = false;
  // RESTART a timeslot that the far end refused with cause 44, and timeslots each time the interface comes up.
  bool restart_refused = true;
  bool restart_when_up = false;  // all that are idle: no call of an earlier life of ours is left on them
  int setup_retries = 3;         // further timeslots tried where the far end refuses the one chosen
  // Ours: libpri has these by name only.
  Duration t301 = 180s;  // ALERTING received: wait for CONNECT
  Duration t302 = 12s;   // between the digits of an incoming overlap call
  Duration t304 = 30s;   // SETUP ACKNOWLEDGE received, digits sent
  Duration t306 = 30s;   // DISCONNECT received with an announcement: released then, if nobody did before
  Duration t309 = 6s;    // the D-channel is down, or its span in alarm: calls are kept for so long
  Duration t310 = 30s;   // CALL PROCEEDING received
  Duration t316 = 20s;   // RESTART sent: wait for its acknowledgement, twice, then the timeslot is out of service
  Duration alarm_release = 5s;  // a span is in alarm: calls on its timeslots are kept for so long
  Duration alarm_hold = 2s;     // after a span's alarms end, until its timeslots take calls again
  // libpri's own, by name ("T200", "T203", "T303", "T305", "T308", "T313", "N200"): milliseconds or a count.
  std::map<std::string, int> timers;
  bool trace = false;  // every message, decoded, to the log at debug level
};

}  // namespace sg::tdm::pri
