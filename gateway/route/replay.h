#pragma once

#include <optional>
#include <string>

#include "gateway/route/plan.h"

namespace sg::route {

// A call that was routed once, as its record tells it.
struct RoutedCall {
  Query query;                  // as received, and when
  std::string route, outcome;   // what the plan of that day made of it: Decision::outcome()
  std::string called, calling;  // sent to the first trunk, as text_of() writes them
};

// How the call would go by this plan, in the words of [test] cases, where that is elsewhere: other trunks, another
// order (unless the route shares or rotates), other numbers, or a refusal. Not set: as it went.
std::optional<std::string> goes_elsewhere(const RoutedCall& call, const Plan& plan);

}  // namespace sg::route
