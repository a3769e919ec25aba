#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "conf/settings.h"

// What settings that are good by themselves want of this machine: directories, files, addresses, ports.
namespace sg::app {

// Everything that a start would not find, a line each: "FILE:LINE: [sip] listen: …". Nothing is changed. A gateway that
// runs by these settings, as its control socket tells, may have what it uses. Empty: all is there.
std::vector<std::string> missing(const conf::Settings& settings);
// The same for a start, which no other gateway may be in the way of; and what may be made, directories, is made.
Result<> prepare(const conf::Settings& settings);

// Of settings: where the control socket is made; empty: nowhere.
std::string control_socket(const conf::Settings& settings);
// Lets [control] group use the file, or enter the directory.
Result<> give_to_group(const conf::Settings& settings, const std::string& path);

}  // namespace sg::app
