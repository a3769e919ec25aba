#include "tools/pstnsim/control.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/unix_address.h"

namespace sg::pstnsim {

Result<std::unique_ptr<ControlServer>> ControlServer::make(const std::string& path, Reactor& reactor,
                                                           Exchange& exchange) {
  const auto address = unix_address(path);
  if (!address) return fail("{}: too long for a socket", path);
  const auto* raw = reinterpret_cast<const sockaddr*>(&*address);
  UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), raw, sizeof *address) == 0) return fail("{}: another process listens there", path);
  // A socket that nobody listens on was left behind.
  if (errno == ECONNREFUSED) ::unlink(path.c_str());
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::bind(listener.get(), raw, sizeof *address) < 0) return fail("{}: {}", path, std::strerror(errno));
  if (::listen(listener.get(), 8) < 0) return fail("{}: {}", path, std::strerror(errno));
  std::unique_ptr<ControlServer> server(new ControlServer(path, std::move(listener), reactor, exchange));
  auto* self = server.get();
  if (auto watched = reactor.watch(self->listener_.get(), EPOLLIN, [self](uint32_t) { self->accept(); }); !watched) {
    return tl::unexpected(watched.error());
  }
  return server;
}

ControlServer::ControlServer(std::string path, UniqueFd listener, Reactor& reactor, Exchange& exchange)
    : path_(std::move(path)), listener_(std::move(listener)), reactor_(reactor), exchange_(exchange) {}

ControlServer::~ControlServer() {
  *alive_ = false;
  for (auto& [id, client] : clients_) reactor_.unwatch(client.socket.get());
  reactor_.unwatch(listener_.get());
  ::unlink(path_.c_str());
}

void ControlServer::accept() {
  UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) return;
  uint64_t id = ++last_client_;
  int fd = socket.get();
  clients_.emplace(id, Client{std::move(socket), {}});
  if (!reactor_.watch(fd, EPOLLIN, [this, id](uint32_t) { read(id); })) clients_.erase(id);
}

void ControlServer::read(uint64_t id) {
  auto found = clients_.find(id);
  if (found == clients_.end()) return;
  char buffer[4096];
  ssize_t length = ::recv(found->second.socket.get(), buffer, sizeof buffer, 0);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) return close(id);
  found->second.unread.append(buffer, static_cast<size_t>(length));
  // Answering may close the client.
  while ((found = clients_.find(id)) != clients_.end()) {
    std::string& unread = found->second.unread;
    auto end = unread.find('\n');
    if (end == std::string::npos) {
      if (unread.size() > kLongestLine) close(id);
      return;
    }
    auto request = Exchange::Json::parse(unread.substr(0, end), nullptr, false);
    unread.erase(0, end + 1);
    if (request.is_discarded()) {
      send(id, {{"ok", false}, {"error", "that is no JSON"}});
      continue;
    }
    exchange_.handle(request, [this, id, alive = alive_](const Exchange::Json& answer) {
      if (*alive) send(id, answer);
    });
  }
}

void ControlServer::send(uint64_t id, const Exchange::Json& answer) {
  auto found = clients_.find(id);
  if (found == clients_.end()) return;
  std::string line = answer.dump() + "\n";
  // Whoever asks and does not read is let go.
  if (::send(found->second.socket.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    close(id);
}

void ControlServer::close(uint64_t id) {
  auto found = clients_.find(id);
  if (found == clients_.end()) return;
  reactor_.unwatch(found->second.socket.get());
  clients_.erase(found);
}

}  // namespace sg::pstnsim
