#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sg::route {

// The signs that numbers are made of, as bits of a set.
using SignSet = uint32_t;
// 0: no sign that patterns know, such as a letter in a SIP user.
SignSet sign(char c);

// A pattern of the plan, read: "+4420X[2-5](Z*)".
struct Pattern {
  std::vector<SignSet> places;  // one for each character of the number
  bool is_open = false;         // a last *: anything may follow
  // What the parentheses hold: first place, and the place after the last (npos: to the number's end).
  std::vector<std::pair<size_t, size_t>> groups;

  // Error: what is wrong with it.
  static Result<Pattern> parse(std::string_view text);
  bool matches(std::string_view number) const;
  // What the parentheses match in a number that matches.
  std::vector<std::string> captures(std::string_view number) const;
  // Whether there is a number that both match.
  bool overlaps(const Pattern& other) const;
  // Whether every number that the other matches is matched by this one.
  bool covers(const Pattern& other) const;

  // How much it says: places with one sign, and places at all.
  size_t literals() const;
};

bool is_literal(SignSet places);

// `text` with $1, $2 … replaced. Error: there are not as many.
Result<std::string> expand(std::string_view text, const std::vector<std::string>& captures);

}  // namespace sg::route
