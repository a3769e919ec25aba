#pragma once

#include <sofia-sip/sip.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/socket_address.h"

namespace sg::sip {

// IPv6 addresses that stand for IPv4 ones (RFC 4291 section 2.5.5.2) are told as what they are.
SocketAddress unmapped(const SocketAddress& address);

// The numeric addresses, without port, that later requests of a dialog may come from by what this message says: those
// of Contact and Record-Route (RFC 3261 section 12). Names are left out.
std::vector<std::string> signalled_hosts(const sip_t& message);

// The address that a URI names, as above. Empty: it is a name, or no URI.
std::string numeric_host_of(std::string_view uri);

}  // namespace sg::sip
