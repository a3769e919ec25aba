#pragma once

#include <memory>
#include <optional>
#include <unordered_map>

#include "base/mailbox.h"
#include "base/owner_thread.h"
#include "base/reactor.h"
#include "base/timer_queue.h"
#include "base/unique_fd.h"

namespace sg {

// A Reactor on epoll, for one thread: the one that runs it.
class EventLoop final : public Reactor {
 public:
  EventLoop();
  ~EventLoop() override;

  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  Result<> watch(int fd, uint32_t events, FdHandler handler) override;
  void unwatch(int fd) override;
  TimerId call_at(TimePoint when, Task task) override;
  void cancel(TimerId timer) override;
  void post(Task task) override { posted_.send(std::move(task)); }

  // Runs until stop(), which any thread may call.
  void run();
  void stop();
  // Waits for at most `limit` and handles what is ready.
  void step(Duration limit);

 private:
  OwnerThread owner_;
  UniqueFd epoll_;
  // A handler may unwatch itself or others, or watch a new file of the same number: handlers are shared so that the
  // one running stays alive.
  std::unordered_map<int, std::shared_ptr<FdHandler>> handlers_;
  TimerQueue timers_;
  Mailbox<Task> posted_;
  bool stopping_ = false;
};

}  // namespace sg
