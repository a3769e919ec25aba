#pragma once

#include <string>

#include "gateway/call/record.h"

namespace sg::records {

// "2026-03-01T09:05:00.250Z"
std::string iso8601(call::WallTime time);

// The record as one line of JSON, without its newline.
std::string to_json(const call::Record& record);

}  // namespace sg::records
