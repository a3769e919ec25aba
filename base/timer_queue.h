#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/reactor.h"

namespace sg {

// Timers by deadline; those of one deadline run in the order they were armed. One thread.
class TimerQueue {
 public:
  TimerId add(TimePoint when, Reactor::Task task) {
    TimerId id{++last_};
    auto at = by_deadline_.emplace(when, std::pair{id, std::move(task)});
    by_id_.emplace(id, at);
    return id;
  }
  void cancel(TimerId id) {
    auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    by_deadline_.erase(found->second);
    by_id_.erase(found);
  }
  std::optional<TimePoint> next() const {
    if (by_deadline_.empty()) return std::nullopt;
    return by_deadline_.begin()->first;
  }
  // Runs the first timer that is due at `now`; false when none is.
  bool run_one(TimePoint now) {
    if (by_deadline_.empty() || by_deadline_.begin()->first > now) return false;
    auto first = by_deadline_.extract(by_deadline_.begin());
    by_id_.erase(first.mapped().first);
    first.mapped().second();
    return true;
  }
  size_t size() const { return by_deadline_.size(); }

 private:
  using Queue = std::multimap<TimePoint, std::pair<TimerId, Reactor::Task>>;
  Queue by_deadline_;
  std::unordered_map<TimerId, Queue::iterator> by_id_;
  uint64_t last_ = 0;
};

}  // namespace sg
