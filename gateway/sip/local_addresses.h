#pragma once

#include <string>

#include "base/result.h"
#include "base/socket_address.h"

// Addresses of this machine, as the kernel tells them.
namespace sg::sip {

// As a URI has its host: IPv6 in brackets.
std::string bracketed(const SocketAddress& address);
// The address that the kernel would send from.
Result<SocketAddress> source_towards(const SocketAddress& peer);
// One of this machine: it can be bound.
bool is_local(SocketAddress address);

}  // namespace sg::sip
