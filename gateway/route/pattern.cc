#include "gateway/route/pattern.h"

#include <algorithm>
#include <bit>

namespace sg::route {
namespace {

constexpr std::string_view kSigns = "0123456789+*#ABCD";
constexpr SignSet kAnyDigit = 0x3FF;
constexpr size_t kLongest = 64;

// The inside of "[2-57]".
Result<SignSet> parse_set(std::string_view text) {
  SignSet set = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    SignSet first = sign(text[i]);
    if (!first) return fail("'{}' is no sign of a number", text[i]);
    set |= first;
    if (i + 2 < text.size() && text[i + 1] == '-') {
      SignSet last = sign(text[i + 2]);
      if (!(first & kAnyDigit) || !(last & kAnyDigit) || last < first)
        return fail("\"{}\" is no range", text.substr(i, 3));
      set |= (last - 1 + last) & ~(first - 1);
      i += 2;
    }
  }
  if (!set) return fail("[] matches nothing");
  return set;
}

}  // namespace

SignSet sign(char c) {
  auto at = kSigns.find(c);
  return at == std::string_view::npos ? 0 : SignSet{1} << at;
}

bool is_literal(SignSet places) {
  return std::has_single_bit(places);
}

Result<Pattern> Pattern::parse(std::string_view text) {
  Pattern pattern;
  std::vector<size_t> opened;
  if (text.empty()) return fail("an empty pattern matches nothing");
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '(') {
      opened.push_back(pattern.groups.size());
      pattern.groups.emplace_back(pattern.places.size(), 0);
    } else if (c == ')') {
      if (opened.empty()) return fail("\"{}\" has a ) too many", text);
      pattern.groups[opened.back()].second = pattern.is_open ? std::string::npos : pattern.places.size();
      opened.pop_back();
    } else if (pattern.is_open) {
      return fail("\"{}\": nothing may follow the *; a * that is dialled is written [*]", text);
    } else if (c == '*') {
      pattern.is_open = true;
    } else if (c == '[') {
      auto end = text.find(']', i);
      if (end == std::string_view::npos) return fail("\"{}\" lacks a ]", text);
      auto set = parse_set(text.substr(i + 1, end - i - 1));
      if (!set) return fail_with(set.error(), "\"{}\"", text);
      pattern.places.push_back(*set);
      i = end;
    } else if (c == 'X') {
      pattern.places.push_back(kAnyDigit);
    } else if (c == 'Z') {
      pattern.places.push_back(kAnyDigit & ~1u);
    } else if (c == 'N') {
      pattern.places.push_back(kAnyDigit & ~3u);
    } else if (SignSet one = sign(c)) {
      if (c == '+' && !pattern.places.empty()) return fail("\"{}\" can never match: a + is the first sign", text);
      pattern.places.push_back(one);
    } else {
      return fail("\"{}\": '{}' is no sign of a pattern", text, c);
    }
  }
  if (!opened.empty()) return fail("\"{}\" lacks a )", text);
  if (pattern.places.size() > kLongest) return fail("\"{}\" is longer than any number", text);
  return pattern;
}

bool Pattern::matches(std::string_view number) const {
  if (number.size() < places.size() || (!is_open && number.size() > places.size())) return false;
  for (size_t i = 0; i < places.size(); ++i) {
    if (!(places[i] & sign(number[i]))) return false;
  }
  return true;
}

std::vector<std::string> Pattern::captures(std::string_view number) const {
  std::vector<std::string> texts;
  for (auto [first, last] : groups) texts.emplace_back(number.substr(first, last == number.npos ? last : last - first));
  return texts;
}

bool Pattern::overlaps(const Pattern& other) const {
  size_t both = std::min(places.size(), other.places.size());
  for (size_t i = 0; i < both; ++i) {
    if (!(places[i] & other.places[i])) return false;
  }
  // The longer one's rest must be anything to the shorter one.
  if (places.size() < other.places.size()) return is_open;
  return places.size() == other.places.size() || other.is_open;
}

bool Pattern::covers(const Pattern& other) const {
  if (is_open ? other.places.size() < places.size() : other.is_open || other.places.size() != places.size())
    return false;
  for (size_t i = 0; i < places.size(); ++i) {
    if (other.places[i] & ~places[i]) return false;
  }
  return true;
}

size_t Pattern::literals() const {
  return static_cast<size_t>(std::count_if(places.begin(), places.end(), is_literal));
}

Result<std::string> expand(std::string_view text, const std::vector<std::string>& captures) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      out += text[i];
      continue;
    }
    size_t number = i + 1 < text.size() && text[i + 1] >= '1' && text[i + 1] <= '9' ? size_t(text[i + 1] - '0') : 0;
    if (number == 0) return fail("\"{}\": a number from 1 to 9 follows $", text);
    if (number > captures.size()) return fail("\"{}\": there are no {} parentheses", text, number);
    out += captures[number - 1];
    ++i;
  }
  return out;
}

}  // namespace sg::route
