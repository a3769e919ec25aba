#include "tools/pstnsim/control.h"

#include <unistd.h>

#include "base/unix_socket.h"

namespace sg::pstnsim {
namespace {

// A test may wait for very many calls at once.
constexpr size_t kMostClients = 1000;

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::make(const std::string& path, Reactor& reactor,
                                                           Exchange& exchange) {
  auto listening = listen_on_unix(path, 0660);
  if (!listening) return fail_with(listening.error(), "{}", path);
  return std::unique_ptr<ControlServer>(new ControlServer(path, std::move(*listening), reactor, exchange));
}

ControlServer::ControlServer(std::string path, UniqueFd listening, Reactor& reactor, Exchange& exchange)
    : path_(std::move(path)),
      exchange_(exchange),
      clients_(reactor, std::move(listening),
               {.clients = kMostClients, .told_above_octets = refusal("the request is too long").dump()},
               {counters_.get("too_long"), counters_.get("turned_away"), counters_.get("dropped_idle"),
                counters_.get("accept_errors")},
               [this](LineServer::Client client, const std::string& line) { on_request(client, line); }) {}

ControlServer::~ControlServer() {
  ::unlink(path_.c_str());
}

void ControlServer::on_request(LineServer::Client client, const std::string& line) {
  auto request = Json::parse(line, nullptr, false);
  if (request.is_discarded()) return clients_.answer(client, refusal("that is no JSON").dump());
  exchange_.handle(request,
                   lifetime_.guard([this, client](const Json& answer) { clients_.answer(client, answer.dump()); }));
}

}  // namespace sg::pstnsim
