#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tools/spangatectl/client.h"

namespace sg::spangatectl {

// What the gateway at `socket` remembers of fax numbers: all that it gives page by page.
Result<Json> ask_memory(const std::string& socket);

// What is remembered of fax numbers, as a file: an object of JSON a line.
std::string export_text(const Json& numbers);

// The numbers of such a file. Error: the file cannot be read, or which of its lines is wrong and why.
Result<std::vector<Json>> read_export(const std::string& file, std::chrono::system_clock::time_point now);

// Has the gateway at `socket` take over such a file; {"file", "taken", "older"}. Nothing is sent unless every line is
// right. Error: as above, or the gateway refuses.
Result<Json> import_memory(const std::string& socket, const std::string& file);

}  // namespace sg::spangatectl
