#include "gateway/sip/dtmf_info.h"

#include <algorithm>
#include <cctype>

#include "gateway/sip/headers.h"

namespace sg::sip {
namespace {

constexpr std::string_view kSignal = "Signal";

}  // namespace

std::string read_dtmf(const sip_t& info) {
  auto body = payload_of(info.sip_payload);
  std::string digits;
  if (is_type(info, "application/dtmf-relay")) {
    // "Signal=5", "Signal = 5", in any case.
    auto at = std::search(body.begin(), body.end(), kSignal.begin(), kSignal.end(), [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    });
    auto rest = std::string_view(body).substr(static_cast<size_t>(at - body.begin()));
    rest = rest.substr(std::min(kSignal.size(), rest.size()));
    digits = rest.substr(std::min(rest.find_first_not_of(" =\t"), rest.size()), 1);
  } else if (is_type(info, "application/dtmf")) {
    digits = body.substr(0, 1);
  }
  return std::string_view("0123456789*#ABCD").find(digits) == std::string_view::npos ? std::string{} : digits;
}

}  // namespace sg::sip
