#include "gateway/admin/server.h"

#include <unistd.h>

#include <thread>

#include "base/event_loop.h"
#include "base/line_server.h"
#include "base/text.h"
#include "base/unix_socket.h"
#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

constexpr mode_t kMode = 0660;

Json refusal(const std::string& why) {
  return {{"ok", false}, {"error", why}};
}

std::string line_of(const Json& reply) {
  return escaped_json(reply.dump(-1, ' ', false, Json::error_handler_t::replace));
}

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
      : path_(std::move(path)),
        signalling_(signalling),
        view_(view),
        requests_(counters.get("admin.requests")),
        malformed_(counters.get("admin.malformed")),
        thread_(std::make_shared<Thread>()) {
    LineServer::Limits limits{.told_above_octets = line_of(refusal("the request is too long"))};
    LineServer::Counted counted{malformed_, counters.get("admin.turned_away"), counters.get("admin.dropped_idle"),
                                counters.get("admin.accept_errors")};
    thread_->clients =
        std::make_unique<LineServer>(thread_->loop, std::move(listening), std::move(limits), counted,
                                     [this](Client client, const std::string& line) { on_request(client, line); });
    thread_->runs = std::thread([thread = thread_.get()] { thread->loop.run(); });
  }

  ~UnixServer() override {
    thread_->loop.stop();
    thread_->runs.join();
    thread_->clients.reset();
    ::unlink(path_.c_str());
  }

 private:
  using Client = LineServer::Client;
  // The admin thread's. Lives as long as the server: a reply that comes later finds it gone, as both happen on the
  // signalling thread.
  struct Thread {
    EventLoop loop;
    std::unique_ptr<LineServer> clients;
    std::thread runs;
  };

  // Admin thread.
  void on_request(Client client, const std::string& line) {
    requests_.add();
    Json request = Json::parse(line, nullptr, false);
    if (!request.is_object() || !request.contains("command") || !request["command"].is_string()) {
      malformed_.add();
      auto reply = refusal("a request is a JSON object with a \"command\", on one line");
      return thread_->clients->answer(client, line_of(reply));
    }
    std::weak_ptr<Thread> thread = thread_;
    signalling_.post([thread, &view = view_, client, request = std::move(request)] {
      if (thread.expired()) return;
      run(request, view, [thread, client](Result<Json> result) {
        auto alive = thread.lock();
        if (!alive) return;
        Json reply = result ? Json{{"ok", true}, {"result", std::move(*result)}} : refusal(result.error().message);
        alive->loop.post(
            [clients = alive->clients.get(), client, line = line_of(reply)] { clients->answer(client, line); });
      });
    });
  }

  std::string path_;
  Reactor& signalling_;
  View& view_;
  Counter& requests_;
  Counter& malformed_;
  std::shared_ptr<Thread> thread_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const std::string& path, View& view, Reactor& signalling,
                                              Counters& counters) {
  auto listening = listen_on_unix(path, kMode);
  if (!listening) return fail_with(listening.error(), "control socket {}", path);
  return std::unique_ptr<Server>(new UnixServer(path, std::move(*listening), view, signalling, counters));
}

}  // namespace sg::admin
