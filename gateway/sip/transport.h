#pragma once

#include <sys/socket.h>

#include <string_view>

#include "base/kinds/sip.h"

// What a transport means for sockets and URIs.
namespace sg::sip {

constexpr int socket_type_of(Transport transport) {
  return has_connections(transport) ? SOCK_STREAM : SOCK_DGRAM;
}

// Of a SIP URI (RFC 3261 section 19.1.1); empty for UDP, which goes without saying.
constexpr std::string_view uri_parameter_of(Transport transport) {
  switch (transport) {
    case Transport::Udp:
      return "";
    case Transport::Tcp:
      return ";transport=tcp";
  }
  return "";
}

}  // namespace sg::sip
