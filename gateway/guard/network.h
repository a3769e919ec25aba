#pragma once

#include <string>

#include "base/socket_address.h"

namespace sg::guard {

// What counts as one source: an IPv4 host, or an IPv6 /64, of which any customer has 2^64 addresses (RFC 6177).
std::string network_of(const SocketAddress& address);

}  // namespace sg::guard
