#include "gateway/sip/header_values.h"

#include <fmt/format.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/url.h>

#include <cctype>

#include "base/text.h"

namespace sg::sip {
namespace {

int value_of_hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

std::string text_of(const char* text) {
  return text ? text : "";
}

std::string unescaped(std::string_view text) {
  std::string escaped(text), out = escaped;
  out.resize(::url_unescape_to(out.data(), escaped.c_str(), out.size()));
  return out;
}

std::string display_of(const char* display) {
  std::string quoted = text_of(display), name;
  if (quoted.size() < 2 || quoted.front() != '"') return without_controls(quoted);
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\' && i + 2 < quoted.size()) ++i;
    name += quoted[i];
  }
  return without_controls(name);
}

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (char c : without_controls(name)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> parts(1);
  bool in_quotes = false, in_address = false;
  for (size_t i = 0; i < list.size(); ++i) {
    char c = list[i];
    if (in_quotes && c == '\\' && i + 1 < list.size())
      parts.back() += list[i++], c = list[i];
    else if (c == '"')
      in_quotes = !in_quotes;
    else if (!in_quotes && c == '<')
      in_address = true;
    else if (!in_quotes && c == '>')
      in_address = false;
    if (c == ',' && !in_quotes && !in_address) {
      parts.emplace_back();
    } else if (c != ' ' || !parts.back().empty()) {
      parts.back() += c;
    }
  }
  return parts;
}

std::string parameter_of(const sip_from_t* address, const char* name) {
  std::string value = text_of(::msg_params_find(address->a_params, name));
  if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

std::string octets_of_hex(std::string_view hex) {
  std::string octets;
  if (hex.size() % 2) return {};
  for (size_t i = 0; i < hex.size(); i += 2) {
    int high = value_of_hex(hex[i]), low = value_of_hex(hex[i + 1]);
    if (high < 0 || low < 0) return {};
    octets += static_cast<char>(high << 4 | low);
  }
  return octets;
}

std::string hex_of(std::string_view octets) {
  std::string hex;
  for (char c : octets) hex += fmt::format("{:02X}", static_cast<unsigned char>(c));
  return hex;
}

}  // namespace sg::sip
