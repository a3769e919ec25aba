#include "gateway/route/plan.h"

#include <algorithm>
#include <limits>

#include "gateway/route/compiled.h"
#include "gateway/route/fax_line.h"

namespace sg::route {
namespace {

TypeOfNumber ton_of(const party::Number& number) {
  switch (number.type) {
    case TypeOfNumber::International:
      return TypeOfNumber::International;
    case TypeOfNumber::National:
      return TypeOfNumber::National;
    case TypeOfNumber::Subscriber:
      return TypeOfNumber::Subscriber;
    case TypeOfNumber::Unknown:
    case TypeOfNumber::NetworkSpecific:
    case TypeOfNumber::Abbreviated:
      return TypeOfNumber::Unknown;
  }
  return TypeOfNumber::Unknown;
}

bool holds(const TimeCondition& condition, const Query& query, size_t site) {
  return condition.schedule->holds(query.at ? *query.at : condition.zones[site].at(query.now));
}

template <class T>
bool lists(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// What a call is, as conditions see it.
struct Subject {
  std::string called, calling, redirecting;
  std::string shown;  // the calling number that goes on: `calling`, but of a call that was forwarded or transferred
  CallMedia media = CallMedia::Voice;
  const conf::Line* calling_line = nullptr;
  const conf::Line* called_line = nullptr;
  size_t site = 0;  // where the call comes from
};

// A bearer for data says it all; else the analog line that calls; else whoever has a profile: the line that calls, its
// trunk, the line that is called.
CallMedia media_of(const conf::Settings& settings, const Query& query, const Subject& subject) {
  if (query.media != CallMedia::Voice) return query.media;
  const bool is_from_fax = is_fax_line(settings, query.from_trunk, query.calling.digits) ||
                           is_fax_line(settings, query.from_trunk, text_of(query.called));
  if (is_from_fax) return CallMedia::Fax;
  const conf::Trunk* trunk = settings.trunk(query.from_trunk);
  for (const std::string* name :
       {subject.calling_line ? &subject.calling_line->profile : nullptr, trunk ? &trunk->profile : nullptr,
        subject.called_line ? &subject.called_line->profile : nullptr}) {
    const conf::Profile* profile = name ? settings.profile(*name) : nullptr;
    if (profile && profile->media) return *profile->media;
  }
  return query.media;
}

Subject subject_of(const conf::Settings& settings, const Normaliser& normaliser, const Query& query) {
  Numbering numbering = numbering_of(settings, query.from_trunk);
  Subject subject;
  if (query.forwarded) {
    subject.called = normaliser.dialled(query.forwarded->to, normaliser.site_of(*query.forwarded->line));
    subject.calling = subject.redirecting = query.forwarded->line->did;
    subject.shown = query.forwarded->shown;
  } else {
    subject.called = normaliser.to_plan(query.called, numbering);
    subject.calling = normaliser.to_plan(query.calling, numbering);
    subject.shown = query.shown ? normaliser.to_plan(query.shown->calling, numbering_of(settings, query.shown->trunk))
                                : subject.calling;
    subject.redirecting = normaliser.to_plan(query.redirecting, numbering);
  }
  subject.site = numbering.site;
  // Whoever forwards calls on with its own permissions.
  subject.calling_line = query.forwarded ? normaliser.line(subject.calling, subject.site)
                                         : normaliser.calling_line(subject.calling, query.from_trunk, subject.site);
  subject.called_line = normaliser.line(subject.called, subject.site);
  subject.media = media_of(settings, query, subject);
  return subject;
}

// The condition that does not hold; empty: all do.
std::string_view why_not(const CompiledRoute& compiled, const Query& query, const Subject& subject) {
  const conf::Route& route = *compiled.route;
  if (!route.from.empty() && !lists(route.from, query.from_trunk)) return "from";
  if (!route.ton.empty() && !lists(route.ton, ton_of(query.called))) return "ton";
  if (!route.media.empty() && !lists(route.media, subject.media)) return "media";
  if (!compiled.calling.is_empty() && !compiled.calling.contains(subject.calling)) return "calling";
  if (compiled.from_line_only && !subject.calling_line) return "calling";
  if (!compiled.redirecting.is_empty() && !compiled.redirecting.contains(subject.redirecting)) return "redirecting";
  if (compiled.when.schedule && !holds(compiled.when, query, subject.site)) return "when";
  if (compiled.not_when.schedule && holds(compiled.not_when, query, subject.site)) return "not_when";
  return {};
}

// The day of a call, by which rate sheets go. None: only a weekday is known.
std::optional<std::chrono::sys_days> day_of(const Query& query) {
  if (!query.at) return std::chrono::floor<std::chrono::days>(query.now);
  if (!query.at->date) return std::nullopt;
  return std::chrono::sys_days(*query.at->date);
}

std::optional<double> price_in(const Rates& rates, const std::string& trunk, const Query& query,
                               std::string_view called) {
  auto found = rates.find(trunk);
  return found == rates.end() ? std::nullopt : found->second.price(called, day_of(query));
}

// What the route says of the trunk, else what the trunk says of itself; a trunk without a price comes last.
double price_of(const Rates& of_route, const Rates& of_trunks, const std::string& trunk, const Query& query,
                std::string_view called) {
  auto price = price_in(of_route, trunk, query, called);
  if (!price) price = price_in(of_trunks, trunk, query, called);
  return price.value_or(std::numeric_limits<double>::infinity());
}

bool takes_turns(const conf::Route& route, const conf::Targets& targets) {
  bool has_group = std::any_of(targets.begin(), targets.end(), [](const auto& group) { return group.size() > 1; });
  return has_group || route.pick == conf::Pick::Rotate || route.pick == conf::Pick::Share ||
         route.pick == conf::Pick::Idle;
}

void rotate_by(std::vector<std::string>& trunks, uint32_t turn) {
  if (!trunks.empty()) std::rotate(trunks.begin(), trunks.begin() + turn % trunks.size(), trunks.end());
}

// The trunks in the order to try.
std::vector<std::string> ordered(const CompiledRoute& compiled, const Rates& of_trunks, const conf::Targets& targets,
                                 const Query& query, std::string_view called) {
  const conf::Route& route = *compiled.route;
  std::vector<std::string> trunks;
  for (auto group : targets) {
    rotate_by(group, query.turn);
    trunks.insert(trunks.end(), group.begin(), group.end());
  }
  switch (route.pick) {
    case conf::Pick::Order:
      break;
    case conf::Pick::Rotate:
      rotate_by(trunks, query.turn);
      break;
    case conf::Pick::Share:
      // Knuth's multiplicative hash: even over many calls, and no pattern that a row of calls would follow.
      rotate_by(trunks, query.turn * 2654435761u >> 16);
      break;
    case conf::Pick::Idle:
      std::stable_sort(trunks.begin(), trunks.end(),
                       [&](const auto& a, const auto& b) { return query.calls_on(a) < query.calls_on(b); });
      break;
    case conf::Pick::Cost:
      std::stable_sort(trunks.begin(), trunks.end(), [&](const auto& a, const auto& b) {
        return price_of(compiled.cost, of_trunks, a, query, called) <
               price_of(compiled.cost, of_trunks, b, query, called);
      });
      break;
  }
  return trunks;
}

std::vector<std::string> captures_of(const Entry& entry, std::string_view called) {
  auto item = read_number(*entry.text);
  if (!item) return {};
  return item->expression ? captures(*item->expression, called) : item->pattern.captures(called);
}

std::string called_by(const conf::Route& route, const Entry& entry, const std::string& called) {
  if (!route.set_called.empty()) return expand(route.set_called, captures_of(entry, called)).value_or(called);
  return route.prepend + called.substr(std::min(called.size(), static_cast<size_t>(route.strip)));
}

std::string calling_by(const CompiledRoute& compiled, const Subject& subject) {
  const conf::Route& route = *compiled.route;
  const std::string& calling = compiled.from_line_only ? subject.calling_line->did : subject.shown;
  if (!route.set_calling.empty()) return route.set_calling;
  bool must_change = !compiled.calling_must_be.is_empty() && !compiled.calling_must_be.contains(calling);
  return must_change ? route.calling_else : calling;
}

}  // namespace

Plan::Plan(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;
Plan::~Plan() = default;

std::string Decision::outcome() const {
  switch (kind) {
    case Kind::Routed: {
      std::string trunks;
      for (const Attempt& attempt : attempts) trunks += (trunks.empty() ? "" : ">") + attempt.trunk;
      return trunks;
    }
    case Kind::Rejected:
      return fmt::format("reject {}", cause);
    case Kind::NoRoute:
      return "no route";
    case Kind::NotAllowed:
      return "not allowed";
    case Kind::NotCarried:
      return "not carried";
  }
  return {};
}

Decision Plan::decide(const Query& query, Explanation* explanation) const {
  const Compiled& plan = *compiled_;
  const Normaliser& normaliser = plan.normaliser;
  Subject subject = subject_of(plan.settings, normaliser, query);
  const std::string& called = subject.called;

  const Entry* best = nullptr;
  std::vector<std::pair<const Entry*, std::string_view>> matched;
  auto consider = [&](uint32_t index) {
    const Entry& entry = plan.entries[index];
    // A route that says less than the best so far need not be asked, unless somebody wants to know.
    if (!explanation && best && entry.rank <= best->rank) return;
    auto failed = why_not(plan.routes[entry.route], query, subject);
    if (explanation) matched.emplace_back(&entry, failed);
    if (failed.empty() && (!best || entry.rank > best->rank)) best = &entry;
  };
  plan.tree.match(called, consider);
  for (const ExpressionEntry& row : plan.expressions) {
    if (matches(*row.expression, called)) consider(row.entry);
  }

  if (explanation) {
    explanation->called = called;
    explanation->calling = subject.calling;
    std::stable_sort(matched.begin(), matched.end(),
                     [](const auto& a, const auto& b) { return a.first->rank > b.first->rank; });
    for (const auto& [entry, failed] : matched) {
      std::string fate = entry == best     ? "wins"
                         : !failed.empty() ? fmt::format("its \"{}\" does not hold", failed)
                                           : "is less specific";
      explanation->considered.push_back({plan.routes[entry->route].route->name, *entry->text, std::move(fate)});
    }
  }

  Decision decision;
  decision.from_number = subject.shown;
  decision.to_number = called;
  decision.is_abroad = normaliser.is_abroad(called, subject.site);
  decision.media = subject.media;
  decision.calling_line = subject.calling_line;
  decision.called_line = subject.called_line;
  if (!best) {
    decision.cause = 1;  // unallocated number
    return decision;
  }
  const CompiledRoute& compiled = plan.routes[best->route];
  const conf::Route& route = *compiled.route;
  decision.route = route.name;
  decision.hide_calling = route.hide_calling;
  // The number says it too: nobody who dials 112 is kept waiting for want of a word in the file.
  decision.is_emergency = route.is_emergency || normaliser.is_emergency(called, subject.site);
  decision.rule = &route;
  if (route.reject != 0) {
    decision.kind = Decision::Kind::Rejected;
    decision.cause = route.reject;
    return decision;
  }
  const conf::Line* line = subject.calling_line;
  if (line && !line->allow.empty() && !decision.is_emergency) {
    auto allowed = std::find_if(plan.allowed.begin(), plan.allowed.end(),
                                [&](const auto& entry) { return entry.first == line->did; });
    if (allowed != plan.allowed.end() && !allowed->second.contains(called)) {
      decision.kind = Decision::Kind::NotAllowed;
      decision.cause = 21;  // call rejected
      return decision;
    }
  }

  std::string to_send = called_by(route, *best, called), to_show = calling_by(compiled, subject);
  decision.takes_turns = takes_turns(route, plan.targets(*best));
  for (std::string& trunk : ordered(compiled, plan.cost, plan.targets(*best), query, called)) {
    Numbering to = numbering_of(plan.settings, trunk);
    auto sent = normaliser.to_trunk(to_send, to, query.called);
    if (sent) {
      auto shown = normaliser.calling_to_trunk(to_show, to, query.shown ? query.shown->calling : query.calling);
      party::Number redirecting;
      if (query.forwarded) redirecting = normaliser.calling_to_trunk(query.forwarded->line->did, to, {});
      decision.attempts.push_back({std::move(trunk), std::move(*sent), std::move(shown), std::move(redirecting)});
    } else if (explanation) {
      explanation->skipped.push_back({std::move(trunk), sent.error().message});
    }
  }
  decision.kind = decision.attempts.empty() ? Decision::Kind::NotCarried : Decision::Kind::Routed;
  if (decision.attempts.empty()) decision.cause = 28;  // invalid number format
  const bool is_to_fax = std::ranges::any_of(decision.attempts, [&](const Attempt& attempt) {
    return is_fax_line(plan.settings, attempt.trunk, attempt.called.digits);
  });
  if (is_to_fax && decision.media == CallMedia::Voice) decision.media = CallMedia::Fax;
  return decision;
}

Reach Plan::reach(const Query& query) const {
  const Compiled& plan = *compiled_;
  Subject subject = subject_of(plan.settings, plan.normaliser, query);
  const std::string& called = subject.called;
  auto holds_now = [&](uint32_t index) {
    return why_not(plan.routes[plan.entries[index].route], query, subject).empty();
  };
  bool has_route = false;
  plan.tree.match(called, [&](uint32_t index) { has_route = has_route || holds_now(index); });
  // Asked after each digit. Where very many routes begin so and do not hold, it is left to the caller's silence.
  constexpr int kMostLooks = 10'000;
  int looks = 0;
  bool goes_on = plan.tree.goes_on(called, [&](uint32_t index) { return ++looks > kMostLooks || holds_now(index); });
  for (const ExpressionEntry& row : plan.expressions) {
    if (!holds_now(row.entry)) continue;
    goes_on = true;
    has_route = has_route || matches(*row.expression, called);
  }
  if (has_route) return goes_on ? Reach::MayGrow : Reach::Complete;
  return goes_on ? Reach::Partial : Reach::None;
}

Result<Query> query_of(const conf::PlanTest& test) {
  Query query;
  query.from_trunk = test.from;
  static constexpr TypeOfNumber kTypes[] = {TypeOfNumber::Unknown, TypeOfNumber::International, TypeOfNumber::National,
                                            TypeOfNumber::Subscriber};
  query.called = number_of(test.dial, kTypes[static_cast<size_t>(test.ton)]);
  query.calling = number_of(test.line_ext.empty() ? test.calling : test.line_ext);
  query.redirecting = number_of(test.redirecting);
  query.media = test.media;
  auto at = conf::WallClock::parse(test.at.empty() ? "Tue 12:00" : test.at);
  if (!at) return tl::unexpected(at.error());
  query.at = *at;
  return query;
}

Result<> run_test(const Plan& plan, const conf::PlanTest& test) {
  auto query = query_of(test);
  if (!query) return tl::unexpected(query.error());

  Decision decision = plan.decide(*query);

  auto differ = [&](std::string_view key, std::string_view want, std::string_view got) {
    return fail("{} from {} should have {} = \"{}\", but has \"{}\" (route \"{}\")", test.dial, test.from, key, want,
                got, decision.route);
  };
  if (decision.outcome() != test.want) return differ("want", test.want, decision.outcome());
  if (!test.route.empty() && decision.route != test.route) return differ("route", test.route, decision.route);
  std::string sends, shows;
  if (!decision.attempts.empty()) {
    sends = text_of(decision.attempts.front().called);
    shows = text_of(decision.attempts.front().calling);
  }
  if (!test.sends.empty() && sends != test.sends) return differ("sends", test.sends, sends);
  if (!test.calling_sends.empty() && shows != test.calling_sends) {
    return differ("calling_sends", test.calling_sends, shows);
  }
  return {};
}

}  // namespace sg::route
