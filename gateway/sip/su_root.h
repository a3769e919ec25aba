#pragma once

#include <memory>
#include <unordered_map>

#include "base/mailbox.h"
#include "base/owner_thread.h"
#include "base/reactor.h"
#include "base/timer_queue.h"
#include "base/unique_fd.h"

struct su_root_s;

namespace sg::sip {

// The signalling thread's loop: Sofia-SIP's root, lent to everyone else as a Reactor.
// Owned by the Application, outlives all that uses it. post() and stop() from any thread; all else on its own thread,
// which is the one that made it.
class SuRoot final : public Reactor {
 public:
  SuRoot();
  ~SuRoot() override;
  SuRoot(const SuRoot&) = delete;
  SuRoot& operator=(const SuRoot&) = delete;

  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  // Handlers may watch and unwatch anything, themselves too.
  Result<> watch(int fd, uint32_t events, FdHandler handler) override;
  void unwatch(int fd) override;
  TimerId call_at(TimePoint when, Task task) override;
  void cancel(TimerId timer) override;
  void post(Task task) override { posted_.send(std::move(task)); }

  // Runs until stop().
  void run();
  void stop();
  // Waits for at most `limit` and handles what is ready.
  void step(Duration limit);

  su_root_s* handle() { return root_; }

 private:
  struct Watched;
  void arm_alarm();
  void run_due_timers();

  OwnerThread owner_;
  su_root_s* root_;
  // Sofia's own timers know milliseconds only, so one timerfd carries all of ours.
  UniqueFd alarm_;
  std::unordered_map<int, std::shared_ptr<Watched>> watched_;
  TimerQueue timers_;
  TimePoint alarm_at_ = TimePoint::max();
  Mailbox<Task> posted_;
  bool stopping_ = false;
};

}  // namespace sg::sip
