#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/reactor.h"
#include "base/unique_fd.h"
#include "tools/pstnsim/exchange.h"

namespace sg::pstnsim {

// The control socket: a Unix stream; a JSON object a line in, a JSON object a line out. One thread.
class ControlServer {
 public:
  // Error: the path is in use by another process, or cannot be bound.
  static Result<std::unique_ptr<ControlServer>> make(const std::string& path, Reactor& reactor, Exchange& exchange);
  ~ControlServer();

 private:
  static constexpr size_t kLongestLine = 64 * 1024;

  struct Client {
    UniqueFd socket;
    std::string unread;
  };

  ControlServer(std::string path, UniqueFd listener, Reactor& reactor, Exchange& exchange);
  void accept();
  void read(uint64_t id);
  void send(uint64_t id, const Exchange::Json& answer);
  void close(uint64_t id);

  std::string path_;
  UniqueFd listener_;
  Reactor& reactor_;
  Exchange& exchange_;
  std::map<uint64_t, Client> clients_;
  uint64_t last_client_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // answers may come late
};

}  // namespace sg::pstnsim
