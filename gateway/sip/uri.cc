#include "gateway/sip/uri.h"

#include <fmt/format.h>

#include <cctype>

#include "gateway/sip/header_values.h"

namespace sg::sip {
namespace {

constexpr char kAfiOfIa5 = 0x50;

// A parameter of the user part: "4711" of "+4930;isub=4711".
std::string user_parameter(const url_t* url, std::string_view name) {
  std::string_view user = url && url->url_user ? url->url_user : "";
  for (auto at = user.find(';'); at != std::string_view::npos; at = user.find(';')) {
    user = user.substr(at + 1);
    auto parameter = user.substr(0, user.find(';'));
    if (!parameter.starts_with(name) || parameter.substr(name.size(), 1) != "=") continue;
    std::string escaped(parameter.substr(name.size() + 1)), value = escaped;
    value.resize(::url_unescape_to(value.data(), escaped.c_str(), value.size()));
    return value;
  }
  return {};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain =
        std::isalnum(static_cast<unsigned char>(c)) || std::string_view("+*-_.!~'()").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// With its sub-address, where SIP has a word for it (RFC 4715: NSAP only).
std::string escaped_user(const tdm::Number& number, const std::optional<tdm::Subaddress>& subaddress) {
  std::string user = (number.type == tdm::TypeOfNumber::International ? "+" : "") + escaped(number.digits);
  if (!subaddress || !subaddress->is_nsap || subaddress->octets.empty()) return user;
  if (subaddress->octets.front() == kAfiOfIa5) {
    return user + ";isub=" + escaped(subaddress->octets.substr(1)) + ";isub-encoding=nsap-ia5";
  }
  return user + ";isub=" + hex_of(subaddress->octets) + ";isub-encoding=nsap";
}

}  // namespace

std::string user_of(const url_t* url) {
  if (!url) return {};
  const char* escaped = url->url_user ? url->url_user : url->url_type == url_tel ? url->url_host : nullptr;
  if (!escaped) return {};
  std::string user(escaped);
  user.resize(::url_unescape_to(user.data(), escaped, user.size()));
  return user.substr(0, user.find(';'));
}

tdm::Number number_of(const url_t* url) {
  tdm::Number number;
  number.digits = user_of(url);
  if (number.digits.starts_with('+')) {
    number.digits.erase(0, 1);
    number.type = tdm::TypeOfNumber::International;
  }
  return number;
}

// RFC 4715.
std::optional<tdm::Subaddress> read_subaddress(const url_t* url) {
  auto text = user_parameter(url, "isub");
  if (text.empty()) return std::nullopt;
  auto encoding = user_parameter(url, "isub-encoding");
  tdm::Subaddress subaddress;
  subaddress.octets = ::su_casematch(encoding.c_str(), "nsap") ? octets_of_hex(text) : kAfiOfIa5 + text;
  if (subaddress.octets.empty() || subaddress.octets.size() > 20) return std::nullopt;
  return subaddress;
}

std::string uri_of(const tdm::Number& number, std::string_view host_and_port, std::string_view parameters,
                   const std::optional<tdm::Subaddress>& subaddress) {
  auto user = escaped_user(number, subaddress);
  return fmt::format("sip:{}{}{}{}", user, user.empty() ? "" : "@", host_and_port, parameters);
}

}  // namespace sg::sip
