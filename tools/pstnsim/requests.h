#pragma once

#include <chrono>
#include <map>
#include <memory>

#include "base/reactor.h"
#include "tools/pstnsim/exchange.h"
#include "tools/pstnsim/faults.h"
#include "tools/pstnsim/json.h"

namespace sg::pstnsim {

// The requests of the control socket, and who waits for the end of a call. Owned by the exchange; its thread only.
class Requests {
 public:
  Requests(Exchange& exchange, Reactor& reactor) : exchange_(exchange), reactor_(reactor), faults_(exchange.lines()) {}

  // The answer comes at once, or later for "wait".
  void handle(const Json& request, Answer answer);
  // How a call ended.
  void on_released(uint64_t call, Json result);

 private:
  struct Waiter {
    Answer answer;
    std::unique_ptr<Timer> timer;
  };

  void answer(const Json& request, const Answer& answer);
  void wait(uint64_t call, std::chrono::milliseconds limit, Answer answer);
  Json calls() const;
  Json status() const;

  Exchange& exchange_;
  Reactor& reactor_;
  Faults faults_;
  std::map<uint64_t, Json> results_;  // of calls that are over, the latest ones
  std::multimap<uint64_t, Waiter> waiters_;
};

}  // namespace sg::pstnsim
