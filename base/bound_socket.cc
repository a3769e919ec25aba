#include "base/bound_socket.h"

#include <cerrno>
#include <cstring>

namespace sg {

tl::expected<UniqueFd, int> bound_socket(const SocketAddress& address, int type) {
  UniqueFd fd(::socket(address.family(), type | SOCK_CLOEXEC, 0));
  if (!fd) return tl::unexpected(errno);
  const int on = 1;
  // A connection that was closed a moment ago keeps nobody out.
  if (type == SOCK_STREAM) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address.raw(), address.raw_size()) != 0) return tl::unexpected(errno);
  if (type == SOCK_STREAM && ::listen(fd.get(), 1) != 0) return tl::unexpected(errno);
  return fd;
}

std::string why_not_bound(int error, const SocketAddress& address) {
  switch (error) {
    case EADDRINUSE:
      return "the port is in use by another program";
    case EADDRNOTAVAIL:
      return fmt::format("{} is no address of this machine", address.host());
    case EACCES:
      return fmt::format("port {} is only for root, or for whoever has CAP_NET_BIND_SERVICE", address.port());
    default:
      return std::strerror(error);
  }
}

}  // namespace sg
