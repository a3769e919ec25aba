#pragma once

#include <chrono>

#include "base/clock.h"

namespace sg::call {

using WallTime = std::chrono::system_clock::time_point;

// The wall time of one call: taken once, when it began, and told by the steady clock from there on. So the times of a
// record are in order, and what lies between two of them is what really passed, whoever sets the clock meanwhile.
struct CallTime {
  WallTime started;
  TimePoint began;

  WallTime at(TimePoint now) const { return started + std::chrono::duration_cast<WallTime::duration>(now - began); }
};

}  // namespace sg::call
