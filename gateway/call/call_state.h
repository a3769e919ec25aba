#pragma once

#include <cstdint>
#include <string_view>

#include "base/fsm.h"

namespace sg::call {

// How far a call has come, and what brings it further.
enum class CallState : uint8_t { Collecting, Trying, Alerting, Answered, Announcing, Releasing, Closed };
enum class CallEvent : uint8_t { Dialled, Alerted, Answered, Disconnected, Released };

std::string_view name_of(CallState state);
std::string_view name_of(CallEvent event);

const FsmTable<CallState, CallEvent>& call_table();

}  // namespace sg::call
