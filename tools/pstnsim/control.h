#pragma once

#include <memory>
#include <string>

#include "base/lifetime.h"
#include "base/line_server.h"
#include "tools/pstnsim/exchange.h"

namespace sg::pstnsim {

// The control socket: a Unix stream; a JSON object a line in, a JSON object a line out. One thread.
class ControlServer {
 public:
  // Error: the path is in use by another process, or cannot be bound.
  static Result<std::unique_ptr<ControlServer>> make(const std::string& path, Reactor& reactor, Exchange& exchange);
  ~ControlServer();

 private:
  ControlServer(std::string path, UniqueFd listening, Reactor& reactor, Exchange& exchange);
  void on_request(LineServer::Client client, const std::string& line);

  std::string path_;
  Exchange& exchange_;
  Counters counters_;
  LineServer clients_;
  Lifetime lifetime_;  // answers may come late
};

}  // namespace sg::pstnsim
