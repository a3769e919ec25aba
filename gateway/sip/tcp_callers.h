#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/reactor.h"
#include "base/socket_address.h"
#include "base/unique_fd.h"

namespace sg::sip {

// Who has called by TCP and is not answered yet. When the connection that the INVITE came on is gone, the answer would
// go by a new one to the address that the request came from and the port of its Via (RFC 3261 section 18.2.2): so that
// is opened. Where it cannot be, nobody is there any more who would hear an answer.
// Owned by the SipAgent, outlives its legs. Signalling thread only.
class TcpCallers {
 public:
  using OnUnreachable = std::function<void()>;

  // One caller, for as long as this lives.
  class Caller {
   public:
    Caller(TcpCallers& all, const SocketAddress& source, const SocketAddress& answers_to, OnUnreachable on_unreachable);
    ~Caller();
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

   private:
    friend class TcpCallers;
    void try_to_reach();
    void stop_trying();
    void on_tried(int error);

    TcpCallers& all_;
    const std::string source_;
    const SocketAddress answers_to_;
    const OnUnreachable on_unreachable_;
    bool is_tried_ = false;
    UniqueFd fd_;
    Timer patience_;
  };

  explicit TcpCallers(Reactor& reactor) : reactor_(reactor) {}

  // `source`: where the INVITE came from. `port`: that of its Via; 0: it has none. `on_unreachable` is called from the
  // loop, once at most, and may end the caller.
  std::unique_ptr<Caller> add(const SocketAddress& source, uint16_t port, OnUnreachable on_unreachable);
  void on_connection_gone(const SocketAddress& peer);

 private:
  Reactor& reactor_;
  std::multimap<std::string, Caller*> callers_;  // by source
};

}  // namespace sg::sip
