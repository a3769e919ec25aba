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

UniqueFd open_udp(const SocketAddress& local) {
  UniqueFd fd(::socket(local.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  int on = 1;
  if (local.is_ipv6()) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_TCLASS, &kExpedited, sizeof kExpedited);
  } else {
    ::setsockopt(fd.get(), IPPROTO_IP, IP_TOS, &kExpedited, sizeof kExpedited);
  }
  ::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  return fd;
}

// A bound socket, or the errno of why not.
struct Bound {
  UniqueFd fd;
  int error = 0;
};

Bound bind_udp(const SocketAddress& local) {
  UniqueFd fd = open_udp(local);
  if (!fd) return {{}, errno};
  if (::bind(fd.get(), local.raw(), local.raw_size()) != 0) return {{}, errno};
  return {std::move(fd), 0};
}

}  // namespace

// A port belongs to one alone unless both allow it when the second comes.
UniqueFd connected_twin(int fd, const SocketAddress& peer) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return {};
  const SocketAddress local = SocketAddress::from(name);
  UniqueFd twin = open_udp(local);
  if (!twin) return {};
  const auto allow = [&](int on) {
    for (int socket : {fd, twin.get()}) ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  };
  allow(1);
  const bool is_bound = ::bind(twin.get(), local.raw(), local.raw_size()) == 0;
  allow(0);
  if (!is_bound || ::connect(twin.get(), peer.raw(), peer.raw_size()) != 0) return {};
  return twin;
}

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
