#include "gateway/sip/local_addresses.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/bound_socket.h"
#include "base/unique_fd.h"

namespace sg::sip {

std::string bracketed(const SocketAddress& address) {
  return address.is_ipv6() ? "[" + address.host() + "]" : address.host();
}

Result<SocketAddress> source_towards(const SocketAddress& peer) {
  UniqueFd probe(::socket(peer.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage raw{};
  socklen_t size = sizeof(raw);
  if (::connect(probe.get(), peer.raw(), peer.raw_size()) < 0 ||
      ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&raw), &size) < 0) {
    return fail("no route to {}: {}", peer.host(), std::strerror(errno));
  }
  return SocketAddress::from(raw);
}

bool is_local(SocketAddress address) {
  address.set_port(0);
  return bound_socket(address, SOCK_DGRAM).has_value();
}

}  // namespace sg::sip
