#include "gateway/route/limits.h"

#include <algorithm>

#include "gateway/route/plan.h"

namespace sg::route {
namespace {

// Calls of max_cps that may come at once: telephones of an office that is opened, faxes of a full hour.
constexpr double kBurstSeconds = 2;

// After so many additions what holds nothing any more is thrown away.
constexpr size_t kSweepEvery = 4096;

uint64_t seconds_between(TimePoint from, TimePoint to) {
  return static_cast<uint64_t>(
      std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(to - from).count()));
}

// Of thousands of calls over years these add up to no more than a number can hold.
std::chrono::milliseconds since_epoch(TimePoint moment) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(moment.time_since_epoch());
}

bool is_of_route(LimitKind kind) {
  return kind > LimitKind::Share;
}

}  // namespace

std::string_view key_of(LimitKind kind) {
  constexpr std::array<std::string_view, kLimitKinds> kKeys{"max_calls",
                                                            "max_cps",
                                                            "share",
                                                            "limit",
                                                            "per_line_calls_hour",
                                                            "per_line_minutes_day",
                                                            "abroad_minutes_day",
                                                            "per_destination_minutes_day"};
  return kKeys[static_cast<size_t>(kind)];
}

std::string text_of(const Limit& limit) {
  auto text = fmt::format("{} = {} of {} {}", key_of(limit.kind), limit.value,
                          is_of_route(limit.kind) ? "route" : "trunk", limit.of);
  return limit.on.empty() ? text : text + " on " + limit.on;
}

int64_t Window::step_of(TimePoint moment) const {
  auto since = moment.time_since_epoch();
  return span_ == Span::Hour ? std::chrono::duration_cast<std::chrono::minutes>(since).count()
                             : std::chrono::duration_cast<std::chrono::hours>(since).count();
}

void Window::add(uint64_t amount, TimePoint now) {
  auto count = static_cast<int64_t>(steps());
  int64_t step = step_of(now);
  if (step - last_ >= count) steps_.fill(0);
  for (int64_t past = last_ + 1; past <= step && past - last_ < count; ++past) {
    steps_[static_cast<size_t>(past % count)] = 0;
  }
  last_ = std::max(last_, step);
  steps_[static_cast<size_t>(step % count)] += static_cast<uint32_t>(amount);
}

uint64_t Window::sum(TimePoint now) const {
  auto count = static_cast<int64_t>(steps());
  int64_t step = step_of(now);
  uint64_t all = 0;
  for (int64_t past = std::max<int64_t>(0, step - count + 1); past <= last_; ++past) {
    all += steps_[static_cast<size_t>(past % count)];
  }
  return all;
}

std::optional<Limit> Limits::refusal(const conf::Route& route, const Charge& charge, TimePoint now) const {
  const conf::Spend& spend = route.spend;
  auto limit = [&](LimitKind kind, int value) { return Limit{kind, value, route.name}; };
  auto is_spent = [&](int minutes, What what, const std::string& who) {
    return minutes != 0 && talk({what, route.name, who}, now) >= static_cast<uint64_t>(minutes) * 60;
  };
  if (route.limit != 0 && calls_on(route.name) >= static_cast<size_t>(route.limit)) {
    return limit(LimitKind::Calls, route.limit);
  }
  if (spend.per_line_calls_hour != 0 &&
      sum({What::CallsOfLine, route.name, charge.line}, now) >= static_cast<uint64_t>(spend.per_line_calls_hour)) {
    return limit(LimitKind::LineCallsInHour, spend.per_line_calls_hour);
  }
  if (is_spent(spend.per_line_minutes_day, What::TalkOfLine, charge.line)) {
    return limit(LimitKind::LineMinutesInDay, spend.per_line_minutes_day);
  }
  if (charge.is_abroad && is_spent(spend.abroad_minutes_day, What::TalkAbroad, "")) {
    return limit(LimitKind::MinutesAbroadInDay, spend.abroad_minutes_day);
  }
  if (is_spent(spend.per_destination_minutes_day, What::TalkToDestination, charge.destination)) {
    return limit(LimitKind::DestinationMinutesInDay, spend.per_destination_minutes_day);
  }
  return std::nullopt;
}

