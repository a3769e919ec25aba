#include "gateway/sip/su_root.h"

#include <sofia-sip/su.h>
#include <sofia-sip/su_wait.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "gateway/sip/sofia_time.h"

namespace sg::sip {

struct SuRoot::Watched {
  FdHandler handler;
  int index = -1;  // of the registration with Sofia
};

namespace {

// Sofia's trampoline. The kernel's poll and epoll bits are the same for all that we watch.
static_assert(EPOLLIN == SU_WAIT_IN && EPOLLOUT == SU_WAIT_OUT && EPOLLERR == SU_WAIT_ERR && EPOLLHUP == SU_WAIT_HUP);

int on_ready(su_root_magic_t*, su_wait_t* wait, su_wakeup_arg_t* handler) noexcept {
  // The handler may unwatch itself, and with that destroy what we were given: run a copy.
  auto run = *reinterpret_cast<Reactor::FdHandler*>(handler);
  run(static_cast<uint32_t>(wait->revents));
  return 0;
}

}  // namespace

SuRoot::SuRoot() {
  use_steady_time();
  ::su_init();
  root_ = ::su_root_create(nullptr);
  assert(root_);
  ::su_root_threading(root_, 0);
  alarm_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  [[maybe_unused]] auto posted =
      watch(posted_.fd(), EPOLLIN, [this](uint32_t) { posted_.drain([](const Task& task) { task(); }); });
  [[maybe_unused]] auto alarm = watch(alarm_.get(), EPOLLIN, [this](uint32_t) { run_due_timers(); });
  assert(posted && alarm);
}

SuRoot::~SuRoot() {
  while (!watched_.empty()) unwatch(watched_.begin()->first);
  ::su_root_destroy(root_);
  ::su_deinit();
}

Result<> SuRoot::watch(int fd, uint32_t events, FdHandler handler) {
  owner_.check();
  unwatch(fd);
  auto watched = std::make_shared<Watched>(Watched{.handler = std::move(handler)});
  su_wait_t wait[1];
  if (::su_wait_create(wait, fd, static_cast<int>(events)) < 0) return fail("su_wait_create: {}", std::strerror(errno));
  watched->index =
      ::su_root_register(root_, wait, on_ready, reinterpret_cast<su_wakeup_arg_t*>(&watched->handler), su_pri_normal);
  if (watched->index < 0) return fail("su_root_register: {}", std::strerror(errno));
  watched_[fd] = std::move(watched);
  return {};
}

void SuRoot::unwatch(int fd) {
  owner_.check();
  auto found = watched_.find(fd);
  if (found == watched_.end()) return;
  ::su_root_deregister(root_, found->second->index);
  watched_.erase(found);
}

TimerId SuRoot::call_at(TimePoint when, Task task) {
  owner_.check();
  auto id = timers_.add(when, std::move(task));
  arm_alarm();
  return id;
}

void SuRoot::cancel(TimerId timer) {
  owner_.check();
  timers_.cancel(timer);
}

// A cancelled timer leaves its alarm armed: one wake-up for nothing is cheaper than a system call for each.
void SuRoot::arm_alarm() {
  auto next = timers_.next();
  if (!next || *next >= alarm_at_) return;
  alarm_at_ = *next;
  auto since = std::max(alarm_at_.time_since_epoch(), Duration{1});
  itimerspec at{};
  at.it_value.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  at.it_value.tv_nsec = (since % 1s).count();
  ::timerfd_settime(alarm_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
}

void SuRoot::run_due_timers() {
  uint64_t expirations;
  if (::read(alarm_.get(), &expirations, sizeof(expirations)) < 0 && errno != EAGAIN) return;
  alarm_at_ = TimePoint::max();
  auto due = now();
  while (timers_.run_one(due)) {
  }
  arm_alarm();
}

void SuRoot::run() {
  while (!stopping_) step(1h);
  stopping_ = false;
}

void SuRoot::stop() {
  post([this] { stopping_ = true; });
}

void SuRoot::step(Duration limit) {
  owner_.check();
  ::su_root_step(root_, std::chrono::duration_cast<std::chrono::milliseconds>(limit).count());
}

}  // namespace sg::sip
