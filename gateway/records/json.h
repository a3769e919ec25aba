#pragma once

#include <string>
#include <string_view>

#include "gateway/call/record.h"
#include "gateway/fax/fax_verdict.h"

namespace sg::records {

// The record as one line of JSON, without its newline.
std::string to_json(const call::Record& record);
// The same with another verdict on its fax than what was seen gives.
std::string to_json(const call::Record& record, const fax::FaxDiagnosis& fax);

// The record of a call that was up when the gateway was killed, from a line of its journal. `last_alive`: as far as is
// known. A line that is no record stays as it is.
std::string ended_with_gateway(const std::string& line, call::WallTime last_alive);

}  // namespace sg::records
