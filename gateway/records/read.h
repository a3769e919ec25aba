#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/call/record.h"

namespace sg::records {

// Of a line that to_json() wrote: call, started, setup, plan and caller.trunk; what else it tells stays there.
// Error: it is no record, or one of a version that did not say how the call was received.
Result<call::Record> from_json(std::string_view line);

}  // namespace sg::records
