#pragma once

#include <sofia-sip/sip.h>

#include <chrono>
#include <cstdint>
#include <string>

// Digits in INFO: application/dtmf-relay and application/dtmf, which no RFC describes. Pure functions.
namespace sg::sip {

struct InfoDigit {
  enum class Kind : uint8_t {
    None,        // the INFO is about something else
    Digit,       // one of 0123456789*#ABCD
    Unsupported  // a flash, or something that no keypad has
  };
  Kind kind = Kind::None;
  char digit = 0;
  std::string said = {};  // what was written, for the log
};
// "Signal=5", also as the number of the event (RFC 4733 section 3.2), which some adapters write: 10 is *, 11 is #, 12
// to 15 are A to D, 16 is a flash.
InfoDigit read_dtmf(const sip_t& info);
// The body of application/dtmf-relay.
std::string dtmf_relay_of(char digit, std::chrono::milliseconds length);

}  // namespace sg::sip
