#include "gateway/sip/sofia_sockets.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
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

// -1: it is no socket.
int option_of(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

bool is_tcp(int fd) {
  return option_of(fd, SO_TYPE) == SOCK_STREAM;
}

std::vector<int> open_descriptors() {
  std::vector<int> all;
  DIR* directory = ::opendir("/proc/self/fd");
  if (!directory) return all;
  while (const dirent* entry = ::readdir(directory)) {
    int fd = -1;
    auto [end, error] = std::from_chars(entry->d_name, entry->d_name + std::strlen(entry->d_name), fd);
    if (error == std::errc{} && !*end && fd != ::dirfd(directory)) all.push_back(fd);
  }
  ::closedir(directory);
  return all;
}

bool is_socket_of(int fd, int socket_type, const SocketAddress& local) {
  if (option_of(fd, SO_TYPE) != socket_type) return false;
  if (socket_type == SOCK_STREAM && option_of(fd, SO_ACCEPTCONN) != 1) return false;
  sockaddr_storage raw{};
  socklen_t size = sizeof(raw);
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&raw), &size) == 0 && SocketAddress::from(raw) == local;
}

}  // namespace

int find_socket(int socket_type, const SocketAddress& local) {
  for (int fd : open_descriptors()) {
    if (is_socket_of(fd, socket_type, local)) return fd;
  }
  return -1;
}

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
