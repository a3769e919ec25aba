#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"

// Who may take lines by the dial plan, and how many: where several trunks reach the same ones, none may have them all.
namespace sg::route {

// The trunks whose calls some route leads to `line`.
std::set<std::string> sources_of(const conf::Settings& settings, std::string_view line);

// The most of `lines` that one of several trunks holds: so many percent, and two at least are left. Of three or fewer
// it may have all, or nothing would be left to share; 0 percent is not asked for.
size_t share_of(size_t lines, int percent);

// What is good for nothing but an attacker in settings that are good: a line each, "[trunk.pbx] max_cps: …".
std::vector<std::string> cautions(const conf::Settings& settings);

}  // namespace sg::route
