#pragma once

#include <sofia-sip/msg_types.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/tport.h>

#include <string>

#include "base/socket_address.h"

namespace sg::sip {

// Answers a request over the transport that it came by and remembers nothing (RFC 3261 section 8.2.7). `headers`: more
// of them, each ends with CRLF. A request without Via, and an ACK, gets none.
void answer_statelessly(tport_t& transport, msg_t& request, const SocketAddress& source, int status,
                        const std::string& headers);

}  // namespace sg::sip
