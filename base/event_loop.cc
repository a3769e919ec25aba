#include "base/event_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace sg {

EventLoop::EventLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  [[maybe_unused]] auto watched =
      watch(posted_.fd(), EPOLLIN, [this](uint32_t) { posted_.drain([](const Task& task) { task(); }); });
  assert(watched);
}

EventLoop::~EventLoop() = default;

Result<> EventLoop::watch(int fd, uint32_t events, FdHandler handler) {
  owner_.check();
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  int operation = handlers_.contains(fd) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(epoll_.get(), operation, fd, &event) < 0) return fail("epoll_ctl: {}", std::strerror(errno));
  handlers_[fd] = std::make_shared<FdHandler>(std::move(handler));
  return {};
}

void EventLoop::unwatch(int fd) {
  owner_.check();
  if (handlers_.erase(fd)) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

TimerId EventLoop::call_at(TimePoint when, Task task) {
  owner_.check();
  return timers_.add(when, std::move(task));
}

void EventLoop::cancel(TimerId timer) {
  owner_.check();
  timers_.cancel(timer);
}

void EventLoop::run() {
  owner_.take();
  while (!stopping_) step(1h);
  stopping_ = false;
  owner_.leave();
}

void EventLoop::stop() {
  post([this] { stopping_ = true; });
}

void EventLoop::step(Duration limit) {
  owner_.check();
  auto wait = limit;
  if (auto next = timers_.next()) wait = std::clamp(*next - now(), Duration::zero(), limit);
  timespec timeout{.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(wait).count(),
                   .tv_nsec = (wait % 1s).count()};
  std::array<epoll_event, 64> ready;
  int count = ::epoll_pwait2(epoll_.get(), ready.data(), ready.size(), &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    auto found = handlers_.find(ready[static_cast<size_t>(i)].data.fd);
    if (found == handlers_.end()) continue;
    auto handler = found->second;
    (*handler)(ready[static_cast<size_t>(i)].events);
  }
  auto due = now();
  while (timers_.run_one(due)) {
  }
}

}  // namespace sg
