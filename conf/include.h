#pragma once

#include <toml++/toml.h>

#include <string_view>

#include "base/result.h"
#include "conf/faults.h"
#include "conf/sources.h"

// `include = ["sites", "lists.toml"]`: a configuration in several files. For conf only.
namespace sg::conf {

// Parses the text, and the files and directories that it includes (beside `filename`; of a directory every *.toml, by
// name). Their sections stand as if they were written below its own; what stands in two files is a fault.
// Error: a file that is no TOML, in words.
Result<toml::table> parse_with_includes(std::string_view text, std::string_view filename, Sources& sources,
                                        Faults& faults);

}  // namespace sg::conf
