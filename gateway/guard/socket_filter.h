#pragma once

#include "base/result.h"

namespace sg::guard {

// Has the kernel throw away every datagram of a UDP socket that can be no SIP message: nobody wakes up for it, nothing
// of Sofia's answers it (it would answer STUN). A message begins with a character of a token (RFC 3261 section 25.1),
// which is a printable one, or with CRLF (section 7.5). Needs no privilege.
Result<> admit_sip_only(int udp_socket);

}  // namespace sg::guard
