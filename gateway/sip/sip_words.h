#pragma once

#include <cstdint>
#include <string>

// What the parts of a SipLeg have in common when they speak to Sofia.
namespace sg::sip {

inline constexpr auto kSdpType = "application/sdp";

inline const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

// Sofia's own failures (9xx) and what a peer may not say are told as 500.
inline int refusal_of(int status) {
  return status >= 300 && status <= 699 ? status : 500;
}

uint64_t random_number();

}  // namespace sg::sip
