#pragma once

#include <string>
#include <vector>

#include "conf/settings.h"
#include "gateway/route/plan.h"

namespace sg::route {

// What nothing uses, and what stands twice, in settings that are good: more likely forgotten than meant. A line each,
// "FILE:LINE: [lists] dear: no route and no line uses it". `plan` is that of the settings.
std::vector<std::string> loose_ends(const conf::Settings& settings, const Plan& plan);

}  // namespace sg::route
