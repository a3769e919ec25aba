#include "base/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unix_address.h"

namespace sg {
namespace {

Result<sockaddr_un> address_at(const std::string& path) {
  auto address = unix_address(path);
  if (path.empty() || !address)
    return fail("a socket's path has 1 to {} characters", sizeof(sockaddr_un::sun_path) - 1);
  return *address;
}

const sockaddr* raw(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Result<> send_line(int fd, const std::string& line) {
  for (size_t sent = 0; sent < line.size();) {
    ssize_t count = ::send(fd, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail("{}", std::strerror(errno));
    sent += static_cast<size_t>(count);
  }
  return {};
}

Result<std::string> receive_line(int fd) {
  std::string line;
  char buffer[16 * 1024];
  while (line.find('\n') == std::string::npos) {
    ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return fail("does not answer");
    if (count < 0) return fail("{}", std::strerror(errno));
    if (count == 0) return fail("closed the connection without an answer");
    line.append(buffer, static_cast<size_t>(count));
  }
  return line.substr(0, line.find('\n'));
}

}  // namespace

bool is_answered(const std::string& path) {
  auto address = unix_address(path);
  if (path.empty() || !address) return false;
  UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(probe.get(), raw(*address), sizeof *address) == 0 || errno == EACCES || errno == EAGAIN;
}

Result<UniqueFd> listen_on_unix(const std::string& path, mode_t mode) {
  auto address = address_at(path);
  if (!address) return tl::unexpected(address.error());
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) return fail("a file of that name exists and is no socket");
    if (is_answered(path)) return fail("another process answers on it");
    ::unlink(path.c_str());
  }
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || ::bind(fd.get(), raw(*address), sizeof *address) != 0) return fail("{}", std::strerror(errno));
  // Nobody can connect before listen(), so the mode is narrow from the first client on.
  if (::chmod(path.c_str(), mode) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) return fail("{}", std::strerror(errno));
  return fd;
}

Result<UniqueFd> connect_to_unix(const std::string& path, std::chrono::seconds patience) {
  auto address = address_at(path);
  if (!address) return tl::unexpected(address.error());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  timeval timeout{.tv_sec = patience.count(), .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  if (::connect(fd.get(), raw(*address), sizeof *address) != 0) return fail("{}", std::strerror(errno));
  return fd;
}

Result<std::string> ask_on(const UniqueFd& connection, const std::string& line) {
  if (auto sent = send_line(connection.get(), line + "\n"); !sent) return tl::unexpected(sent.error());
  return receive_line(connection.get());
}

}  // namespace sg
