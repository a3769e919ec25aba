#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/log.h"
#include "base/reactor.h"
#include "gateway/call/context.h"
#include "gateway/call/record.h"
#include "gateway/call/trunk.h"

namespace sg::call {

// Where a call goes: the targets that the dial plan names, in their order and each for as long as it may take; others
// that a target names itself (302), and those to which the called line has its calls forwarded. Where all have failed,
// a lower call may make room for this one. It holds what the call takes of the dial plan's limits. Decides only: what
// it decides is done by its Actions. Owned by its Call; signalling thread only.
class Hunt {
 public:
  class Actions {
   public:
    virtual ~Actions() = default;
    // Calls there by this leg. A cause: why that cannot even be tried; the record tells of it then.
    virtual std::optional<Cause> place_call(const Target& target, OutgoingLeg out) = 0;
    // The target that is being tried is given up; another one's turn comes from the loop.
    virtual void leave_target(Cause why) = 0;
    // Whether another target may still take the place of the one that is being tried: nobody has answered, nor tells
    // the caller why not.
    virtual bool is_open() const = 0;
    // Clears a lower call, so that this one finds room on the trunk. False: there is none.
    virtual bool make_room(const Trunk& on) = 0;
    // The call goes elsewhere than to who was called.
    virtual void on_forwarded() = 0;
    // Nowhere is left to go.
    virtual void on_exhausted(Cause why) = 0;
  };
  // `setup`: who calls whom. All outlive it. What the dial plan says, and which targets could not even be tried, is
  // told in the record.
  Hunt(Router& router, const Trunk& from, const Setup& setup, Record& record, const Context& context, Log log,
       Actions& actions);

  void ask_plan();
  // What the dial plan has said lastly.
  const Routing& routing() const { return routing_; }
  // Tries the first target.
  void start();

  // The target that is being tried has said something; that it rings; that it has answered; where else it sends us.
  void on_proceeding();
  void on_progress() { patience_timer_.cancel(); }
  void on_alerting();
  void on_answered();
  void on_redirected(const std::vector<Redirect>& to);
  // It has failed, or is over. True: the call goes on elsewhere.
  bool on_disconnected(Cause cause) { return forward(cause); }
  bool on_released(Cause cause);

  // The call goes nowhere else.
  void stop();
  // What `other` takes of the limits is ours to take, as long as we stand.
  void take_limits(Hunt& other);
  void free_limits();

 private:
  void try_next(Cause why);
  // A cause: why the target could not even be tried; not set: a leg is on its way.
  std::optional<Cause> try_target(const Target& target);
  std::optional<Refusal> refusal_of(const Target& target) const;
  void note_untried(const Target& target, const Cause& cause, std::string limit);
  bool has_next() const;
  // A lower call makes room for this one, if it may. False: none does.
  bool wait_for_room();
  void use_room(size_t target, TimePoint until);
  void wait_for_called(Duration limit, Cause why);
  void wait_for_answer(Duration limit);
  void go_on(Cause why);
  // Where the dial plan has a call go that a trunk sends back to us, or why nowhere.
  tl::expected<std::vector<Target>, Cause> ask_plan_again(const Target& from, const Redirect& redirect);
  const std::function<Routing()>& forwarding_on(Cause cause) const;
  bool forward(Cause why);

  Router& router_;
  const Trunk& from_;
  const Setup& setup_;
  Record& record_;
  const Context context_;
  const Log log_;
  Actions& actions_;

  Routing routing_;
  size_t next_target_ = 0;
  size_t next_room_ = 0;          // the target that a lower call may be cleared for
  const Trunk* tried_ = nullptr;  // the trunk of the target that is being tried
  Patience patience_;             // and its patience
  bool is_redirected_ = false;    // that target has named others
  uint8_t redirections_ = 0;      // followed so far
  // Of the limits: what was taken before the call was forwarded, and what came with a conference's third.
  std::vector<std::unique_ptr<Reservation>> further_reservations_;
  Timer patience_timer_;  // runs while the called side is silent and there is another target
  Timer ring_timer_;      // runs from setup to the answer, where the route says how long
  Timer forward_timer_;   // runs while the called line rings, where it forwards what is not answered
  Timer next_timer_;      // the next target's turn, or another look for room
};

}  // namespace sg::call
