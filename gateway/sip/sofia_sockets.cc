#include "gateway/sip/sofia_sockets.h"

#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <vector>

namespace sg::sip {
namespace {

// Functions with the names of the system's can be given nothing but what those take: so these are per thread. Media
// threads connect sockets of their own and find nothing here.
thread_local std::map<int, SocketWatch*> listening;
thread_local std::vector<SocketWatch*> outgoing;

template <class Function>
Function* of_the_system(Function*, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

SocketAddress read_address(const sockaddr* address, socklen_t size) {
  sockaddr_storage raw{};
  std::memcpy(&raw, address, std::min<size_t>(size, sizeof(raw)));
  return SocketAddress::from(raw);
}

bool is_tcp(int fd) {
  int type = 0;
  socklen_t size = sizeof(type);
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

}  // namespace

void watch_listening_socket(int fd, SocketWatch& watch) {
  listening[fd] = &watch;
}

void watch_outgoing_connections(SocketWatch& watch) {
  outgoing.push_back(&watch);
}

void unwatch_sockets(SocketWatch& watch) {
  std::erase_if(listening, [&](const auto& entry) { return entry.second == &watch; });
  std::erase(outgoing, &watch);
}

}  // namespace sg::sip

extern "C" int accept(int fd, sockaddr* address, socklen_t* size) {
  using namespace sg::sip;
  auto watched = listening.find(fd);
  if (watched == listening.end()) {
    static auto* const accept_of_system = of_the_system(&::accept, "accept");
    return accept_of_system(fd, address, size);
  }
  SocketWatch& watch = *watched->second;
  const int taken = ::accept4(fd, address, size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (taken < 0) {
    const int error = errno;
    if (error == EMFILE || error == ENFILE) watch.on_no_descriptor(fd);
    errno = error;
    return -1;
  }
  if (watch.on_accepted(taken, read_address(address, *size))) return taken;
  ::close(taken);
  errno = ECONNABORTED;
  return -1;
}

extern "C" int connect(int fd, const sockaddr* address, socklen_t size) {
  using namespace sg::sip;
  if (!outgoing.empty() && is_tcp(fd)) {
    auto peer = read_address(address, size);
    if (peer.is_set() && !outgoing.back()->may_connect(fd, peer)) {
      errno = ENOBUFS;
      return -1;
    }
  }
  static auto* const connect_of_system = of_the_system(&::connect, "connect");
  return connect_of_system(fd, address, size);
}
