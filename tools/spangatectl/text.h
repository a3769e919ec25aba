#pragma once

#include <string>
#include <string_view>

#include "tools/spangatectl/client.h"

namespace sg::spangatectl {

// What a command's result looks like on a terminal. Ends with a newline unless it is empty.
std::string text_of(std::string_view command, const Json& result);

}  // namespace sg::spangatectl