Limits::Ticket Limits::begin(Charge charge, TimePoint now) {
  ++on_route_[charge.route];
  if (charge.spend.per_line_calls_hour != 0) add({What::CallsOfLine, charge.route, charge.line}, 1, now);
  open_.emplace(++last_, Open{std::move(charge), std::nullopt});
  return last_;
}

std::vector<Limits::Key> Limits::talk_keys(const Charge& charge) {
  const conf::Spend& spend = charge.spend;
  std::vector<Key> keys;
  if (spend.per_line_minutes_day != 0) keys.push_back({What::TalkOfLine, charge.route, charge.line});
  if (spend.abroad_minutes_day != 0 && charge.is_abroad) keys.push_back({What::TalkAbroad, charge.route, ""});
  if (spend.per_destination_minutes_day != 0) {
    keys.push_back({What::TalkToDestination, charge.route, charge.destination});
  }
  return keys;
}

void Limits::answer(Ticket ticket, TimePoint now) {
  auto open = open_.find(ticket);
  if (open == open_.end() || open->second.answered) return;
  open->second.answered = now;
  for (const Key& key : talk_keys(open->second.charge)) {
    Talking& talking = talking_[key];
    ++talking.calls;
    talking.began += since_epoch(now);
  }
}

void Limits::end(Ticket ticket, TimePoint now) {
  auto found = open_.find(ticket);
  if (found == open_.end()) return;
  const Open open = std::move(found->second);
  open_.erase(found);
  auto count = on_route_.find(open.charge.route);
  if (--count->second == 0) on_route_.erase(count);
  if (!open.answered) return;
  for (const Key& key : talk_keys(open.charge)) {
    auto talking = talking_.find(key);
    talking->second.began -= since_epoch(*open.answered);
    if (--talking->second.calls == 0) talking_.erase(talking);
    add(key, seconds_between(*open.answered, now), now);
  }
}

std::optional<Limit> Limits::take(const conf::Trunk& trunk, CallDirection direction, TimePoint now) {
  auto& bucket = buckets_.try_emplace({trunk.name, direction}, kBurstSeconds).first->second;
  if (trunk.max_cps == 0 || bucket.take(trunk.max_cps, now)) return std::nullopt;
  return Limit{LimitKind::MaxCps, trunk.max_cps, trunk.name};
}

size_t Limits::calls_on(const std::string& route) const {
  auto found = on_route_.find(route);
  return found == on_route_.end() ? 0 : found->second;
}

uint64_t Limits::talk(const Key& key, TimePoint now) const {
  auto talking = talking_.find(key);
  if (talking == talking_.end()) return sum(key, now);
  const auto so_far = talking->second.calls * since_epoch(now) - talking->second.began;
  return sum(key, now) + static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(so_far).count());
}

void Limits::add(const Key& key, uint64_t amount, TimePoint now) {
  auto span = key.what == What::CallsOfLine ? Window::Span::Hour : Window::Span::Day;
  windows_.try_emplace(key, span).first->second.add(amount, now);
  if (++added_ % kSweepEvery == 0) sweep(now);
}

uint64_t Limits::sum(const Key& key, TimePoint now) const {
  auto found = windows_.find(key);
  return found == windows_.end() ? 0 : found->second.sum(now);
}

void Limits::sweep(TimePoint now) {
  std::erase_if(windows_, [&](const auto& entry) { return entry.second.sum(now) == 0; });
}

Limits::Charge charge_of(const Decision& decision) {
  return {decision.route, decision.from_number, decision.to_number, decision.is_abroad, decision.rule->spend};
}

}  // namespace sg::route
