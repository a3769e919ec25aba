#include "gateway/routing/call_routing.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "gateway/call/diversion.h"
#include "gateway/route/normalise.h"
#include "gateway/route/shares.h"
#include "gateway/trunk/sip_options.h"

namespace sg::routing {
namespace {

using route::LimitKind;

constexpr int kSwitchingCongestion = 42;  // Q.850

// Fax is not known before the machines are heard, so what is no data is voice.
CallMedia media_of(const call::Setup& setup) {
  return setup.bearer == BearerCapability::Unrestricted ? CallMedia::Data : CallMedia::Voice;
}

route::Query query_of(const std::string& from, const call::Setup& setup) {
  route::Query query;
  query.from_trunk = from;
  query.called = setup.called;
  query.calling = setup.calling.number;
  if (setup.shown) query.shown = route::Query::ShownCaller{setup.shown->trunk, setup.shown->party.number};
  if (setup.redirection) query.redirecting = setup.redirection->from;
  query.media = media_of(setup);
  query.now = std::chrono::system_clock::now();
  return query;
}

call::PlanRecord plan_record(const route::Decision& decision) {
  call::PlanRecord record;
  record.route = decision.route;
  record.outcome = decision.outcome();
  record.is_emergency = decision.is_emergency;
  if (decision.attempts.empty()) return record;
  record.called = route::text_of(decision.attempts.front().called);
  record.calling = route::text_of(decision.attempts.front().calling);
  return record;
}

// What the limits count of one call.
class CountedReservation final : public call::Reservation {
 public:
  CountedReservation(route::Limits& limits, Reactor& reactor, route::Limits::Charge charge)
      : limits_(limits), reactor_(reactor), ticket_(limits.begin(std::move(charge), reactor.now())) {}
  ~CountedReservation() override { limits_.end(ticket_, reactor_.now()); }
  void on_answered() override { limits_.answer(ticket_, reactor_.now()); }

