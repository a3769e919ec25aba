#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"

namespace sg::spangatectl {

using Json = nlohmann::ordered_json;

// Sends one request to the gateway's control socket and waits for the reply; gives its "result".
// Error: no gateway answers there, it took longer than `patience`, or it refused: in its words.
Result<Json> ask(const std::string& socket, const Json& request,
                 std::chrono::seconds patience = std::chrono::seconds(10));

}  // namespace sg::spangatectl
