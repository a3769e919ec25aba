#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/route/plan.h"

// Calls that a [[line]] sends on to another number. Pure functions of the plan's answers.
namespace sg::route {

enum class ForwardOn : uint8_t { Always, Busy, NoAnswer };

// "always", "busy", "no answer"
std::string_view name_of(ForwardOn on);
// Where the line's calls go then; empty: nowhere.
const std::string& forward_of(const conf::Line& line, ForwardOn on);

// The call that goes on when `query` was decided so and the called line forwards. Not set: it does not.
std::optional<Query> forwarded(const Query& query, const Decision& decision, ForwardOn on);

}  // namespace sg::route
