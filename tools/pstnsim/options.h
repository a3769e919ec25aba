#pragma once

#include <string>
#include <vector>

#include "conf/option.h"
#include "tools/pstnsim/config.h"

// What a span and a subscriber may be told: rows from which values are read and the help is made. Values are texts, on
// the command line and in the file.
namespace sg::pstnsim {

const std::vector<conf::Option<Span>>& span_options();
const std::vector<conf::Option<Span>>& analog_options();  // of a span of type analog too
const std::vector<conf::Option<Subscriber>>& subscriber_options();

// All of them, for the help.
std::string options_help();

}  // namespace sg::pstnsim
