#pragma once

#include <sys/eventfd.h>

#include "base/unique_fd.h"

namespace sg::tdm::dahdi {

// Rung by whatever channel hears of an alarm first, on any thread, without lock or allocation; the backend's reactor
// wakes and asks the driver for the whole truth. Shared, since channels may outlive the backend.
class AlarmBell {
 public:
  AlarmBell() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  int fd() const { return fd_.get(); }
  void ring() { ::eventfd_write(fd_.get(), 1); }
  void silence() {
    eventfd_t count;
    ::eventfd_read(fd_.get(), &count);
  }

 private:
  UniqueFd fd_;
};

}  // namespace sg::tdm::dahdi
