// Where the Application asks the dial plan: for calls (call::Router), and for people who want to know (admin::View).

#include <algorithm>

#include "gateway/app/application.h"
#include "gateway/route/normalise.h"

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

std::string text_of(const route::TrunkState& state) {
  bool is_full = state.max_calls && state.calls >= state.max_calls;
  std::string calls = state.max_calls ? fmt::format("{} of {} calls", state.calls, state.max_calls)
                                      : fmt::format("{} calls", state.calls);
  return fmt::format("{}, {}", !state.is_up ? "down" : is_full ? "full" : "up", calls);
}

Result<conf::CallMedia> media_named(const std::string& name) {
  if (name.empty() || name == "voice") return conf::CallMedia::Voice;
  if (name == "fax") return conf::CallMedia::Fax;
  if (name == "data") return conf::CallMedia::Data;
  return fail("\"{}\" is no medium: voice, fax or data is wanted", name);
}

}  // namespace

std::vector<route::TrunkState> Application::trunk_states() const {
  std::vector<route::TrunkState> states;
  for (const auto& sip_trunk : sip_trunks_) {
    auto limit = static_cast<size_t>(settings_.trunk(sip_trunk->name())->max_calls);
    states.push_back({sip_trunk->name(), sip_trunk->is_up(), manager_->calls_of(sip_trunk->name()), limit});
  }
  for (const auto& tdm_trunk : tdm_trunks_) {
    auto limit = static_cast<size_t>(settings_.trunk(tdm_trunk->name())->max_calls);
    auto interfaces = tdm_trunk->status();
    bool is_up = std::any_of(interfaces.begin(), interfaces.end(), [](const auto& one) { return one.is_up; });
    states.push_back({tdm_trunk->name(), is_up, tdm_trunk->calls(), limit});
  }
  return states;
}

call::Routing Application::route(const call::Trunk& from, const call::Setup& setup) {
  auto states = trunk_states();
  auto query = query_of(from.name(), setup, states);
  query.turn = calls_routed_++;
  route::Decision decision = plan_->decide(query);
  log_.info("from={} called={} calling={} route={} outcome={}", from.name(), route::text_of(setup.called),
            route::text_of(setup.calling.number), decision.route, decision.outcome());
  if (decision.is_emergency) {
    log_.warning("emergency call from={} called={} calling={}", from.name(), route::text_of(setup.called),
                 route::text_of(setup.calling.number));
    counters_.get("route.emergency").add();
  }
  call::Routing routing;
  routing.plan = plan_record(decision);
  if (decision.kind == route::Decision::Kind::NoRoute) return routing;
  if (decision.attempts.empty()) {
    counters_.get("route.refused").add();
    routing.refusal = call::Refusal{call::Cause{decision.cause}, ""};
    return routing;
  }
  for (auto& attempt : decision.attempts) {
    call::Target target;
    target.trunk = trunk(attempt.trunk);
    target.setup = setup;
    target.setup.called = std::move(attempt.called);
    target.setup.calling.number = std::move(attempt.calling);
    if (decision.hide_calling) target.setup.calling.presentation = tdm::Presentation::Restricted;
    if (target.trunk) routing.targets.push_back(std::move(target));
  }
  return routing;
}

Result<admin::RouteView> Application::explain_route(const admin::RouteQuestion& question) const {
  if (!settings_.trunk(question.from)) return fail("there is no trunk \"{}\"", question.from);
  auto media = media_named(question.media);
  if (!media) return tl::unexpected(media.error());
  auto states = trunk_states();
  route::Query query;
  query.from_trunk = question.from;
  query.called = route::number_of(question.called);
  query.calling = route::number_of(question.calling);
  query.media = *media;
  query.now = std::chrono::system_clock::now();
  query.turn = calls_routed_;
  query.trunks = states;
  if (!question.at.empty()) {
    auto at = conf::WallClock::parse(question.at);
    if (!at) return tl::unexpected(at.error());
    query.at = *at;
  }
  route::Explanation explanation;
  route::Decision decision = plan_->decide(query, &explanation);

  auto state_of = [&](const std::string& trunk) {
    auto found = std::find_if(states.begin(), states.end(), [&](const auto& state) { return state.name == trunk; });
    return found == states.end() ? std::string() : text_of(*found);
  };
  admin::RouteView view;
  view.called = explanation.called;
  view.calling = explanation.calling;
  for (auto& row : explanation.considered) view.considered.push_back({row.route, row.pattern, row.fate});
  view.route = decision.route;
  view.outcome = decision.outcome();
  view.cause = decision.cause;
  for (const auto& attempt : decision.attempts) {
    view.targets.push_back({attempt.trunk, state_of(attempt.trunk), route::text_of(attempt.called),
                            route::text_of(attempt.calling), decision.hide_calling ? "calling number hidden" : ""});
  }
  for (const auto& skipped : explanation.skipped) {
    view.targets.push_back({skipped.trunk, state_of(skipped.trunk), "", "", "passed over: " + skipped.why});
  }
  return view;
}

}  // namespace sg::app
