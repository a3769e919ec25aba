#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"

namespace sg::conf {

// "2026-12-25".
Result<std::chrono::year_month_day> parse_date(std::string_view text);

}  // namespace sg::conf
