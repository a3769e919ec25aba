#include "gateway/admin/server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <thread>

#include "base/event_loop.h"
#include "base/log.h"
#include "base/text.h"
#include "base/unix_address.h"
#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

constexpr size_t kMaxClients = 32;
constexpr size_t kMaxRequest = 64 * 1024;
constexpr Duration kNoDescriptorPause = 1s;

Result<sockaddr_un> address_of(const std::string& path) {
  auto address = unix_address(path);
  if (path.empty() || !address)
    return fail("a socket's path has 1 to {} characters", sizeof(sockaddr_un::sun_path) - 1);
  return *address;
}

const sockaddr* raw(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Clears away the file of a process that is gone; never one that is alive, and nothing that is no socket.
Result<> clear_stale(const std::string& path, const sockaddr_un& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return fail("a file of that name exists and is no socket");
  UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(probe.get(), raw(address), sizeof address) == 0 || errno != ECONNREFUSED) {
    return fail("another process answers on it");
  }
  ::unlink(path.c_str());
  return {};
}

Result<UniqueFd> listen_on(const std::string& path) {
  auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  if (auto cleared = clear_stale(path, *address); !cleared) return tl::unexpected(cleared.error());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || ::bind(fd.get(), raw(*address), sizeof *address) != 0) return fail("{}", std::strerror(errno));
  // Nobody can connect before listen(), so the mode is narrow from the first client on.
  if (::chmod(path.c_str(), 0660) != 0 || ::listen(fd.get(), 8) != 0) return fail("{}", std::strerror(errno));
  return fd;
}

Json refusal(const std::string& why) {
  return {{"ok", false}, {"error", why}};
}

struct Client {
  UniqueFd fd;
  std::string in;
  std::string out;
  bool is_waiting = false;  // a command of its runs; the next is read after the reply
  bool is_leaving = false;  // closed once `out` is sent
  TimePoint heard;          // when it connected, or its last octet came
};

// The admin thread's part: clients, lines in, lines out.
class Desk {
 public:
  using Id = uint64_t;
  using Submit = std::function<void(Id client, Json request)>;

  Desk(EventLoop& loop, UniqueFd listening, Submit submit, Counters& counters)
      : loop_(loop),
        listening_(std::move(listening)),
        submit_(std::move(submit)),
        requests_(counters.get("admin.requests")),
        malformed_(counters.get("admin.malformed")),
        turned_away_(counters.get("admin.turned_away")),
        dropped_idle_(counters.get("admin.dropped_idle")),
        accept_errors_(counters.get("admin.accept_errors")),
        pause_(loop) {
    listen();
  }
  ~Desk() {
    loop_.unwatch(listening_.get());
    for (auto& [id, client] : clients_) loop_.unwatch(client.fd.get());
  }

  void answer(Id id, const Json& reply) {
    auto found = clients_.find(id);
    if (found == clients_.end()) return;
    found->second.is_waiting = false;
    say(found->second, reply);
    serve(id);
  }

 private:
  void listen() {
    if (auto watched = loop_.watch(listening_.get(), EPOLLIN, [this](uint32_t) { accept_one(); }); !watched) {
      Log("admin").error("the control socket is deaf: {}", watched.error().message);
    }
  }

  void accept_one() {
    UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return on_accept_error(errno);
    if (clients_.size() >= kMaxClients && !make_room()) return turned_away_.add();
    Id id = ++last_;
    int raw_fd = fd.get();
    clients_[id].fd = std::move(fd);
    clients_[id].heard = loop_.now();
    if (!loop_.watch(raw_fd, EPOLLIN, [this, id](uint32_t events) { on_ready(id, events); })) clients_.erase(id);
  }

  // Who says nothing must not keep others out: the one that has been silent for longest goes. Those whose command runs
  // stay. False: all do.
  bool make_room() {
    std::optional<Id> idlest;
    for (const auto& [id, client] : clients_) {
      if (!client.is_waiting && (!idlest || client.heard < clients_.at(*idlest).heard)) idlest = id;
    }
    if (!idlest) return false;
    dropped_idle_.add();
    drop(*idlest);
    return true;
  }

  // Where descriptors or memory have run out the client stays in the queue, and the socket ready: looking at once again
  // would find the same.
  void on_accept_error(int error) {
    if (error == EAGAIN || error == EINTR || error == ECONNABORTED) return;
    accept_errors_.add();
    Log("admin").error("a client of the control socket waits: {}", std::strerror(error));
    loop_.unwatch(listening_.get());
    pause_.arm(kNoDescriptorPause, [this] { listen(); });
  }

