#pragma once

#include <cstdint>
#include <string>

#include "party/number.h"

// Who calls and who is called, as all of signalling says it: in the words of Q.931, which SIP's headers are read into.
namespace sg::party {

struct CallingParty {
  Number number;
  Presentation presentation = Presentation::Allowed;
  ScreeningIndicator screening = ScreeningIndicator::UserNotScreened;
  std::string name;  // display, UTF-8; may be empty

  bool operator==(const CallingParty&) const = default;
};

// Q.931 4.5.29 and Q.952: who was called first, and why the call came on.
struct Redirection {
  Number from;
  Presentation presentation = Presentation::Allowed;
  uint8_t reason = 0;  // Q.952: 1 busy, 2 no reply, 15 unconditional
  uint8_t count = 1;

  bool operator==(const Redirection&) const = default;
};

// Q.931 4.5.9 and 4.5.11: which of the terminals behind one number.
struct Subaddress {
  bool is_nsap = true;  // X.213; the first octet is the AFI, 0x50 for IA5 characters. Else user specified
  std::string octets;   // 20 at most
  bool is_odd = false;  // user specified BCD: the last half octet is filling

  bool operator==(const Subaddress&) const = default;
};

// Q.931 4.5.30: what the users tell each other (Q.957.1, service 1 implicit).
struct UserUser {
  uint8_t protocol = 4;  // Q.931 table 4-26: 4 is IA5 characters
  std::string octets;    // 128 at most

  bool operator==(const UserUser&) const = default;
};

}  // namespace sg::party