 private:
  route::Limits& limits_;
  Reactor& reactor_;
  const route::Limits::Ticket ticket_;
};

// Null: the line has no profile.
const conf::Profile* profile_of(const conf::Settings& settings, const conf::Line* line) {
  return line ? settings.profile(line->profile) : nullptr;
}

call::HuntRule hunt_of(const conf::NextOn& next_on) {
  return {next_on.has_default, next_on.causes, next_on.statuses};
}

std::array<Counter*, route::kLimitKinds> counters_of_limits(Counters& counters) {
  std::array<Counter*, route::kLimitKinds> all{};
  for (size_t kind = 0; kind < all.size(); ++kind) {
    const auto key = key_of(static_cast<LimitKind>(kind));
    all[kind] = &counters.get(fmt::format("refused.{}", key));
  }
  return all;
}

}  // namespace

CallRouting::CallRouting(std::shared_ptr<const DialPlan> plan, const Context& context)
    : plan_(std::move(plan)),
      context_(context),
      emergencies_(context.counters.get("route.emergency")),
      refused_by_route_(context.counters.get("route.refused")),
      forward_loops_(context.counters.get("call.forward_loops")),
      refused_by_limit_(counters_of_limits(context.counters)) {}

std::shared_ptr<const DialPlan> CallRouting::change(std::shared_ptr<const DialPlan> fresh) {
  owner_.check();
  return std::exchange(plan_, std::move(fresh));
}

size_t CallRouting::calls_on(const std::string& name) const {
  const call::Trunk* trunk = context_.trunks.find(name);
  return trunk ? trunk->calls().size() : 0;
}

call::Routing CallRouting::route(const call::Trunk& from, const call::Setup& setup) {
  owner_.check();
  return answer({plan_, query_of(from.name(), setup), setup, {}});
}

bool CallRouting::is_emergency(const std::string& from, const call::Setup& setup) const {
  return plan_->plan.decide(query_of(from, setup)).is_emergency;
}

call::Reach CallRouting::reach(const call::Trunk& from, const call::Setup& setup) {
  owner_.check();
  switch (plan_->plan.reach(query_of(from.name(), setup))) {
    case route::Reach::None:
      return call::Reach::None;
    case route::Reach::Partial:
      return call::Reach::Partial;
    case route::Reach::MayGrow:
      return call::Reach::MayGrow;
    case route::Reach::Complete:
      return call::Reach::Complete;
  }
  return call::Reach::MayGrow;
}

call::Routing CallRouting::answer(Question question) {
  question.query.calls_on = [this](const std::string& trunk) { return calls_on(trunk); };
  question.query.turn = calls_routed_++;
  call::Routing routing;
  if (is_forwarded_too_often(question)) {
    routing.refusal = call::Refusal{call::kExchangeRoutingError, ""};
    routing.plan.forwards = question.forwards;
    return routing;
  }
  const auto decision = decide(question);
  routing.plan = plan_record(decision);
  routing.plan.forwards = question.forwards;
  routing.refusal = refusal(question, decision);
  if (routing.refusal) routing.plan.limit = routing.refusal->limit;
  if (routing.refusal || decision.attempts.empty()) return routing;
  if (auto next = forwarded(question, decision, route::ForwardOn::Always)) {
    auto further = answer(std::move(*next));
    // The record tells what became of the call that came, and then who sent it where.
    std::swap(routing.plan.forwards, further.plan.forwards);
    further.plan = std::move(routing.plan);
    return further;
  }
  fill(routing, question, decision);
  return routing;
}

route::Decision CallRouting::decide(const Question& question) {
  const route::Query& query = question.query;
  auto decision = question.plan->plan.decide(query);
  log_.info("from={} called={} calling={} route={} outcome={}", query.from_trunk, route::text_of(query.called),
            decision.from_number, decision.route, decision.outcome());
  if (!decision.is_emergency) return decision;
  log_.warning("emergency call from={} called={} calling={}", query.from_trunk, route::text_of(question.setup.called),
               route::text_of(question.setup.calling.number));
  emergencies_.add();
  return decision;
}

// All that goes with a decision to try targets.
void CallRouting::fill(call::Routing& routing, const Question& question, const route::Decision& decision) {
  routing.hunt = hunt_of(decision.rule->next_on);
  routing.is_fax = decision.media == CallMedia::Fax;
  routing.adapt_caller = adapter(question.query.from_trunk, question.setup.calling.number.digits,
                                 profile_of(*question.plan->settings, decision.calling_line));
  routing.reservation = std::make_unique<CountedReservation>(limits_, context_.reactor, charge_of(decision));
  for (const route::Attempt& attempt : decision.attempts) {
    auto target = target_of(question, attempt, decision);
    if (target.trunk) routing.targets.push_back(std::move(target));
  }
  // Only trunks that a restart would bring: the way is not there yet.
  if (routing.targets.empty()) routing.refusal = call::Refusal{call::kDestinationOutOfOrder, ""};
  routing.forward.busy = forwarding(question, decision, route::ForwardOn::Busy);
  routing.forward.no_answer = forwarding(question, decision, route::ForwardOn::NoAnswer);
  if (decision.called_line) routing.forward.after = decision.called_line->forward_after;
}

call::Target CallRouting::target_of(const Question& question, route::Attempt attempt,
                                    const route::Decision& decision) const {
  const call::Setup& setup = question.setup;
  call::Target target;
  target.trunk = context_.trunks.find(attempt.trunk);
  target.setup = setup;
  target.setup.called = std::move(attempt.called);
  if (setup.shown) target.setup.calling = setup.shown->party;
  target.setup.shown.reset();
  target.setup.calling.number = std::move(attempt.calling);
  if (!attempt.redirecting.digits.empty()) target.setup.redirection->from = std::move(attempt.redirecting);
  if (decision.hide_calling) target.setup.calling.presentation = Presentation::Restricted;
  target.ring = decision.rule->ring;
  target.from = question.query.from_trunk;
  target.is_emergency = target.clears_lower = decision.is_emergency;
  target.adapt =
      adapter(attempt.trunk, target.setup.called.digits, profile_of(*question.plan->settings, decision.called_line));
  return target;
}

// Where the call goes on, with the line as the one who sent it there. Not set: the line does not forward so.
std::optional<CallRouting::Question> CallRouting::forwarded(const Question& question, const route::Decision& decision,
                                                            route::ForwardOn on) const {
  auto query = route::forwarded(question.query, decision, on);
  if (!query) return std::nullopt;
  constexpr uint8_t kReasons[] = {call::kDivertedUnconditional, call::kDivertedBusy, call::kDivertedNoReply};
  const conf::Line& line = *query->forwarded->line;
  Question next{question.plan, std::move(*query), question.setup, question.forwards};
  next.setup.redirection =
      call::diverted(question.setup, route::number_of(line.did), kReasons[static_cast<size_t>(on)]);
  next.forwards.push_back(fmt::format("{} {} {}", line.ext, route::name_of(on), next.query.forwarded->to));
  return next;
}

// To be asked when it has come to that, by the plan of then. Null: the line does not forward so.
std::function<call::Routing()> CallRouting::forwarding(const Question& question, const route::Decision& decision,
                                                       route::ForwardOn on) {
  auto next = forwarded(question, decision, on);
  if (!next) return nullptr;
  return [this, next = std::move(*next)] {
    auto now = next;
    now.query.now = std::chrono::system_clock::now();
    return answer(std::move(now));
  };
}

bool CallRouting::is_forwarded_too_often(const Question& question) {
  const int most = question.plan->settings->site.most_forwards;
  if (question.forwards.empty() || call::diversions_of(question.setup) <= most) return false;
  log_.warning("a call was forwarded more than {} times: {}", most, fmt::join(question.forwards, ", "));
  forward_loops_.add();
  return true;
}

// What worked for the number the last times goes before what is usual there.
std::function<void(call::MediaPolicy&)> CallRouting::adapter(const std::string& trunk, const std::string& number,
                                                             const conf::Profile* profile) const {
  if (!profile && !context_.fax_memory) return nullptr;
  auto kept = profile ? std::optional(*profile) : std::nullopt;
  return [memory = context_.fax_memory, trunk, number, kept = std::move(kept)](call::MediaPolicy& policy) {
    if (kept) trunk::apply(*kept, policy);
    if (memory) memory->apply(trunk, number, policy, std::chrono::system_clock::now());
  };
}

std::optional<call::Refusal> CallRouting::refusal(const Question& question, const route::Decision& decision) {
  const std::string& from = question.query.from_trunk;
  // A call that is forwarded comes from no trunk once more.
  const conf::Trunk* trunk = question.query.forwarded ? nullptr : settings().trunk(from);
  const bool is_free = decision.is_emergency && !decision.attempts.empty();
  const TimePoint now = context_.reactor.now();
  const auto too_fast = trunk ? limits_.take(*trunk, route::CallDirection::FromTrunk, now) : std::nullopt;
  const auto too_many = trunk && !is_free ? max_calls_of(from) : std::nullopt;
  if (too_many) return refused(*too_many, call::kNoCircuit.q850);
  if (too_fast && !is_free) return refused(*too_fast, kSwitchingCongestion);
  if (decision.kind == route::Decision::Kind::NoRoute) return std::nullopt;
  if (decision.attempts.empty()) {
    refused_by_route_.add();
    return call::Refusal{call::Cause{decision.cause}, ""};
  }
  if (is_free) return std::nullopt;
  const auto limit = limit_on(decision);
  if (!limit) return std::nullopt;
  return refused(*limit, limit->kind == LimitKind::Calls ? call::kNoCircuit.q850 : call::kCallRejected.q850);
}

std::optional<route::Limit> CallRouting::limit_on(const route::Decision& decision) const {
  return limits_.refusal(*decision.rule, charge_of(decision), context_.reactor.now());
}

std::optional<call::Refusal> CallRouting::admit(const call::Target& target) {
  owner_.check();
  const std::string& to = target.trunk->name();
  const conf::Trunk* trunk = settings().trunk(to);
  if (!trunk) return std::nullopt;
  auto limit = target.is_emergency ? std::nullopt : max_calls_of(to);
  if (!limit && !target.is_emergency) limit = share_of(target.from, *target.trunk);
  if (limit) return refused(*limit, call::kNoCircuit.q850);
  // An emergency call counts, too.
  limit = limits_.take(*trunk, route::CallDirection::ToTrunk, context_.reactor.now());
  if (!limit || target.is_emergency) return std::nullopt;
  return refused(*limit, call::kNoCircuit.q850);
}

// What a caller may try again later.
call::Refusal CallRouting::refused(const route::Limit& limit, int cause) {
  refused_by_limit_[static_cast<size_t>(limit.kind)]->add();
  return {call::Cause{.q850 = cause, .is_for_now = true}, text_of(limit)};
}

bool CallRouting::is_at_max_calls(const call::Trunk& trunk) const {
  const conf::Trunk* given = settings().trunk(trunk.name());
  return given && given->max_calls != 0 && trunk.calls().size() >= static_cast<size_t>(given->max_calls);
}

std::optional<route::Limit> CallRouting::max_calls_of(const std::string& name) const {
  const call::Trunk* trunk = context_.trunks.find(name);
  if (!trunk || !is_at_max_calls(*trunk)) return std::nullopt;
  return route::Limit{LimitKind::MaxCalls, settings().trunk(name)->max_calls, name};
}

std::optional<route::Limit> CallRouting::share_of(const std::string& from, const call::Trunk& on) const {
  const trunk::TdmTrunk* line = context_.trunks.find_tdm(on.name());
  const call::Trunk* caller = context_.trunks.find(from);
  const conf::Trunk* given = settings().trunk(from);
  if (!line || !caller || !given || !plan_->is_shared(on.name())) return std::nullopt;
  size_t lines = line->lines();
  if (int most = settings().trunk(on.name())->max_calls; most != 0) lines = std::min(lines, static_cast<size_t>(most));
  if (line->calls().coming_from(caller->calls()) < route::share_of(lines, given->share)) return std::nullopt;
  return route::Limit{LimitKind::Share, given->share, from, on.name()};
}

}  // namespace sg::routing