  void on_ready(Id id, uint32_t events) {
    auto found = clients_.find(id);
    if (found == clients_.end()) return;
    Client& client = found->second;
    if (events & (EPOLLERR | EPOLLHUP)) return drop(id);
    if (events & EPOLLIN) {
      char buffer[4096];
      ssize_t count = ::recv(client.fd.get(), buffer, sizeof buffer, 0);
      if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return drop(id);
      if (count > 0) {
        client.in.append(buffer, static_cast<size_t>(count));
        client.heard = loop_.now();
      }
    }
    serve(id);
  }

  // Takes the next request, if one is whole and none runs, and sends what is to be sent.
  void serve(Id id) {
    Client& client = clients_.at(id);
    size_t end;
    while (!client.is_waiting && !client.is_leaving && (end = client.in.find('\n')) != std::string::npos) {
      std::string line = client.in.substr(0, end);
      client.in.erase(0, end + 1);
      take(id, client, line);
    }
    if (client.in.size() > kMaxRequest && !client.is_leaving) {
      malformed_.add();
      say(client, refusal("the request is too long"));
      client.is_leaving = true;
    }
    flush(id, client);
  }

  void take(Id id, Client& client, const std::string& line) {
    requests_.add();
    Json request = Json::parse(line, nullptr, false);
    if (!request.is_object() || !request.contains("command") || !request["command"].is_string()) {
      malformed_.add();
      return say(client, refusal("a request is a JSON object with a \"command\", on one line"));
    }
    client.is_waiting = true;
    submit_(id, std::move(request));
  }

  static void say(Client& client, const Json& reply) {
    client.out += escaped_json(reply.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n";
  }

  void flush(Id id, Client& client) {
    while (!client.out.empty()) {
      ssize_t count = ::send(client.fd.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) break;
      if (count < 0) return drop(id);
      client.out.erase(0, static_cast<size_t>(count));
    }
    if (client.out.empty() && client.is_leaving) return drop(id);
    // Nothing more is read from a client that waits for its reply or has not taken it: so neither buffer grows.
    uint32_t events = 0;
    if (!client.out.empty()) {
      events = EPOLLOUT;
    } else if (!client.is_waiting) {
      events = EPOLLIN;
    }
    if (!loop_.watch(client.fd.get(), events, [this, id](uint32_t ready) { on_ready(id, ready); })) drop(id);
  }

  void drop(Id id) {
    loop_.unwatch(clients_.at(id).fd.get());
    clients_.erase(id);
  }

  EventLoop& loop_;
  UniqueFd listening_;
  Submit submit_;
  Counter& requests_;
  Counter& malformed_;
  Counter& turned_away_;
  Counter& dropped_idle_;
  Counter& accept_errors_;
  Timer pause_;
  std::map<Id, Client> clients_;
  Id last_ = 0;
};

void run(const Json& request, View& view, const Reply& reply) {
  auto name = request["command"].get<std::string>();
  for (const Command& command : commands()) {
    if (command.name == name) return command.run(request, view, reply);
  }
  reply(fail("unknown command \"{}\": try \"help\"", name));
}

class UnixServer final : public Server {
 public:
  UnixServer(std::string path, UniqueFd listening, View& view, Reactor& signalling, Counters& counters)
      : path_(std::move(path)), hall_(std::make_shared<Hall>()), signalling_(signalling), view_(view) {
    auto submit = [this](Desk::Id client, Json request) { on_request(client, std::move(request)); };
    hall_->desk = std::make_unique<Desk>(hall_->loop, std::move(listening), submit, counters);
    thread_ = std::thread([hall = hall_.get()] { hall->loop.run(); });
  }

  ~UnixServer() override {
    hall_->loop.stop();
    thread_.join();
    hall_->desk.reset();
    ::unlink(path_.c_str());
  }

 private:
  // Lives as long as the server. A reply that comes later finds it gone: both happen on the signalling thread.
  struct Hall {
    EventLoop loop;
    std::unique_ptr<Desk> desk;
  };

  // Admin thread.
  void on_request(Desk::Id client, Json request) {
    std::weak_ptr<Hall> hall = hall_;
    signalling_.post([hall, &view = view_, client, request = std::move(request)] {
      if (hall.expired()) return;
      run(request, view, [hall, client](Result<Json> result) {
        auto alive = hall.lock();
        if (!alive) return;
        Json reply = result ? Json{{"ok", true}, {"result", std::move(*result)}} : refusal(result.error().message);
        alive->loop.post([desk = alive->desk.get(), client, reply = std::move(reply)] { desk->answer(client, reply); });
      });
    });
  }

  std::string path_;
  std::shared_ptr<Hall> hall_;
  Reactor& signalling_;
  View& view_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const std::string& path, View& view, Reactor& signalling,
                                              Counters& counters) {
  auto listening = listen_on(path);
  if (!listening) return fail_with(listening.error(), "control socket {}", path);
  return std::unique_ptr<Server>(new UnixServer(path, std::move(*listening), view, signalling, counters));
}

}  // namespace sg::admin
