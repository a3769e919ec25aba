#include "base/manual_reactor.h"

#include <poll.h>

#include <algorithm>
#include <vector>

namespace sg {

Result<> ManualReactor::watch(int fd, uint32_t events, FdHandler handler) {
  watched_[fd] = {events, std::move(handler)};
  return {};
}

bool ManualReactor::poll_once() {
  std::vector<pollfd> files;
  // EPOLLIN, EPOLLPRI, EPOLLOUT, EPOLLERR and EPOLLHUP have poll's values.
  for (const auto& [fd, watched] : watched_) files.push_back({fd, static_cast<short>(watched.events), 0});
  if (::poll(files.data(), files.size(), 0) <= 0) return false;
  for (const pollfd& file : files) {
    if (!file.revents) continue;
    auto found = watched_.find(file.fd);
    if (found == watched_.end()) continue;
    auto handler = found->second.handler;
    handler(static_cast<uint32_t>(file.revents));
  }
  return true;
}

void ManualReactor::settle() {
  bool busy = true;
  while (busy) {
    busy = false;
    while (!posted_.empty()) {
      Task task = std::move(posted_.front());
      posted_.pop_front();
      task();
      busy = true;
    }
    while (timers_.run_one(now_)) busy = true;
    if (poll_once()) busy = true;
  }
}

void ManualReactor::advance(Duration by) {
  auto end = now_ + by;
  settle();
  while (timers_.next() && *timers_.next() <= end) {
    now_ = std::max(now_, *timers_.next());
    settle();
  }
  now_ = end;
  settle();
}

}  // namespace sg
