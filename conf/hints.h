#pragma once

#include <string>
#include <string_view>
#include <vector>

// What somebody may have meant who wrote a word that is not known. For conf only.
namespace sg::conf {

// The known word that is a slip of the pen away; empty: none is.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

// "; did you mean \"carrier\"?", or nothing.
std::string meant(std::string_view word, const std::vector<std::string_view>& known);

// Why `key` is none of the keys of a section, which are `known`: a slip of the pen, another section's, or a word of
// other products, for which there is another way here or none yet.
std::string unknown_key(std::string_view key, const std::vector<std::string_view>& known);

}  // namespace sg::conf
