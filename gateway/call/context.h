#pragma once

#include <cstdint>

#include "base/counters.h"
#include "base/reactor.h"
#include "gateway/call/call_counters.h"
#include "media/service.h"

namespace sg::call {

// What every part of call control works with. References outlive all calls.
struct Context {
  media::Service& media;
  Reactor& reactor;
  Counters& counters;
  // After the machines' goodbye (DCN) a call that nobody hangs up is cleared. Zero: never.
  Duration clear_after_dcn = 6s;
  // 302s that one call follows: two peers may send it back and forth for ever.
  uint8_t most_redirections = 5;
  CallCounters counted{counters};
};

}  // namespace sg::call
