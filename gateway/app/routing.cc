// Where the Application asks the dial plan for calls (call::Router), and holds them to its limits.

#include <algorithm>

#include "gateway/app/application.h"
#include "gateway/call/diversion.h"
#include "gateway/route/normalise.h"
#include "gateway/route/shares.h"
#include "gateway/trunk/sip_options.h"

namespace sg::app {
namespace {

// Fax is not known before the machines are heard, so what is no data is voice.
conf::CallMedia media_of(const call::Setup& setup) {
  return setup.bearer == tdm::BearerCapability::Unrestricted ? conf::CallMedia::Data : conf::CallMedia::Voice;
}

route::Query query_of(const std::string& from, const call::Setup& setup, std::span<const route::TrunkState> trunks) {
  route::Query query;
  query.from_trunk = from;
  query.called = setup.called;
  query.calling = setup.calling.number;
  if (setup.shown) query.shown = route::Query::Shown{setup.shown->trunk, setup.shown->party.number};
  if (setup.redirection) query.redirecting = setup.redirection->from;
  query.media = media_of(setup);
  query.now = std::chrono::system_clock::now();
  query.trunks = trunks;
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

// What the record calls a limit is also the name of its counter: "max_cps = 5 of trunk a" is refused.max_cps.
std::string counter_of(const std::string& limit) {
  return "refused." + limit.substr(0, limit.find(' '));
}

// What the limits count of one call.
class CountedUsage final : public call::Usage {
 public:
  CountedUsage(route::Limits& limits, Reactor& reactor, route::Limits::Charge charge)
      : limits_(limits), reactor_(reactor), ticket_(limits.begin(std::move(charge), reactor.now())) {}
  ~CountedUsage() override { limits_.end(ticket_, reactor_.now()); }
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

std::function<void(call::MediaPolicy&)> adapter_of(const conf::Profile* profile) {
  if (!profile) return nullptr;
  return [profile = *profile](call::MediaPolicy& policy) { trunk::apply(profile, policy); };
}

call::HuntRule hunt_of(const conf::NextOn& next_on) {
  return {next_on.has_default, next_on.causes, next_on.statuses};
}

}  // namespace

std::vector<route::TrunkState> Application::trunk_states() const {
  std::vector<route::TrunkState> states;
  auto add = [&](const call::Trunk& trunk) {
    const conf::Trunk* settings = plan_->settings->trunk(trunk.name());
    auto limit = static_cast<size_t>(settings ? settings->max_calls : 0);
    states.push_back({trunk.name(), trunk.state().is_up, trunk.calls().size(), limit});
  };
  for (const auto& sip_trunk : trunks_.sip()) add(*sip_trunk);
  for (const auto& tdm_trunk : trunks_.tdm()) add(*tdm_trunk);
  return states;
}

call::Routing Application::route(const call::Trunk& from, const call::Setup& setup) {
  return answer({plan_, query_of(from.name(), setup, {}), setup, {}});
}

bool Application::is_emergency(const call::Setup& setup, const SocketAddress& source) {
  const auto* from = trunks_.find_by_source(source);
  return from && plan_->plan.decide(query_of(from->name(), setup, {})).is_emergency;
}

call::Routing Application::answer(PlanQuestion question) {
  auto states = trunk_states();
  route::Query& query = question.query;
  query.trunks = states;
  query.turn = calls_routed_++;
  const call::Setup& setup = question.setup;
  const std::string& from = query.from_trunk;
  call::Routing routing;
  if (is_forwarded_too_often(question)) {
    routing.refusal = call::Refusal{call::kExchangeRoutingError, ""};
    routing.plan.forwards = question.forwards;
    return routing;
  }
  route::Decision decision = question.plan->plan.decide(query);
  log_.info("from={} called={} calling={} route={} outcome={}", from, route::text_of(query.called),
            decision.from_number, decision.route, decision.outcome());
  if (decision.is_emergency) {
    log_.warning("emergency call from={} called={} calling={}", from, route::text_of(setup.called),
                 route::text_of(setup.calling.number));
    counters_.get("route.emergency").add();
  }
  routing.plan = plan_record(decision);
  routing.plan.forwards = question.forwards;
  routing.refusal = refusal(from, decision, query.forwarded.has_value());
  if (routing.refusal) routing.plan.limit = routing.refusal->limit;
  if (routing.refusal || decision.attempts.empty()) return routing;
  if (auto next = forwarded(question, decision, route::ForwardOn::Always)) {
    auto forwarded = answer(std::move(*next));
    // The record tells what became of the call that came, and then who sent it where.
    std::swap(routing.plan.forwards, forwarded.plan.forwards);
    forwarded.plan = std::move(routing.plan);
    return forwarded;
  }
  fill(routing, question, decision);
  return routing;
}

// All that goes with a decision to try targets.
void Application::fill(call::Routing& routing, const PlanQuestion& question, const route::Decision& decision) {
  const conf::Settings& settings = *question.plan->settings;
  const call::Setup& setup = question.setup;
  routing.hunt = hunt_of(decision.rule->next_on);
  routing.is_fax = decision.media == conf::CallMedia::Fax;
  routing.adapt_caller = remembering(question.query.from_trunk, setup.calling.number.digits,
                                     adapter_of(profile_of(settings, decision.calling_line)));
  routing.usage = std::make_unique<CountedUsage>(limits_, root_, charge_of(decision));
  for (const route::Attempt& attempt : decision.attempts) {
    auto target = target_of(question.query.from_trunk, attempt, decision, setup);
    if (target.trunk) routing.targets.push_back(std::move(target));
  }
  // Only trunks that a restart would bring: the way is not there yet.
  if (routing.targets.empty()) routing.refusal = call::Refusal{call::kDestinationOutOfOrder, ""};
  routing.forward.busy = forwarding(question, decision, route::ForwardOn::Busy);
  routing.forward.no_answer = forwarding(question, decision, route::ForwardOn::NoAnswer);
  if (decision.called_line) routing.forward.after = decision.called_line->forward_after;
}

// Where the call goes on, with the line as the one who sent it there. Not set: the line does not forward so.
std::optional<Application::PlanQuestion> Application::forwarded(const PlanQuestion& question,
                                                                const route::Decision& decision,
                                                                route::ForwardOn on) const {
  auto query = route::forwarded(question.query, decision, on);
  if (!query) return std::nullopt;
  constexpr uint8_t kReasons[] = {call::kDivertedUnconditional, call::kDivertedBusy, call::kDivertedNoReply};
  const conf::Line& line = *query->forwarded->line;
  PlanQuestion next{question.plan, std::move(*query), question.setup, question.forwards};
  next.setup.redirection =
      call::diverted(question.setup, route::number_of(line.did), kReasons[static_cast<size_t>(on)]);
  next.forwards.push_back(fmt::format("{} {} {}", line.ext, route::name(on), next.query.forwarded->to));
  return next;
}

// To be asked when it has come to that, by the plan of then. Null: the line does not forward so.
std::function<call::Routing()> Application::forwarding(const PlanQuestion& question, const route::Decision& decision,
                                                       route::ForwardOn on) {
  auto next = forwarded(question, decision, on);
  if (!next) return nullptr;
  return [this, next = std::move(*next)] {
    auto now = next;
    now.query.now = std::chrono::system_clock::now();
    return answer(std::move(now));
  };
}

bool Application::is_forwarded_too_often(const PlanQuestion& question) {
  int most = question.plan->settings->site.most_forwards;
  if (question.forwards.empty() || call::diversions_of(question.setup) <= most) return false;
  log_.warning("a call was forwarded more than {} times: {}", most, fmt::join(question.forwards, ", "));
  counters_.get("call.forward_loops").add();
  return true;
}

call::Reach Application::reach(const call::Trunk& from, const call::Setup& setup) {
  switch (plan_->plan.reach(query_of(from.name(), setup, {}))) {
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

// Not set: the call may go on. There may be no route all the same.
// A call that is forwarded comes from no trunk once more.
std::optional<call::Refusal> Application::refusal(const std::string& from, const route::Decision& decision,
                                                  bool is_forwarded) {
  const conf::Trunk* trunk = is_forwarded ? nullptr : plan_->settings->trunk(from);
  bool is_free = decision.is_emergency && !decision.attempts.empty();
  auto too_fast = trunk ? limits_.take(*trunk, route::CallDirection::FromTrunk, root_.now()) : std::nullopt;
  if (!is_free && trunk && is_at_max_calls(from)) {
    return refused(call::kNoCircuit.q850, fmt::format("max_calls = {} of trunk {}", trunk->max_calls, from));
  }
  if (!is_free && too_fast) return refused(42, *too_fast);  // switching equipment congestion
  if (decision.kind == route::Decision::Kind::NoRoute) return std::nullopt;
  if (decision.attempts.empty()) {
    counters_.get("route.refused").add();
    return call::Refusal{call::Cause{decision.cause}, ""};
  }
  if (is_free) return std::nullopt;
  auto limit = limits_.refusal(*decision.rule, charge_of(decision), root_.now());
  if (!limit) return std::nullopt;
  return refused(limit->starts_with("limit ") ? call::kNoCircuit.q850 : call::kCallRejected.q850, *limit);
}

call::Refusal Application::refused(int cause, std::string limit) {
  counters_.get(counter_of(limit)).add();
  return {call::Cause{.q850 = cause, .is_for_now = true}, std::move(limit)};
}

bool Application::is_at_max_calls(const std::string& name) const {
  const conf::Trunk* settings = plan_->settings->trunk(name);
  const call::Trunk* trunk = trunks_.find(name);
  return settings && trunk && settings->max_calls != 0 &&
         trunk->calls().size() >= static_cast<size_t>(settings->max_calls);
}

// What worked for the number the last times goes before what is usual there.
std::function<void(call::MediaPolicy&)> Application::remembering(const std::string& trunk, const std::string& number,
                                                                 std::function<void(call::MediaPolicy&)> first) const {
  if (!fax_memory_) return first;
  return [this, trunk, number, first = std::move(first)](call::MediaPolicy& policy) {
    if (first) first(policy);
    fax_memory_->apply(trunk, number, policy, std::chrono::system_clock::now());
  };
}

call::Target Application::target_of(const std::string& from, route::Attempt attempt, const route::Decision& decision,
                                    const call::Setup& setup) {
  call::Target target;
  target.trunk = trunks_.find(attempt.trunk);
  target.setup = setup;
  target.setup.called = std::move(attempt.called);
  if (setup.shown) target.setup.calling = setup.shown->party;
  target.setup.shown.reset();
  target.setup.calling.number = std::move(attempt.calling);
  if (!attempt.redirecting.digits.empty()) target.setup.redirection->from = std::move(attempt.redirecting);
  if (decision.hide_calling) target.setup.calling.presentation = tdm::Presentation::Restricted;
  target.ring = decision.rule->ring;
  bool is_emergency = decision.is_emergency;
  target.admit = [this, from, name = attempt.trunk, is_emergency] { return admit(from, name, is_emergency); };
  if (is_emergency) target.make_room = [this, name = attempt.trunk] { return make_room(name); };
  target.adapt = remembering(attempt.trunk, target.setup.called.digits,
                             adapter_of(profile_of(*plan_->settings, decision.called_line)));
  return target;
}

std::optional<call::Refusal> Application::admit(const std::string& from, const std::string& trunk, bool is_emergency) {
  const conf::Trunk* settings = plan_->settings->trunk(trunk);
  if (!settings) return std::nullopt;
  if (!is_emergency && is_at_max_calls(trunk)) {
    return refused(call::kNoCircuit.q850, fmt::format("max_calls = {} of trunk {}", settings->max_calls, trunk));
  }
  if (auto share = is_emergency ? std::nullopt : exceeded_share(from, trunk)) {
    return refused(call::kNoCircuit.q850, *share);
  }
  auto limit = limits_.take(*settings, route::CallDirection::ToTrunk, root_.now());
  if (is_emergency || !limit) return std::nullopt;
  return refused(call::kNoCircuit.q850, *limit);
}

std::optional<std::string> Application::exceeded_share(const std::string& from, const std::string& to) const {
  const trunk::TdmTrunk* line = trunks_.find_tdm(to);
  const call::Trunk* caller = trunks_.find(from);
  const conf::Trunk* settings = plan_->settings->trunk(from);
  if (!line || !caller || !settings || !plan_->is_shared(to)) return std::nullopt;
  size_t lines = line->lines();
  if (int most = plan_->settings->trunk(to)->max_calls; most != 0) lines = std::min(lines, static_cast<size_t>(most));
  if (line->calls().coming_from(caller->calls()) < route::share_of(lines, settings->share)) return std::nullopt;
  return fmt::format("share = {} of trunk {} on {}", settings->share, from, to);
}

// The newest call has the least to lose: nobody has talked for long. One on a blocked timeslot would free none.
bool Application::make_room(const std::string& name) {
  const trunk::TdmTrunk* full = trunks_.find_tdm(name);
  if (!full || !full->state().is_full) return false;
  auto calls = manager_->calls();
  auto frees_timeslot = [&](const call::Party* party) {
    return party && party->trunk() == name && !(party->slot() && full->is_blocked(*party->slot()));
  };
  auto is_lower = [&](const call::Call* call) {
    bool is_ending = call->state() == call::CallState::Releasing || call->state() == call::CallState::Closed;
    bool is_emergency = call->record().plan.is_emergency;
    return !is_ending && !is_emergency && (frees_timeslot(&call->caller()) || frees_timeslot(call->called()));
  };
  auto lower = std::find_if(calls.rbegin(), calls.rend(), is_lower);
  if (lower == calls.rend()) return false;
  log_.error("trunk={} has no free timeslot for an emergency call: call {} is cleared", name, (*lower)->id());
  counters_.get("route.emergency_cleared").add();
  manager_->hang_up((*lower)->id(), call::HungUp::ForEmergency, call::Cause{47});  // resource unavailable
  return true;
}

}  // namespace sg::app
