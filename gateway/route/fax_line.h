#pragma once

#include <string>

#include "conf/settings.h"

namespace sg::route {

// Whether what calls from this number, or is called by it, on this analog trunk is a fax machine by configuration.
// Trunks of other kinds have none.
bool is_fax_line(const conf::Settings& settings, const std::string& trunk, const std::string& number);

}  // namespace sg::route
