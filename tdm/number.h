#pragma once

#include <algorithm>
#include <string_view>

namespace sg::tdm {

// Q.931 4.5.10: the digits of a number on a line. Letters and signs are of no telephone's keypad.
constexpr bool is_digit(char c) {
  return (c >= '0' && c <= '9') || c == '*' || c == '#';
}
// Whether there are any, and nothing else.
constexpr bool is_number(std::string_view digits) {
  return !digits.empty() && std::ranges::all_of(digits, is_digit);
}

}  // namespace sg::tdm
