#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sg {

// An IPv4 or IPv6 address and a port. A value; no name is ever looked up.
class SocketAddress {
 public:
  SocketAddress() = default;
  // `host` is a numeric address, IPv6 with or without brackets.
  static Result<SocketAddress> parse(std::string_view host, uint16_t port);
  // "127.0.0.1:5060" or "[::1]:5060".
  static Result<SocketAddress> parse(std::string_view host_and_port);
  static SocketAddress from(const sockaddr_storage& raw);

  bool is_set() const { return raw_.ss_family != AF_UNSPEC; }
  bool is_ipv6() const { return raw_.ss_family == AF_INET6; }
  bool is_any() const;  // 0.0.0.0 or ::
  // An address that means another host in another network: RFC 1918, RFC 6598 (between a carrier and its customers),
  // link-local (RFC 3927, RFC 4291 2.5.6), RFC 4193. Who tells such a one may be behind a NAT.
  bool is_private() const;
  // Of these the ports do not matter. A network: the same /24, or /64 of IPv6.
  bool is_same_host(const SocketAddress& other) const;
  bool is_same_network(const SocketAddress& other) const;
  uint16_t port() const;
  void set_port(uint16_t port);
  std::string host() const;       // "::1", without brackets
  std::string to_string() const;  // "[::1]:5060"

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&raw_); }
  socklen_t raw_size() const { return is_ipv6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }
  int family() const { return raw_.ss_family; }

  bool operator==(const SocketAddress& other) const;

 private:
  bool has_prefix_of(const SocketAddress& other, size_t octets) const;

  sockaddr_storage raw_{};
};

}  // namespace sg
