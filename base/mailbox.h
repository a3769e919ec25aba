#pragma once

#include <sys/eventfd.h>

#include <mutex>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace sg {

// Values from any thread to one owner, in order. fd() is readable while something waits. Never blocks a sender for
// longer than it takes to move a value; the owner drains all that waits in one go.
template <class T>
class Mailbox {
 public:
  Mailbox() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  int fd() const { return wake_.get(); }

  void send(T value) {
    bool was_empty;
    {
      std::lock_guard lock(mutex_);
      was_empty = waiting_.empty();
      waiting_.push_back(std::move(value));
    }
    if (was_empty) ::eventfd_write(wake_.get(), 1);
  }

  // Calls `handle(T)` for each waiting value. The owner only.
  template <class Handler>
  void drain(Handler&& handle) {
    eventfd_t count;
    ::eventfd_read(wake_.get(), &count);
    {
      std::lock_guard lock(mutex_);
      draining_.swap(waiting_);
    }
    for (T& value : draining_) handle(std::move(value));
    draining_.clear();
  }

 private:
  UniqueFd wake_;
  std::mutex mutex_;
  std::vector<T> waiting_;
  std::vector<T> draining_;
};

}  // namespace sg
