#include "tools/spangatectl/client.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "base/unix_address.h"

namespace sg::spangatectl {
namespace {

Result<UniqueFd> connect_to(const std::string& socket, std::chrono::seconds patience) {
  const auto address = unix_address(socket);
  if (!address) return fail("the path is too long for a socket");
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  timeval timeout{.tv_sec = patience.count(), .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return fail("{}", std::strerror(errno));
  }
  return fd;
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
    if (count < 0 && errno == EAGAIN) return fail("the gateway does not answer");
    if (count < 0) return fail("{}", std::strerror(errno));
    if (count == 0) return fail("the gateway closed the connection without an answer");
    line.append(buffer, static_cast<size_t>(count));
  }
  return line;
}

}  // namespace

Result<Json> ask(const std::string& socket, const Json& request, std::chrono::seconds patience) {
  auto fd = connect_to(socket, patience);
  if (!fd) {
    return fail("cannot reach the gateway at {}: {}; is spangated running? (-s names another socket)", socket,
                fd.error().message);
  }
  auto sent = send_line(fd->get(), request.dump() + "\n");
  if (!sent) return tl::unexpected(sent.error());
  auto line = receive_line(fd->get());
  if (!line) return tl::unexpected(line.error());

  Json reply = Json::parse(*line, nullptr, false);
  if (!reply.is_object() || !reply.contains("ok")) return fail("the answer is not the gateway's");
  if (reply["ok"] != true) return fail("{}", reply.value("error", "refused"));
  return reply.value("result", Json());
}

}  // namespace sg::spangatectl
