#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace sg::pstnsim {

using Json = nlohmann::ordered_json;
using Answer = std::function<void(const Json&)>;

// The answer to a request that nothing came of.
inline Json refusal(const std::string& why) {
  return {{"ok", false}, {"error", why}};
}

}  // namespace sg::pstnsim
