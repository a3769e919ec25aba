#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tdm/types.h"

namespace sg::tdm {

// What a span counted in quarters of an hour and in days (the intervals of G.826 and M.2120), by the clock on the wall:
// a fault is found by when it was, not by a total since last year. A value; no I/O, no clock of its own.
// Figures are those of SpanStatus::counters; "alarm seconds" is added: how long the span was in any alarm.
class SpanHistory {
 public:
  using WallTime = std::chrono::system_clock::time_point;
  using Counts = std::vector<std::pair<std::string, uint64_t>>;
  static constexpr std::chrono::minutes kQuarter{15};
  static constexpr std::chrono::hours kDay{24};  // from midnight, UTC

  struct Interval {
    WallTime from;
    WallTime until;
    Counts counts;
  };
  struct View {
    std::optional<Interval> quarter, quarter_before, day, day_before;  // none: nothing was seen of it
  };

  // What the span says now. Call it at every end of a quarter, right after it, and when the alarms change: what was
  // counted since the last call goes to the interval of the last call. A count that went back began anew, at 0.
  void take(WallTime now, const SpanStatus& status);
  View view() const;
  // When take() is due next, after `now`.
  static WallTime next_quarter(WallTime now);

 private:
  struct Row {
    explicit Row(std::chrono::seconds interval) : length(interval) {}
    std::chrono::seconds length;
    std::optional<Interval> current, before;
    void add(WallTime now, const Counts& counts);
  };

  Row quarter_{kQuarter}, day_{kDay};
  std::optional<WallTime> taken_;
  Counts last_;
  AlarmSet alarms_ = kNoAlarm;
  std::chrono::milliseconds in_alarm_{0};  // of a second that has not been counted yet
};

}  // namespace sg::tdm
