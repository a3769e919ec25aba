#include "gateway/sip/uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "gateway/sip/header_values.h"

namespace sg::sip {
namespace {

constexpr char kAfiOfIa5 = 0x50;

// RFC 3966 section 5.1.1: for the eye alone.
constexpr std::string_view kVisualSeparators = "-.()";
// RFC 3966 section 3: phonedigit-hex, and + of global numbers.
constexpr std::string_view kPhoneDigits = "0123456789*#+ABCDEFabcdef";

// "isub=4711;ext=5", which tells of the number: parameters of the user part (RFC 3261 section 19.1.6), of tel: of all.
std::string_view number_parameters(const url_t* url) {
  if (!url) return {};
  if (url->url_type == url_tel) return url->url_params ? url->url_params : "";
  std::string_view user = url->url_user ? url->url_user : "";
  auto at = user.find(';');
  return at == std::string_view::npos ? std::string_view{} : user.substr(at + 1);
}

std::string number_parameter(const url_t* url, const std::string& name) {
  for (auto left = number_parameters(url); !left.empty();) {
    auto parameter = left.substr(0, left.find(';'));
    left.remove_prefix(std::min(parameter.size() + 1, left.size()));
    auto equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    if (!::su_casematch(std::string(parameter.substr(0, equals)).c_str(), name.c_str())) continue;
    return unescaped(parameter.substr(equals + 1));
  }
  return {};
}

// RFC 3261 section 19.1.6: whether the user part is a telephone number by what stands beside it. A bare "100-2" may be
// anything.
bool is_telephone_subscriber(const url_t& url, std::string_view user) {
  char kind[8] = {};
  bool is_phone = url.url_type == url_tel || user.starts_with('+') || !number_parameters(&url).empty() ||
                  (::url_param(url.url_params, "user", kind, sizeof(kind)) > 0 && ::su_casematch(kind, "phone"));
  return is_phone && user.find_first_of("0123456789") != std::string_view::npos &&
         std::ranges::all_of(user, [](char c) {
           return kPhoneDigits.find(c) != kPhoneDigits.npos || kVisualSeparators.find(c) != kVisualSeparators.npos;
         });
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
std::string escaped_user(const party::Number& number, const std::optional<party::Subaddress>& subaddress) {
  std::string user = (number.type == TypeOfNumber::International ? "+" : "") + escaped(number.digits);
  if (!subaddress || !subaddress->is_nsap || subaddress->octets.empty()) return user;
  if (subaddress->octets.front() == kAfiOfIa5) {
    return user + ";isub=" + escaped(subaddress->octets.substr(1)) + ";isub-encoding=nsap-ia5";
  }
  return user + ";isub=" + hex_of(subaddress->octets) + ";isub-encoding=nsap";
}

}  // namespace

std::string user_of(const url_t* url) {
  if (!url || !url->url_user) return {};
  std::string_view user = url->url_user;
  return unescaped(user.substr(0, user.find(';')));
}

party::Number number_of(const url_t* url) {
  party::Number number;
  number.digits = user_of(url);
  if (url && is_telephone_subscriber(*url, number.digits)) {
    std::erase_if(number.digits, [](char c) { return kVisualSeparators.find(c) != kVisualSeparators.npos; });
  }
  if (number.digits.starts_with('+')) {
    number.digits.erase(0, 1);
    number.type = TypeOfNumber::International;
  }
  return number;
}

party::Number party_number_of(const url_t* url) {
  auto number = number_of(url);
  return has_controls(number.digits) ? party::Number{} : number;
}

std::string header_in(const url_t* url, const char* name) {
  std::string_view left = url && url->url_headers ? url->url_headers : "";
  while (!left.empty()) {
    auto header = left.substr(0, left.find('&'));
    left.remove_prefix(std::min(header.size() + 1, left.size()));
    auto equals = header.find('=');
    if (equals == std::string_view::npos) continue;
    if (::su_casematch(std::string(header.substr(0, equals)).c_str(), name))
      return unescaped(header.substr(equals + 1));
  }
  return {};
}

std::optional<party::Subaddress> read_subaddress(const url_t* url) {
  auto text = number_parameter(url, "isub");
  if (text.empty()) return std::nullopt;
  auto encoding = number_parameter(url, "isub-encoding");
  party::Subaddress subaddress;
  subaddress.octets = ::su_casematch(encoding.c_str(), "nsap") ? octets_of_hex(text) : kAfiOfIa5 + text;
  if (subaddress.octets.empty() || subaddress.octets.size() > 20) return std::nullopt;
  return subaddress;
}

std::string uri_of(const party::Number& number, std::string_view host_and_port, std::string_view parameters,
                   const std::optional<party::Subaddress>& subaddress) {
  auto user = escaped_user(number, subaddress);
  return fmt::format("sip:{}{}{}{}", user, user.empty() ? "" : "@", host_and_port, parameters);
}

}  // namespace sg::sip
