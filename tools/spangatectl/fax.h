#pragma once

#include <cstdint>
#include <string>

#include "tools/spangatectl/client.h"

namespace sg::spangatectl {

// The record of a call out of a file of call records and those that log rotation made of it. Versions before this one
// numbered calls anew after each start: of several the latest fax, or the latest call where none was a fax.
// Error: there is no such call, and which files could not be read.
Result<Json> find_record(const std::string& file, uint64_t call);

// The latest faxes, the latest first: of what the gateway tells, {"faxes": [...], "most": 200, "in_file": "..."}, and,
// where it has seen fewer since its start than it keeps, of its file of call records.
Json with_recent(const Json& told);

// A fax's record as a ladder: who said what, when, through the gateway in the middle.
std::string fax_text(const Json& record);

}  // namespace sg::spangatectl
