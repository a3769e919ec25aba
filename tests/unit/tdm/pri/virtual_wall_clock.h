#pragma once

#include "base/manual_reactor.h"

// libpri's timers follow gettimeofday(). In this test program that call is answered from here: while a
// VirtualWallClock lives, the wall clock is its ManualReactor's.
class VirtualWallClock {
 public:
  explicit VirtualWallClock(const sg::ManualReactor& reactor);
  ~VirtualWallClock();
};
