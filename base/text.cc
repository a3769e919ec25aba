#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace sg {
namespace {

struct Character {
  size_t octets;   // that it takes, 1 at least
  char32_t value;  // only where it is UTF-8
  bool is_utf8;
};

// The first character of a text that is not empty. RFC 3629 section 4: no longer form than needed, no surrogates.
Character first_of(std::string_view text) {
  auto octet = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (octet(0) < 0x80) return {1, octet(0), true};
  size_t length = octet(0) >= 0xF0 ? 4 : octet(0) >= 0xE0 ? 3 : 2;
  if (octet(0) < 0xC2 || octet(0) > 0xF4 || text.size() < length) return {1, 0, false};
  char32_t value = octet(0) & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xC0) != 0x80) return {1, 0, false};
    value = value << 6 | (octet(i) & 0x3F);
  }
  constexpr char32_t kLeast[] = {0x80, 0x800, 0x10000};
  bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kLeast[length - 2] || value > 0x10FFFF || is_surrogate) return {1, 0, false};
  return {length, value, true};
}

bool is_control(const Character& character) {
  char32_t c = character.value;
  if (!character.is_utf8 || c < 0x20 || (c >= 0x7F && c <= 0x9F)) return true;
  // Line and paragraph separators, and the marks that have text run the other way.
  return c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

// Most text is this, and needs no second look.
bool is_plain_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

// The text, with what `replace(octets, character)` gives in the place of each control.
template <class Replace>
std::string replaced(std::string_view text, Replace&& replace) {
  if (is_plain_ascii(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    Character character = first_of(text);
    auto octets = text.substr(0, character.octets);
    out += is_control(character) ? replace(octets, character) : std::string(octets);
    text.remove_prefix(character.octets);
  }
  return out;
}

}  // namespace

bool has_controls(std::string_view text) {
  if (is_plain_ascii(text)) return false;
  while (!text.empty()) {
    Character character = first_of(text);
    if (is_control(character)) return true;
    text.remove_prefix(character.octets);
  }
  return false;
}

std::string escaped(std::string_view text) {
  return replaced(text, [](std::string_view octets, const Character&) {
    std::string out;
    for (char c : octets) out += fmt::format("\\x{:02X}", static_cast<uint8_t>(c));
    return out;
  });
}

std::string escaped_json(std::string_view json) {
  return replaced(json, [](std::string_view octets, const Character& character) {
    // RFC 8259 section 7: below 0x20 only what stands between values is left.
    bool is_left = !character.is_utf8 || character.value < 0x20;
    return is_left ? std::string(octets) : fmt::format("\\u{:04x}", static_cast<uint32_t>(character.value));
  });
}

std::string without_controls(std::string_view text) {
  return replaced(text, [](std::string_view, const Character&) { return std::string(" "); });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

}  // namespace sg
