#include "base/socket_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace sg {
namespace {

const sockaddr_in& v4(const sockaddr_storage& raw) {
  return reinterpret_cast<const sockaddr_in&>(raw);
}
sockaddr_in& v4(sockaddr_storage& raw) {
  return reinterpret_cast<sockaddr_in&>(raw);
}
const sockaddr_in6& v6(const sockaddr_storage& raw) {
  return reinterpret_cast<const sockaddr_in6&>(raw);
}
sockaddr_in6& v6(sockaddr_storage& raw) {
  return reinterpret_cast<sockaddr_in6&>(raw);
}

}  // namespace

Result<SocketAddress> SocketAddress::parse(std::string_view host, uint16_t port) {
  std::string text(host);
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  SocketAddress address;
  if (::inet_pton(AF_INET, text.c_str(), &v4(address.raw_).sin_addr) == 1) {
    address.raw_.ss_family = AF_INET;
  } else if (::inet_pton(AF_INET6, text.c_str(), &v6(address.raw_).sin6_addr) == 1) {
    address.raw_.ss_family = AF_INET6;
  } else {
    return fail("\"{}\" is no IPv4 or IPv6 address", host);
  }
  address.set_port(port);
  return address;
}

Result<SocketAddress> SocketAddress::parse(std::string_view host_and_port) {
  auto colon = host_and_port.rfind(':');
  if (colon == std::string_view::npos) return fail("\"{}\" has no port: ADDRESS:PORT is wanted", host_and_port);
  auto digits = host_and_port.substr(colon + 1);
  uint16_t port = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return fail("\"{}\" is no port: 0 to 65535 is wanted", digits);
  }
  auto host = host_and_port.substr(0, colon);
  if (host.find(':') != std::string_view::npos && !host.starts_with('[')) {
    return fail("an IPv6 address stands in brackets: \"[{}]:{}\"", host, digits);
  }
  return parse(host, port);
}

SocketAddress SocketAddress::from(const sockaddr_storage& raw) {
  SocketAddress address;
  if (raw.ss_family == AF_INET || raw.ss_family == AF_INET6) address.raw_ = raw;
  return address;
}

bool SocketAddress::is_any() const {
  if (is_ipv6()) return IN6_IS_ADDR_UNSPECIFIED(&v6(raw_).sin6_addr);
  return v4(raw_).sin_addr.s_addr == htonl(INADDR_ANY);
}

uint16_t SocketAddress::port() const {
  return ntohs(is_ipv6() ? v6(raw_).sin6_port : v4(raw_).sin_port);
}

void SocketAddress::set_port(uint16_t port) {
  (is_ipv6() ? v6(raw_).sin6_port : v4(raw_).sin_port) = htons(port);
}

std::string SocketAddress::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* address = is_ipv6() ? static_cast<const void*>(&v6(raw_).sin6_addr) : &v4(raw_).sin_addr;
  ::inet_ntop(is_ipv6() ? AF_INET6 : AF_INET, address, text.data(), text.size());
  return text.data();
}

std::string SocketAddress::to_string() const {
  return fmt::format(fmt::runtime(is_ipv6() ? "[{}]:{}" : "{}:{}"), host(), port());
}

bool SocketAddress::is_private() const {
  if (is_ipv6()) {
    const uint8_t* octets = v6(raw_).sin6_addr.s6_addr;
    const bool is_unique_local = (octets[0] & 0xfe) == 0xfc;
    const bool is_link_local = octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80;
    return is_unique_local || is_link_local;
  }
  struct Block {
    uint32_t first;
    uint32_t mask;
  };
  static constexpr Block kBlocks[] = {{0x0a000000, 0xff000000},   // 10/8
                                      {0xac100000, 0xfff00000},   // 172.16/12
                                      {0xc0a80000, 0xffff0000},   // 192.168/16
                                      {0x64400000, 0xffc00000},   // 100.64/10
                                      {0xa9fe0000, 0xffff0000}};  // 169.254/16
  const uint32_t address = ntohl(v4(raw_).sin_addr.s_addr);
  return is_set() &&
         std::ranges::any_of(kBlocks, [&](const Block& block) { return (address & block.mask) == block.first; });
}

bool SocketAddress::has_prefix_of(const SocketAddress& other, size_t octets) const {
  if (family() != other.family() || !is_set()) return false;
  if (is_ipv6()) return !std::memcmp(&v6(raw_).sin6_addr, &v6(other.raw_).sin6_addr, octets);
  return !std::memcmp(&v4(raw_).sin_addr, &v4(other.raw_).sin_addr, octets);
}

bool SocketAddress::is_same_host(const SocketAddress& other) const {
  return has_prefix_of(other, is_ipv6() ? sizeof(in6_addr) : sizeof(in_addr));
}

bool SocketAddress::is_same_network(const SocketAddress& other) const {
  return has_prefix_of(other, is_ipv6() ? 8 : 3);
}

bool SocketAddress::operator==(const SocketAddress& other) const {
  if (family() != other.family() || port() != other.port()) return false;
  return !is_set() || is_same_host(other);
}

}  // namespace sg
