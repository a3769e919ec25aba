#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/call/calls_on_trunk.h"
#include "gateway/call/hunt_rule.h"
#include "gateway/call/leg.h"
#include "gateway/call/media_policy.h"
#include "gateway/call/record.h"

namespace sg::call {

// How long a called side may take where another target could be tried instead. 0: as long as it likes.
struct Patience {
  Duration first_response{};  // to say anything at all
  Duration first_progress{};  // to ring, to progress, or to fail
};

// How a trunk stands now, for the dial plan and for people.
struct TrunkState {
  bool is_up = true;
  bool is_full = false;  // no timeslot is free; limits of the dial plan are not meant
  std::string note;      // "OPTIONS unanswered for 95 s"; empty: nothing to say
};

// A leg to call out by, and how its media is negotiated.
struct OutgoingLeg {
  std::unique_ptr<Leg> leg;
  MediaPolicy policy;
};

// What calls come from and go to. Signalling thread only.
class Trunk {
 public:
  virtual ~Trunk() = default;
  virtual TrunkState state() const { return {}; }
  virtual const std::string& name() const = 0;
  virtual Patience patience() const { return {}; }
  virtual const CauseMap& causes() const {
    static const CauseMap kByTheTable;
    return kByTheTable;
  }
  // What the latest call that went there met, and no refusal tells; None: its peer has spoken.
  virtual void on_called(Obstacle /*obstacle*/) {}
  // Whether its peer may transfer calls, or take dialogs over (REFER, Replaces).
  virtual bool allows_transfer() const { return true; }
  // Whether the operator has taken the timeslot out of use: a call that is up on it goes on.
  virtual bool is_blocked(tdm::Timeslot /*slot*/) const { return false; }
  // Whether a call of 64 kbit/s unrestricted data can come from here, or go there.
  virtual bool carries_data() const { return true; }
  // A leg ready for setup(), or why there is none now: 34 full, 27 out of order.
  virtual tl::expected<OutgoingLeg, Cause> make_leg() = 0;

  // Those that have a leg here now.
  CallsOnTrunk& calls() { return calls_; }
  const CallsOnTrunk& calls() const { return calls_; }

 private:
  CallsOnTrunk calls_;
};

// Why a call may not go on though the way is there: the dial plan refuses it, or one of its limits is reached.
struct Refusal {
  Cause cause;
  std::string limit;  // "max_cps = 5 of trunk carrier"; empty: no limit
};

// Where one call may go: tried in order.
struct Target {
  Trunk* trunk = nullptr;
  Setup setup;
  Duration ring{};            // from setup to the answer, then the next target's turn; 0: no limit
  std::string from = {};      // the trunk by whose rights it is tried
  bool is_emergency = false;  // under no limit
  // Where its trunk is full, a call there that is no emergency is cleared, so that this one finds room.
  bool clears_lower = false;
  // What this target's media has other than its trunk's. Null: nothing.
  std::function<void(MediaPolicy&)> adapt;
};

// What a call takes of the dial plan's limits. Made when it is routed, gone when it is over.
class Reservation {
 public:
  virtual ~Reservation() = default;
  virtual void on_answered() = 0;
};

struct Routing;

// Where the called line has its calls go. Each is asked at most once, when it has come to that; null: nowhere.
struct Forwarding {
  std::function<Routing()> busy, no_answer;
  Duration after{};  // of ringing
};

// What the dial plan says to a call.
struct Routing {
  std::vector<Target> targets;     // empty, and no refusal: there is no route
  std::optional<Refusal> refusal;  // then no target is tried
  HuntRule hunt;
  bool is_fax = false;  // known from the start, before a fax tone is heard
  std::function<void(MediaPolicy&)> adapt_caller;
  Forwarding forward;
  std::unique_ptr<Reservation> reservation;  // may be null
  PlanRecord plan;
};

// What a number may become while its digits still come in.
enum class Reach : uint8_t {
  None,      // nothing goes there, however it goes on
  Partial,   // more digits are needed
  MayGrow,   // it has a route, and so may longer ones
  Complete,  // it has a route, and no more digits can change that
};

// The dial plan as call control sees it.
class Router {
 public:
  virtual ~Router() = default;
  virtual Routing route(const Trunk& from, const Setup& setup) = 0;
  // Asked right before a target is tried. Not set: it may be.
  virtual std::optional<Refusal> admit(const Target& /*target*/) { return std::nullopt; }
  // Asked of calls whose number may not be whole yet.
  virtual Reach reach(const Trunk& /*from*/, const Setup& /*setup*/) { return Reach::MayGrow; }
};

}  // namespace sg::call
