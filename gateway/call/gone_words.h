#pragma once

#include "gateway/call/call_counters.h"
#include "gateway/call/leg.h"

namespace sg::call {

// How it is told, and counted, that a far end is gone.
struct GoneWords {
  const char* says;
  Counter& counter;
};
GoneWords gone_words(PeerGone how, const CallCounters& counted);

}  // namespace sg::call
