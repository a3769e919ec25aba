#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"
#include "gateway/route/pattern_tree.h"

namespace re2 {
class RE2;
}

namespace sg::route {

// One entry of a list of numbers, read: a pattern, or the expression in "/…/".
struct NumberItem {
  const std::string* text = nullptr;  // in the settings
  Pattern pattern;
  std::shared_ptr<const re2::RE2> expression;  // null: it is a pattern
};

bool matches(const re2::RE2& expression, std::string_view number);
std::vector<std::string> captures(const re2::RE2& expression, std::string_view number);
// How many signs a number must begin with to match: the part of the expression that is literal.
size_t literals(const re2::RE2& expression);

// Reads what `texts` name, lists ("@dear", "@emergency", "@dids") included. `visit(NumberItem)`. The texts and the
// settings outlive the items. Error: what is wrong with one.
Result<> read_numbers(const conf::Settings& settings, std::span<const std::string> texts,
                      const std::function<void(NumberItem)>& visit);
Result<NumberItem> read_number(const std::string& text);

// A set of numbers that a condition names.
class NumberSet {
 public:
  static Result<NumberSet> make(const conf::Settings& settings, std::span<const std::string> texts);
  bool contains(std::string_view number) const;
  bool is_empty() const { return items_.empty(); }
  // False only where it is sure that no number is in both.
  bool may_overlap(const NumberSet& other) const;
  // It has the pattern "*".
  bool is_everything() const;
  // True only where it is sure that every number of the other is in this one.
  bool covers(const NumberSet& other) const;

 private:
  std::vector<NumberItem> items_;
  std::vector<size_t> expressions_;  // those of the items
  PatternTree tree_;
};

}  // namespace sg::route
