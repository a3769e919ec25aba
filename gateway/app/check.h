#pragma once

#include <iosfwd>
#include <string>

namespace sg::app {

// spangated --check: tells what is wrong with a configuration on this machine, as a start would find it, what is odd,
// and what there is in it. `file_only`: it may be for another machine. Returns the exit code.
int check(const std::string& file, bool file_only, std::ostream& out, std::ostream& err);

}  // namespace sg::app
