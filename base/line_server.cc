#include "base/line_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/log.h"

namespace sg {
namespace {

constexpr Duration kNoDescriptorPause = 1s;

}  // namespace

LineServer::LineServer(Reactor& reactor, UniqueFd listening, Limits limits, Counted counted, OnRequest on_request)
    : reactor_(reactor),
      listening_(std::move(listening)),
      limits_(std::move(limits)),
      counted_(counted),
      on_request_(std::move(on_request)),
      pause_(reactor) {
  listen();
}

LineServer::~LineServer() {
  reactor_.unwatch(listening_.get());
  for (auto& [client, connection] : connections_) reactor_.unwatch(connection.fd.get());
}

void LineServer::answer(Client client, std::string_view line) {
  auto found = connections_.find(client);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  connection.is_waiting = false;
  connection.out.append(line) += '\n';
  if (!connection.is_served) serve(client);
}

void LineServer::listen() {
  if (auto watched = reactor_.watch(listening_.get(), EPOLLIN, [this](uint32_t) { accept_one(); }); !watched) {
    Log().error("the control socket is deaf: {}", watched.error().message);
  }
}

void LineServer::accept_one() {
  UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return on_accept_error(errno);
  if (connections_.size() >= limits_.clients && !make_room()) return counted_.turned_away.add();
  Client client = ++last_;
  int raw_fd = fd.get();
  connections_[client].fd = std::move(fd);
  connections_[client].heard = reactor_.now();
  auto watched = reactor_.watch(raw_fd, EPOLLIN, [this, client](uint32_t events) { on_ready(client, events); });
  if (!watched) connections_.erase(client);
}

// Who says nothing must not keep others out: the one that has been silent for longest goes. Those whose request is
// worked on stay. False: all do.
bool LineServer::make_room() {
  std::optional<Client> idlest;
  for (const auto& [client, connection] : connections_) {
    bool is_idler = !idlest || connection.heard < connections_.at(*idlest).heard;
    if (!connection.is_waiting && is_idler) idlest = client;
  }
  if (!idlest) return false;
  counted_.dropped_idle.add();
  drop(*idlest);
  return true;
}

// Where descriptors or memory have run out the client stays in the queue, and the socket ready: looking at once again
// would find the same.
void LineServer::on_accept_error(int error) {
  if (error == EAGAIN || error == EINTR || error == ECONNABORTED) return;
  counted_.accept_errors.add();
  Log().error("a client of the control socket waits: {}", std::strerror(error));
  reactor_.unwatch(listening_.get());
  pause_.arm(kNoDescriptorPause, [this] { listen(); });
}

void LineServer::on_ready(Client client, uint32_t events) {
  auto found = connections_.find(client);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  if (events & (EPOLLERR | EPOLLHUP)) return drop(client);
  if (events & EPOLLIN) {
    char buffer[4096];
    ssize_t count = ::recv(connection.fd.get(), buffer, sizeof buffer, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return drop(client);
    if (count > 0) {
      connection.in.append(buffer, static_cast<size_t>(count));
      connection.heard = reactor_.now();
    }
  }
  serve(client);
}

// Takes the requests that are whole, until one is not answered at once, and sends what is to be sent.
void LineServer::serve(Client client) {
  Connection& connection = connections_.at(client);
  connection.is_served = true;
  size_t end;
  while (!connection.is_waiting && !connection.is_leaving && (end = connection.in.find('\n')) != std::string::npos) {
    std::string line = connection.in.substr(0, end);
    connection.in.erase(0, end + 1);
    connection.is_waiting = true;
    on_request_(client, std::move(line));
  }
  connection.is_served = false;
  if (connection.in.size() > limits_.octets && !connection.is_leaving) {
    counted_.too_long.add();
    connection.out.append(limits_.told_above_octets) += '\n';
    connection.is_leaving = true;
  }
  flush(client);
}

void LineServer::flush(Client client) {
  Connection& connection = connections_.at(client);
  while (!connection.out.empty()) {
    ssize_t count = ::send(connection.fd.get(), connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return drop(client);
    connection.out.erase(0, static_cast<size_t>(count));
  }
  if (connection.out.empty() && connection.is_leaving) return drop(client);
  uint32_t events = 0;
  if (!connection.out.empty()) {
    events = EPOLLOUT;
  } else if (!connection.is_waiting) {
    events = EPOLLIN;
  }
  auto watched =
      reactor_.watch(connection.fd.get(), events, [this, client](uint32_t ready) { on_ready(client, ready); });
  if (!watched) drop(client);
}

void LineServer::drop(Client client) {
  reactor_.unwatch(connections_.at(client).fd.get());
  connections_.erase(client);
}

}  // namespace sg
