#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace sg {

using TimerId = Id<struct TimerTag>;

// One thread's loop: file descriptors, timers and posted tasks, all called back on that thread. Implemented by
// EventLoop (epoll), by the signalling thread's Sofia root, and by ManualReactor (virtual time, for tests).
// post() may be called from any thread; everything else from the loop's own.
class Reactor {
 public:
  using Task = std::function<void()>;
  using FdHandler = std::function<void(uint32_t events)>;  // EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLERR, EPOLLHUP

  virtual ~Reactor() = default;

  virtual TimePoint now() const = 0;
  virtual Result<> watch(int fd, uint32_t events, FdHandler handler) = 0;
  virtual void unwatch(int fd) = 0;
  virtual TimerId call_at(TimePoint when, Task task) = 0;
  virtual void cancel(TimerId timer) = 0;
  virtual void post(Task task) = 0;
};

// One timer that dies with its owner. Arming it again replaces what was armed.
class Timer {
 public:
  explicit Timer(Reactor& reactor) : reactor_(reactor) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void arm(Duration delay, Reactor::Task task) { arm_at(reactor_.now() + delay, std::move(task)); }
  void arm_at(TimePoint when, Reactor::Task task);
  void cancel();
  bool is_armed() const { return static_cast<bool>(id_); }

 private:
  Reactor& reactor_;
  TimerId id_;
};

}  // namespace sg
