#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

// Times of the wall clock as files tell them, in UTC (ISO 8601): "2026-03-01T09:05:00.250Z".
namespace sg {

std::string iso8601(std::chrono::system_clock::time_point time);
// Error: it is no such time.
Result<std::chrono::system_clock::time_point> time_of(const std::string& text);

}  // namespace sg
