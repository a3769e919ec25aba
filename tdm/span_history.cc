#include "tdm/span_history.h"

#include <algorithm>

namespace sg::tdm {
namespace {

using Counts = SpanHistory::Counts;

uint64_t value_of(const Counts& counts, const std::string& name) {
  auto found = std::ranges::find(counts, name, &Counts::value_type::first);
  return found == counts.end() ? 0 : found->second;
}

SpanHistory::WallTime begin_of(SpanHistory::WallTime time, std::chrono::seconds interval) {
  return SpanHistory::WallTime(time.time_since_epoch() - time.time_since_epoch() % interval);
}

}  // namespace

void SpanHistory::take(WallTime now, const SpanStatus& status) {
  Counts since;
  for (const auto& [name, value] : status.counters) {
    uint64_t before = value_of(last_, name);
    // What was counted before we looked the first time is nobody knows how old.
    since.emplace_back(name, !taken_ ? 0 : value >= before ? value - before : value);
  }
  // A clock that was set back counts no time.
  if (taken_ && alarms_ != kNoAlarm && now > *taken_) {
    in_alarm_ += std::chrono::duration_cast<std::chrono::milliseconds>(now - *taken_);
  }
  auto seconds = std::chrono::floor<std::chrono::seconds>(in_alarm_);
  in_alarm_ -= seconds;
  since.emplace_back("alarm seconds", static_cast<uint64_t>(seconds.count()));
  // A span that is gone has no counters: it goes on from those that it had.
  if (!status.counters.empty()) last_ = status.counters;
  alarms_ = status.alarms;
  taken_ = now;
  quarter_.add(now, since);
  day_.add(now, since);
}

SpanHistory::View SpanHistory::view() const {
  return {quarter_.current, quarter_.before, day_.current, day_.before};
}

SpanHistory::WallTime SpanHistory::next_quarter(WallTime now) {
  return begin_of(now, kQuarter) + kQuarter;
}

void SpanHistory::Row::add(WallTime now, const Counts& counts) {
  WallTime begin = begin_of(now, length);
  if (!current) current = Interval{now, now, {}};
  // What came in before the end of an interval is still its own, though asked for a moment later.
  bool is_over = begin_of(current->from, length) != begin;
  for (const auto& [name, value] : counts) {
    auto found = std::ranges::find(current->counts, name, &Counts::value_type::first);
    if (found == current->counts.end()) {
      current->counts.emplace_back(name, value);
    } else {
      found->second += value;
    }
  }
  current->until = is_over ? begin_of(current->from, length) + length : now;
  if (!is_over) return;
  bool was_the_one_before = current->until == begin;
  before = was_the_one_before ? current : std::nullopt;
  current = Interval{begin, now, {}};
  for (const auto& [name, value] : counts) current->counts.emplace_back(name, 0);
}

}  // namespace sg::tdm
