#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "conf/settings.h"

namespace sg::conf {

// A carrier's rate sheet: a CSV file whose heading names the columns prefix (or code), price (or rate) and, where it
// has that, from (or effective). Other columns are passed over. Prefixes have the country code, with or without +.
// Error: what is wrong with it, with file and line.
Result<std::vector<Price>> read_rates(const std::filesystem::path& path);

}  // namespace sg::conf
