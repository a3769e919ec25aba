#include "media/port_pair.h"

#include <fcntl.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace sg::media {
namespace {

// Expedited forwarding (RFC 3246), as every telephone network marks its media.
constexpr int kExpedited = 46 << 2;

// A bound socket, or the errno of why not.
struct Bound {
  UniqueFd fd;
  int error = 0;
};

Bound bind_udp(const SocketAddress& local) {
  UniqueFd fd(::socket(local.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return {{}, errno};
  int on = 1;
  if (local.is_ipv6()) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_TCLASS, &kExpedited, sizeof kExpedited);
  } else {
    ::setsockopt(fd.get(), IPPROTO_IP, IP_TOS, &kExpedited, sizeof kExpedited);
  }
  ::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  if (::bind(fd.get(), local.raw(), local.raw_size()) != 0) return {{}, errno};
  return {std::move(fd), 0};
}

}  // namespace

PortRange::PortRange(uint16_t first, uint16_t last)
    : first_(static_cast<uint16_t>(first + first % 2)),
      pairs_(last > first_ ? (last - first_ + 1u) / 2 : 0),
      random_(std::random_device{}()) {}

Result<PortPair> PortRange::bind(const std::string& host) {
  auto local = SocketAddress::parse(host, first_);
  if (!local) return tl::unexpected(local.error());
  unsigned start = pairs_ ? std::uniform_int_distribution<unsigned>(0, pairs_ - 1)(random_) : 0;
  for (unsigned i = 0; i < pairs_; ++i) {
    auto port = static_cast<uint16_t>(first_ + 2 * ((start + i) % pairs_));
    local->set_port(port);
    Bound media = bind_udp(*local);
    if (media.error == EADDRINUSE) continue;
    if (media.error) return fail("cannot bind UDP {}: {}", local->to_string(), std::strerror(media.error));
    SocketAddress next = *local;
    next.set_port(static_cast<uint16_t>(port + 1));
    Bound control = bind_udp(next);
    if (control.error == EADDRINUSE) continue;
    if (control.error) return fail("cannot bind UDP {}: {}", next.to_string(), std::strerror(control.error));
    return PortPair{std::move(media.fd), std::move(control.fd), *local};
  }
  return fail("no UDP port pair is free on {} from {} to {}: widen the range of media ports", host, first_,
              first_ + 2 * pairs_ - 1);
}

}  // namespace sg::media
