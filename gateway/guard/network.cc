#include "gateway/guard/network.h"

#include <cstring>

namespace sg::guard {

std::string network_of(const SocketAddress& address) {
  if (!address.is_ipv6()) return address.host();
  constexpr size_t kPrefixOctets = 8;
  sockaddr_storage raw{};
  std::memcpy(&raw, address.raw(), address.raw_size());
  auto& host = reinterpret_cast<sockaddr_in6&>(raw).sin6_addr;
  std::memset(host.s6_addr + kPrefixOctets, 0, sizeof(host.s6_addr) - kPrefixOctets);
  return SocketAddress::from(raw).host() + "/64";
}

}  // namespace sg::guard
