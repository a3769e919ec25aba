#pragma once

#include <string>
#include <string_view>

// Text that peers wrote. What must not go on with it, to lines of a log, to terminals and to other peers, is here
// called a control: the control characters (C0, DEL, C1), Unicode's ends of lines and its changes of direction, and
// octets that are no UTF-8. Pure functions.
namespace sg {

bool has_controls(std::string_view text);
// For people: each octet of a control as "\x0A".
std::string escaped(std::string_view text);
// The same for whole JSON: controls that JSON allows in its strings as "\u009B".
std::string escaped_json(std::string_view json);
// For other peers: a space for each control.
std::string without_controls(std::string_view text);

// Without the spaces, tabs and ends of lines at its beginning and end; a part of `text`.
std::string_view trimmed(std::string_view text);

}  // namespace sg
