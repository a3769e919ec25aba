#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>

// What is wrong with a file that is no TOML, in words for those who never heard of TOML. For conf only.
namespace sg::conf {

// "FILE:LINE: kind: a text needs quotes: \"sip\"". `text`: the whole file.
std::string explain(const toml::parse_error& error, std::string_view text, std::string_view filename);

}  // namespace sg::conf
