#include "conf/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/text.h"

namespace sg::conf {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (;;) {
    auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

// The key of a line "key = value"; empty: it is none.
std::string_view key_of(std::string_view line) {
  auto equals = line.find('=');
  if (equals == std::string_view::npos) return {};
  auto key = trimmed(line.substr(0, equals));
  return key.find_first_of("[{\"' ") == std::string_view::npos ? key : std::string_view();
}

// Columns count signs, not octets.
size_t offset_of(std::string_view line, size_t column) {
  size_t at = 0;
  for (size_t sign = 1; at < line.size() && sign < column; ++sign) {
    for (++at; at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0) == 0x80;) ++at;
  }
  return at;
}

// The bare word that the place is in, or right behind.
std::string_view word_at(std::string_view line, size_t at) {
  constexpr std::string_view kEnds = " \t=,[]{}#\"'";
  auto is_end = [&](size_t i) { return i >= line.size() || kEnds.find(line[i]) != std::string_view::npos; };
  if (is_end(at) && at > 0) --at;
  size_t begin = at, end = at;
  while (begin > 0 && !is_end(begin - 1)) --begin;
  while (!is_end(end)) ++end;
  return is_end(at) ? std::string_view() : line.substr(begin, end - begin);
}

// “ ” „ ‘ ’ ‚ « », as word processors put them.
constexpr std::array<std::string_view, 8> kCurly = {"\u201C", "\u201D", "\u201E", "\u2018",
                                                    "\u2019", "\u201A", "\u00AB", "\u00BB"};

std::optional<std::string> without_curly(std::string_view word) {
  std::string plain(word);
  bool is_curly = false;
  for (std::string_view quote : kCurly) {
    for (size_t at; (at = plain.find(quote)) != std::string::npos; is_curly = true) plain.erase(at, quote.size());
  }
  return is_curly ? std::optional(plain) : std::nullopt;
}

// Where what stands twice stood first: a section, or a key of the section around `line`. 0: not found.
size_t first_of(const std::vector<std::string_view>& lines, size_t line, std::string_view name) {
  auto is_header = [](std::string_view text) { return trimmed(text).starts_with('['); };
  auto header_name = [](std::string_view text) {
    text = trimmed(text.substr(0, text.find(']')));
    while (text.starts_with('[')) text.remove_prefix(1);
    return trimmed(text);
  };
  if (is_header(lines[line - 1])) {
    for (size_t i = 0; i + 1 < line; ++i) {
      if (is_header(lines[i]) && header_name(lines[i]) == name) return i + 1;
    }
    return 0;
  }
  size_t found = 0;
  for (size_t i = line - 1; i-- > 0 && !is_header(lines[i]);) {
    if (key_of(lines[i]) == name) found = i + 1;
  }
  return found;
}

std::string quoted_in(std::string_view description) {
  auto open = description.find('\''), close = description.rfind('\'');
  if (open == std::string_view::npos || close <= open) return {};
  auto end = description.find('\'', open + 1);
  return std::string(description.substr(open + 1, end - open - 1));
}

std::string about_twice(const std::vector<std::string_view>& lines, size_t line, std::string_view description) {
  const std::string name = quoted_in(description);
  const size_t first = first_of(lines, line, name);
  const bool is_section = trimmed(lines[line - 1]).starts_with('[');
  if (is_section && description.ends_with("as table")) {
    return fmt::format("[{}] is written with two brackets, [[{}]]{}", name, name,
                       first ? fmt::format(", as at line {}", first) : "");
  }
  return fmt::format("{} stands twice{}", is_section ? "[" + name + "]" : name,
                     first ? fmt::format(": first at line {}", first) : "");
}

std::string about_word(std::string_view word) {
  for (std::string_view yes_or_no :
       {"yes", "no", "on", "off", "True", "False", "TRUE", "FALSE", "Yes", "No", "On", "Off"}) {
    if (word == yes_or_no) return fmt::format("{} is written true or false here", word);
  }
  return fmt::format("a text needs quotes: \"{}\"", word);
}

}  // namespace

std::string explain(const toml::parse_error& error, std::string_view text, std::string_view filename) {
  const auto lines = lines_of(text);
  const size_t line = std::clamp<size_t>(error.source().begin.line, 1, lines.size());
  const std::string_view here = lines[line - 1], description = error.description(), key = key_of(here);
  auto say = [&](std::string_view what) {
    return fmt::format("{}:{}: {}{}{}", filename, line, key, key.empty() ? "" : ": ", what);
  };
  if (description.find("cannot redefine existing") != std::string_view::npos) {
    return fmt::format("{}:{}: {}", filename, line, about_twice(lines, line, description));
  }
  const size_t at = offset_of(here, error.source().begin.column);
  const auto word = word_at(here, at);
  if (auto plain = without_curly(word.empty() ? here : word)) {
    return say(word.empty() ? "curly quotes do not count: \" is wanted"
                            : fmt::format("curly quotes do not count: \"{}\" is wanted", *plain));
  }
  if (description.find("expected value") != std::string_view::npos && word.empty()) return say("has no value");
  const bool is_value = std::ranges::any_of(
      std::array{"parsing value", "parsing boolean", "parsing time", "parsing date", "parsing decimal",
                 "parsing floating", "parsing hex", "parsing octal", "parsing binary"},
      [&](std::string_view kind) { return description.find(kind) != std::string_view::npos; });
  if (description.find("leading zeroes") != std::string_view::npos && !word.empty()) {
    return say(fmt::format("a number does not begin with 0, and a text needs quotes: \"{}\"", word));
  }
  if (is_value && !word.empty()) return say(about_word(word));
  if (description.find("escape sequence") != std::string_view::npos) {
    return say("a backslash in a text is written twice, or the text in single quotes: 'C:\\path'");
  }
  if (description.find("control characters") != std::string_view::npos && at >= here.size()) {
    return say("the text is not closed: a quote is missing at its end");
  }
  return fmt::format("{}:{}: {}", filename, line, description);
}

}  // namespace sg::conf
