#include "gateway/app/explain.h"

#include <algorithm>

#include "gateway/route/forward.h"
#include "gateway/route/normalise.h"

namespace sg::app {
namespace {

Result<CallMedia> media_named(const std::string& name) {
  if (name.empty()) return CallMedia::Voice;
  if (auto media = value_named<CallMedia>(name)) return *media;
  return fail("\"{}\" is no medium: voice, fax or data is wanted", name);
}

Result<TypeOfNumber> ton_named(const std::string& name) {
  using Ton = TypeOfNumber;
  for (Ton ton : {Ton::Unknown, Ton::International, Ton::National, Ton::Subscriber}) {
    if (name.empty() || name == name_of(ton)) return ton;
  }
  return fail("\"{}\" is no type of number: unknown, international, national or subscriber is wanted", name);
}

Result<route::Query> query_of(const admin::RouteQuestion& question) {
  route::Query query;
  auto media = media_named(question.media);
  if (!media) return tl::unexpected(media.error());
  auto ton = ton_named(question.ton);
  if (!ton) return tl::unexpected(ton.error());
  query.from_trunk = question.from;
  query.called = route::number_of(question.called, *ton);
  query.calling = route::number_of(question.line.empty() ? question.calling : question.line);
  query.media = *media;
  query.now = std::chrono::system_clock::now();
  if (question.at.empty()) return query;
  auto at = conf::WallClock::parse(question.at);
  if (!at) return tl::unexpected(at.error());
  query.at = *at;
  return query;
}

// What would be sent there, as it would be sent.
std::string message_of(const conf::Settings& settings, const route::Attempt& attempt, bool is_hidden) {
  auto sip = std::find_if(settings.sip_trunks.begin(), settings.sip_trunks.end(),
                          [&](const conf::SipTrunk& trunk) { return trunk.name == attempt.trunk; });
  std::string hidden = is_hidden ? ", Privacy: id" : "";
  if (sip != settings.sip_trunks.end()) {
    return fmt::format("INVITE sip:{}@{}, calling {}{}", route::text_of(attempt.called), sip->peer.address.to_string(),
                       route::text_of(attempt.calling), hidden);
  }
  auto spelled = [](const party::Number& number) {
    return number.digits.empty()
               ? std::string("none")
               : fmt::format("{} ({}, plan {})", number.digits, name_of(number.type), static_cast<int>(number.plan));
  };
  return fmt::format("SETUP called {}, calling {}{}", spelled(attempt.called), spelled(attempt.calling),
                     is_hidden ? ", presentation restricted" : "");
}

// "up, 3 of 30 calls"; "down, 0 calls, OPTIONS unanswered for 95 s".
std::string describe_trunk(const std::string& name, const routing::CallRouting& routing, const trunk::Trunks& trunks) {
  const call::Trunk* found = trunks.find(name);
  if (!found) return "not there until a restart";
  auto state = found->state();
  const conf::Trunk* settings = routing.settings().trunk(name);
  size_t calls = found->calls().size();
  std::string text = !state.is_up ? "down" : state.is_full || routing.is_at_max_calls(*found) ? "full" : "up";
  text += settings && settings->max_calls ? fmt::format(", {} of {} calls", calls, settings->max_calls)
                                          : fmt::format(", {} calls", calls);
  return state.note.empty() ? text : text + ", " + state.note;
}

// Follows lines that forward all their calls; the decision on the last. `explanation` grows.
route::Decision explain_forwards(const routing::CallRouting& routing, route::Query query, route::Decision decision,
                                 route::Explanation& explanation, admin::RouteView& view) {
  int most = routing.settings().site.most_forwards;
  for (int hops = 0; auto next = route::forwarded(query, decision, route::ForwardOn::Always);) {
    view.forwards.push_back(fmt::format("line {} forwards all calls to {}: route \"{}\" leads to it",
                                        decision.called_line->ext, next->forwarded->to, decision.route));
    if (++hops > most) {
      view.forwards.push_back(fmt::format("more than [site] most_forwards = {}: refused", most));
      decision.attempts.clear();
      decision.kind = route::Decision::Kind::Rejected;
      decision.cause = call::kExchangeRoutingError.q850;
      return decision;
    }
    query = std::move(*next);
    route::Explanation more;
    decision = routing.plan().plan.decide(query, &more);
    std::ranges::move(more.considered, std::back_inserter(explanation.considered));
    explanation.skipped = std::move(more.skipped);
  }
  for (auto on : {route::ForwardOn::Busy, route::ForwardOn::NoAnswer}) {
    auto next = route::forwarded(query, decision, on);
    if (!next) continue;
    auto after = on == route::ForwardOn::NoAnswer
                     ? fmt::format("after {} s without answer", decision.called_line->forward_after.count())
                     : std::string("when busy");
    view.forwards.push_back(fmt::format("line {} forwards {} to {}: {}", decision.called_line->ext, after,
                                        next->forwarded->to, routing.plan().plan.decide(*next).outcome()));
  }
  return decision;
}

}  // namespace

Result<admin::RouteView> explain_route(const admin::RouteQuestion& question, const routing::CallRouting& routing,
                                       const trunk::Trunks& trunks) {
  const conf::Settings& settings = routing.settings();
  if (!settings.trunk(question.from)) return fail("there is no trunk \"{}\"", question.from);
  bool is_line = std::any_of(settings.lines.begin(), settings.lines.end(), [&](const conf::Line& line) {
    return line.ext == question.line || line.did == question.line;
  });
  if (!question.line.empty() && !is_line) return fail("there is no line \"{}\"", question.line);
  auto query = query_of(question);
  if (!query) return tl::unexpected(query.error());
  query->turn = routing.turn();
  query->calls_on = [&routing](const std::string& trunk) { return routing.calls_on(trunk); };
  route::Explanation explanation;
  route::Decision decision = routing.plan().plan.decide(*query, &explanation);
  admin::RouteView view;
  decision = explain_forwards(routing, std::move(*query), std::move(decision), explanation, view);

  view.called = explanation.called;
  view.calling = explanation.calling;
  for (auto& row : explanation.considered) view.considered.push_back({row.route, row.pattern, row.fate});
  view.route = decision.route;
  view.outcome = decision.outcome();
  view.media = name_of(decision.media);
  view.cause = decision.cause;
  view.is_emergency = decision.is_emergency;
  if (decision.rule && !decision.attempts.empty() && !decision.is_emergency) {
    if (auto limit = routing.limit_on(decision)) view.limit = text_of(*limit);
  }
  for (const auto& attempt : decision.attempts) {
    view.targets.push_back({attempt.trunk, describe_trunk(attempt.trunk, routing, trunks),
                            route::text_of(attempt.called), route::text_of(attempt.calling),
                            decision.hide_calling ? "calling number hidden" : "",
                            message_of(settings, attempt, decision.hide_calling)});
  }
  for (const auto& skipped : explanation.skipped) {
    view.targets.push_back(
        {skipped.trunk, describe_trunk(skipped.trunk, routing, trunks), "", "", "passed over: " + skipped.why, ""});
  }
  return view;
}

}  // namespace sg::app
