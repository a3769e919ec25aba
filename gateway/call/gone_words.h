#pragma once

#include "base/counters.h"
#include "gateway/call/leg.h"

namespace sg::call {

// How it is told, and counted, that a far end is gone.
struct GoneWords {
  const char* says;
  Counter& counter;
};
GoneWords gone_words(PeerGone how, Counters& counters);

}  // namespace sg::call
