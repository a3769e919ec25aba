#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/kinds/isdn.h"

namespace sg::party {

// Q.931 4.5.10: the digits of a number on a line. Letters and signs are of no telephone's keypad.
constexpr bool is_digit(char c) {
  return (c >= '0' && c <= '9') || c == '*' || c == '#';
}
// Whether there are any, and nothing else.
constexpr bool is_number(std::string_view digits) {
  return !digits.empty() && std::ranges::all_of(digits, is_digit);
}

struct Number {
  std::string digits;
  TypeOfNumber type = TypeOfNumber::Unknown;
  NumberingPlan plan = NumberingPlan::Isdn;

  bool operator==(const Number&) const = default;
};

}  // namespace sg::party
