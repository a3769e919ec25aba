#pragma once

#include <array>
#include <optional>
#include <string>

#include "gateway/call/record.h"
#include "gateway/fax/log/fax_log.h"
#include "gateway/fax/log/fax_outcome.h"

namespace sg::fax {

// T.38 that came when the machines were already at it, and after which nothing went well.
struct LateChange {
  using Milliseconds = std::chrono::milliseconds;
  enum class Why : uint8_t {
    PeerAsked,  // so late
    WeAsked,    // so late
    Answered,   // we asked in time, the peer's 200 took its time
    Glare,      // both asked at once, and we had to ask again
  };
  Why why = Why::PeerAsked;
  Milliseconds at{0};                   // of the change, since the call began
  std::optional<Milliseconds> offered;  // by us
  std::string trunk;
};

struct FaxLeg {
  std::string name = "the caller's leg";  // with its trunk, where that is known
  std::string trunk;
  bool is_ip = false;           // RTP or T.38, no timeslot
  bool is_heard = false;        // a packet of its peer came
  bool has_audio = false;       // RTP, and no T.38 lastly
  bool has_t38 = false;         // T.38 was agreed upon, lastly
  bool was_asked = false;       // we offered it T.38
  bool is_left_to_ask = false;  // we do not ask it for T.38
  bool was_refused = false;     // it offered T.38, and we did not take that
  int refused_with = 0;         // SIP status of the refusal of our T.38 offer; 0: none
  bool offer_unanswered = false;
  double jitter_ms = 0, drift_ppm = 0;
  int t38_max_datagram = 0;   // octets that its peer takes; 0: no T.38
  uint64_t refused_ifps = 0;  // of its peer: cut short
  uint64_t oversize = 0;      // datagrams to its peer, larger than it takes
};

// The loss that harmed most, of those that harm.
struct FaxLoss {
  size_t leg = 0;
  bool in_t38 = false;
  uint64_t lost = 0, recovered = 0;
  double share = 0;  // of the packets, as percent
};

// The line under a leg that failed first, and with it the fax.
struct LineDown {
  size_t leg = 0;
  FaxLog::Milliseconds began{0};              // since the call began
  std::optional<FaxLog::Milliseconds> ended;  // not set: never, in this call
  tdm::LineFault fault;
};

// What the rules look at. A value, gathered from a call's record when it is over.
struct FaxFacts {
  using Milliseconds = std::chrono::milliseconds;

  FaxLog log;
  FaxOutcome::Verdict verdict = FaxOutcome::Verdict::Unknown;
  std::optional<call::ReleasedBy> released_by;
  call::Cause cause;                        // why the call ended
  std::optional<size_t> fell_silent;        // the gateway ended the call: nothing came from this leg's peer any more
  std::optional<call::PeerGone> peer_gone;  // it did: the peer's signalling was gone
  std::optional<call::HungUp> hung_up;      // it did, for reasons of its own
  std::optional<Milliseconds> answered;     // since the call began, as all times here
  Milliseconds lasted{0};                   // from the first frame to the end of the call
  std::optional<Milliseconds> our_offer;    // of T.38, the first
  std::optional<Milliseconds> t38_since;    // the latest leg that went over to T.38
  std::optional<LateChange> late_change;    // the first
  int refused_with = 0;                     // SIP status of the refusal of our T.38 offer; 0: none
  bool offer_unanswered = false;
  bool t38_heard_nothing = false;  // T.38 was agreed upon, and no packet came
  double jitter_ms = 0;            // the most of any leg, as is the drift
  double drift_ppm = 0;
  std::array<FaxLeg, 2> legs;  // A, B
  // No frame came from this one's machine, though the other one's spoke.
  std::optional<size_t> silent_leg;
  std::optional<FaxLoss> loss;
  std::optional<LineDown> line;
};

FaxFacts fax_facts_of(const call::Record& record);

}  // namespace sg::fax
