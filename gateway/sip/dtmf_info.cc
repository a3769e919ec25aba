#include "gateway/sip/dtmf_info.h"

#include <fmt/format.h>
#include <sofia-sip/su_string.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "gateway/sip/headers.h"

namespace sg::sip {
namespace {

// In the order of RFC 4733's events.
constexpr std::string_view kKeys = "0123456789*#ABCD";

// The value of the line "Signal=5", or "signal = 5". Empty: there is none.
std::string_view signal_in(std::string_view body) {
  while (!body.empty()) {
    auto line = body.substr(0, body.find_first_of("\r\n"));
    body.remove_prefix(std::min(line.size() + 1, body.size()));
    auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    if (::su_casematch(std::string(trimmed(line.substr(0, equals))).c_str(), "Signal")) {
      return trimmed(line.substr(equals + 1));
    }
  }
  return {};
}

// Not '\0': a key of a telephone.
char key_of(std::string_view said, bool may_be_event) {
  if (said.size() == 1) {
    char c = said.front() >= 'a' && said.front() <= 'd' ? static_cast<char>(said.front() - 'a' + 'A') : said.front();
    return kKeys.find(c) == std::string_view::npos ? '\0' : c;
  }
  if (!may_be_event) return '\0';
  size_t event = 0;
  auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), event);
  bool is_event = error == std::errc{} && end == said.data() + said.size() && event < kKeys.size();
  return is_event ? kKeys[event] : '\0';
}

}  // namespace

InfoDigit read_dtmf(const sip_t& info) {
  bool is_relay = is_type(info, "application/dtmf-relay");
  if (!is_relay && !is_type(info, "application/dtmf")) return {};
  auto body = payload_of(info.sip_payload);
  auto said = is_relay ? signal_in(body) : trimmed(body);
  char key = key_of(said, is_relay);
  return {key ? InfoDigit::Kind::Digit : InfoDigit::Kind::Unsupported, key, std::string(said.substr(0, 16))};
}

std::string dtmf_relay_of(char digit, std::chrono::milliseconds length) {
  return fmt::format("Signal={}\r\nDuration={}\r\n", digit, length.count());
}

}  // namespace sg::sip
