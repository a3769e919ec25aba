#include "tests/unit/tdm/pri/virtual_wall_clock.h"

#include <sys/time.h>
#include <time.h>

namespace {
const sg::ManualReactor* virtual_time = nullptr;
}

VirtualWallClock::VirtualWallClock(const sg::ManualReactor& reactor) {
  virtual_time = &reactor;
}
VirtualWallClock::~VirtualWallClock() {
  virtual_time = nullptr;
}

extern "C" int gettimeofday(timeval* time, void*) noexcept {
  if (!virtual_time) {
    timespec now;
    ::clock_gettime(CLOCK_REALTIME, &now);
    *time = {now.tv_sec, now.tv_nsec / 1000};
    return 0;
  }
  auto since = std::chrono::duration_cast<std::chrono::microseconds>(virtual_time->now().time_since_epoch());
  *time = {1'700'000'000 + since.count() / 1'000'000, since.count() % 1'000'000};
  return 0;
}
