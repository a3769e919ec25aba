#include "gateway/call/hunt.h"

#include <algorithm>

#include "gateway/call/diversion.h"

namespace sg::call {
namespace {

// How long an emergency call waits for the timeslot of a call that was cleared for it, and how often it looks.
constexpr auto kRoomLimit = 5s;
constexpr auto kRoomPoll = 50ms;

}  // namespace

Hunt::Hunt(Router& router, const Trunk& from, const Setup& setup, Record& record, const Context& context, Log log,
           Actions& actions)
    : router_(router),
      from_(from),
      setup_(setup),
      record_(record),
      context_(context),
      log_(std::move(log)),
      actions_(actions),
      patience_timer_(context.reactor),
      ring_timer_(context.reactor),
      forward_timer_(context.reactor),
      next_timer_(context.reactor) {}

void Hunt::ask_plan() {
  routing_ = router_.route(from_, setup_);
  record_.plan = routing_.plan;
}

void Hunt::start() {
  try_next(kNoRoute);
}

void Hunt::stop() {
  for (Timer* timer : {&patience_timer_, &ring_timer_, &forward_timer_, &next_timer_}) timer->cancel();
}

void Hunt::try_next(Cause why) {
  // What cannot even be tried is passed over, whatever its cause.
  while (next_target_ < routing_.targets.size()) {
    auto cause = try_target(routing_.targets[next_target_++]);
    if (!cause) return;
    why = *cause;
  }
  if (!wait_for_room()) actions_.on_exhausted(why);
}

std::optional<Cause> Hunt::try_target(const Target& target) {
  auto refused = refusal_of(target);
  auto out = refused ? tl::unexpected(refused->cause) : target.trunk->make_leg();
  if (!out) {
    note_untried(target, out.error(), refused ? refused->limit : "");
    return out.error();
  }
  if (auto cause = actions_.place_call(target, std::move(*out))) return cause;
  tried_ = target.trunk;
  patience_ = target.trunk->patience();
  wait_for_called(patience_.first_response, kSilentPeer);
  wait_for_answer(target.ring);
  return std::nullopt;
}

std::optional<Refusal> Hunt::refusal_of(const Target& target) const {
  if (auto refused = router_.admit(target)) return refused;
  const bool is_data = setup_.bearer == BearerCapability::Unrestricted;
  if (is_data && !target.trunk->carries_data()) return Refusal{kBearerNotImplemented, ""};
  return std::nullopt;
}

void Hunt::note_untried(const Target& target, const Cause& cause, std::string limit) {
  LegRecord& tried = record_.called.emplace_back();
  tried.trunk = target.trunk->name();
  tried.called = target.setup.called.digits;
  tried.calling = target.setup.calling.number.digits;
  tried.cause = cause;
  tried.limit = std::move(limit);
  log_.info("trunk={} not available cause={} ({}) {}", tried.trunk, cause.q850, text_of(cause), tried.limit);
}

bool Hunt::has_next() const {
  const auto& targets = routing_.targets;
  return next_target_ < targets.size() ||
         std::any_of(targets.begin() + static_cast<ptrdiff_t>(next_room_), targets.end(),
                     [](const Target& target) { return target.clears_lower; });
}

bool Hunt::wait_for_room() {
  while (next_room_ < routing_.targets.size()) {
    const size_t at = next_room_++;
    const Target& target = routing_.targets[at];
    if (!target.clears_lower || !actions_.make_room(*target.trunk)) continue;
    log_.warning("a lower call makes room on trunk={}", target.trunk->name());
    use_room(at, context_.reactor.now() + kRoomLimit);
    return true;
  }
  return false;
}

void Hunt::use_room(size_t target, TimePoint until) {
  next_timer_.arm(kRoomPoll, [this, target, until] {
    auto cause = try_target(routing_.targets[target]);
    if (!cause) return;
    if (context_.reactor.now() < until) {
      record_.called.pop_back();  // it is tried again
      use_room(target, until);
    } else if (!wait_for_room()) {
      actions_.on_exhausted(*cause);
    }
  });
}

void Hunt::wait_for_called(Duration limit, Cause why) {
  patience_timer_.cancel();
  if (limit == Duration::zero() || !has_next()) return;
  patience_timer_.arm(limit, [this, why] {
    log_.info("trunk={} is silent: next target", tried_->name());
    context_.counted.target_silent.add();
    go_on(why);
  });
}

void Hunt::wait_for_answer(Duration limit) {
  ring_timer_.cancel();
  if (limit == Duration::zero()) return;
  ring_timer_.arm(limit, [this] {
    log_.info("trunk={} did not answer in time", tried_->name());
    context_.counted.rung_out.add();
    if (has_next()) return go_on(kNoAnswer);
    if (!forward(kNoAnswer)) actions_.on_exhausted(kNoAnswer);
  });
}

// The next target need not wait for the end of this one's leg: a peer that never answered takes seconds for that.
void Hunt::go_on(Cause why) {
  stop();
  actions_.leave_target(why);
  // The party that has failed may still be on the stack: go on from the loop.
  next_timer_.arm(Duration::zero(), [this, why] { try_next(why); });
}

void Hunt::on_proceeding() {
  if (patience_timer_.is_armed()) wait_for_called(patience_.first_progress, kRecoveryOnTimer);
}

void Hunt::on_alerting() {
  if (!routing_.forward.no_answer || forward_timer_.is_armed()) return;
  forward_timer_.arm(routing_.forward.after, [this] { forward(kNoAnswer); });
}

void Hunt::on_answered() {
  stop();
  for (auto& reservation : further_reservations_) {
    if (reservation) reservation->on_answered();
  }
  if (routing_.reservation) routing_.reservation->on_answered();
}

bool Hunt::on_released(Cause cause) {
  const bool goes_on = is_redirected_ || routing_.hunt.goes_on(cause);
  if (!actions_.is_open() || !goes_on || !has_next()) return forward(cause);
  if (std::exchange(is_redirected_, false)) {
    log_.info("trunk={} redirects: next target", tried_->name());
    context_.counted.redirected.add();
  } else {
    log_.info("trunk={} failed cause={}: next target", tried_->name(), cause.q850);
    context_.counted.hunted.add();
  }
  go_on(cause);
  return true;
}

// The contacts of a 302 come before the plan's other targets, through the same trunk and under its limits.
void Hunt::on_redirected(const std::vector<Redirect>& to) {
  if (redirections_ >= context_.most_redirections || next_target_ == 0) return;
  ++redirections_;
  is_redirected_ = true;
  auto& targets = routing_.targets;
  Target from = targets[next_target_ - 1];
  from.clears_lower = false;
  from.setup.redirection = diverted(from.setup, from.setup.called, kDivertedUnconditional);
  auto at = targets.begin() + static_cast<ptrdiff_t>(next_target_);
  std::optional<Cause> refused;
  for (const Redirect& redirect : to) {
    if (redirect.is_own) {
      auto planned = ask_plan_again(from, redirect);
      if (!planned) {
        refused = planned.error();
        continue;
      }
      for (Target& target : *planned) at = targets.insert(at, std::move(target)) + 1;
      continue;
    }
    auto target = from;
    target.setup.called = redirect.called;
    target.setup.request_uri = redirect.uri;
    at = targets.insert(at, std::move(target)) + 1;
  }
  if (refused && !has_next()) return actions_.on_exhausted(*refused);
  actions_.on_forwarded();
}

// As a transfer goes: the trunk that forwards is answerable for it, by the number that was called there, and who calls
// is shown.
tl::expected<std::vector<Target>, Cause> Hunt::ask_plan_again(const Target& from, const Redirect& redirect) {
  Setup setup = setup_;
  setup.called = redirect.called;
  if (!setup.shown) setup.shown = ShownCaller{from_.name(), setup_.calling};
  setup.calling = {};
  setup.calling.number = from.setup.redirection->from;
  setup.redirection = from.setup.redirection;
  Routing next = router_.route(*from.trunk, setup);
  if (next.refusal || next.targets.empty()) {
    log_.warning("trunk={} redirects to us, called={}: {}", from.trunk->name(), redirect.called.digits,
                 next.refusal ? text_of(next.refusal->cause) : "there is no route");
    context_.counted.forward_failed.add();
    return tl::unexpected(next.refusal ? next.refusal->cause : kUnallocatedNumber);
  }
  record_.plan.forwards.push_back(
      fmt::format("{} redirects {}", from.setup.redirection->from.digits, redirect.called.digits));
  further_reservations_.push_back(std::move(next.reservation));
  routing_.forward = std::move(next.forward);
  routing_.is_fax = routing_.is_fax || next.is_fax;
  return std::move(next.targets);
}

// What the called line says of calls that end so; null: nothing.
const std::function<Routing()>& Hunt::forwarding_on(Cause cause) const {
  static const std::function<Routing()> kNowhere;
  switch (cause.q850) {
    case 17:  // user busy
      return routing_.forward.busy;
    case 18:  // no user responding
    case 19:  // no answer from user
      return routing_.forward.no_answer;
    default:
      return kNowhere;
  }
}

// False: the line forwards no such calls, or the plan has no way to where it does.
bool Hunt::forward(Cause why) {
  auto ask = forwarding_on(why);
  if (!actions_.is_open() || !ask) return false;
  Routing next = ask();
  if (next.refusal || next.targets.empty()) {
    log_.warning("cannot be forwarded: {}", next.refusal ? text_of(next.refusal->cause) : "there is no route");
    context_.counted.forward_failed.add();
    return false;
  }
  log_.info("forwarded: {}", next.plan.forwards.back());
  context_.counted.forwarded.add();
  record_.plan.forwards = next.plan.forwards;
  next.is_fax = next.is_fax || routing_.is_fax;
  further_reservations_.push_back(std::move(routing_.reservation));
  routing_ = std::move(next);
  next_target_ = next_room_ = 0;
  actions_.on_forwarded();
  go_on(why);
  return true;
}

void Hunt::take_limits(Hunt& other) {
  if (other.routing_.reservation) further_reservations_.push_back(std::move(other.routing_.reservation));
}

void Hunt::free_limits() {
  routing_.reservation.reset();
  further_reservations_.clear();
}

}  // namespace sg::call
