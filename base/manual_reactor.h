#pragma once

#include <deque>
#include <map>
#include <optional>

#include "base/reactor.h"
#include "base/timer_queue.h"

namespace sg {

// A Reactor under virtual time, for tests: nothing happens until advance() or settle(). Watched file descriptors are
// real and are polled, without waiting, whenever the reactor settles. One thread.
class ManualReactor final : public Reactor {
 public:
  TimePoint now() const override { return now_; }
  Result<> watch(int fd, uint32_t events, FdHandler handler) override;
  void unwatch(int fd) override { watched_.erase(fd); }
  TimerId call_at(TimePoint when, Task task) override { return timers_.add(when, std::move(task)); }
  void cancel(TimerId timer) override { timers_.cancel(timer); }
  void post(Task task) override { posted_.push_back(std::move(task)); }

  // Runs all that is due now, until nothing is left to do.
  void settle();
  // Moves time forward, stopping at each timer on the way.
  void advance(Duration by);
  size_t armed_timers() const { return timers_.size(); }
  std::optional<TimePoint> next_timer() const { return timers_.next(); }

 private:
  bool poll_once();

  struct Watched {
    uint32_t events;
    FdHandler handler;
  };
  TimePoint now_ = TimePoint{} + 1h;
  std::map<int, Watched> watched_;
  TimerQueue timers_;
  std::deque<Task> posted_;
};

}  // namespace sg
