#pragma once

#include <cstdint>
#include <string>

#include "tools/spangatectl/client.h"

namespace sg::spangatectl {

// The record of a call out of a file of call records; the latest, where several have its number, as after a restart.
// Error: the file cannot be read, or has no such call.
Result<Json> find_record(const std::string& file, uint64_t call);

// A fax's record as a ladder: who said what, when, through the gateway in the middle.
std::string fax_text(const Json& record);

}  // namespace sg::spangatectl
