#pragma once

#include <sys/eventfd.h>

#include "base/unique_fd.h"

namespace sg {

// A file descriptor that is readable from signal() to clear(). Any thread.
class EventSignal {
 public:
  int fd() const { return fd_.get(); }
  void signal() { ::eventfd_write(fd_.get(), 1); }
  void clear() {
    eventfd_t count;
    ::eventfd_read(fd_.get(), &count);
  }

 private:
  UniqueFd fd_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
};

}  // namespace sg
