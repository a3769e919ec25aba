#pragma once

#include <deque>
#include <functional>
#include <optional>

#include "base/counters.h"
#include "base/log.h"
#include "base/reactor.h"
#include "tdm/inventory.h"

namespace sg::tdm::pri {

// RESTART of ours (Q.931 5.5): one timeslot at a time, which takes no calls until the far end has acknowledged. T316
// has it sent twice; then the timeslot is out of service.
// Owned by an Interface; signalling thread only.
class RestartSupervisor {
 public:
  // `send` sends RESTART for a timeslot. All that is named outlives this.
  RestartSupervisor(Reactor& reactor, Inventory& inventory, Duration t316, std::function<void(Timeslot)> send,
                    Counters& counters, Log log);

  // The interface is up: what is asked for can be sent. Down: what was asked for is forgotten.
  void set_up(bool is_up);
  // An idle timeslot.
  void restart(Timeslot slot);
  // All that are idle, as the interface has come up: no call of an earlier life of ours is left on them.
  void restart_all();
  // The far end begins a call on a timeslot that only waits for its RESTART, and so has it idle.
  void on_call(Timeslot slot);
  // An acknowledgement. Not set: it does not say of what, and so is that of the one that we asked for.
  void on_acknowledged(std::optional<Timeslot> slot);
  // Another D-channel has the messages now: what was not acknowledged may be lost.
  void send_again();

 private:
  void next();
  void send();
  void on_t316();

  Inventory& inventory_;
  const Duration t316_after_;
  const std::function<void(Timeslot)> send_;
  Counter& timer_expiries_;
  Log log_;
  bool is_up_ = false;
  std::deque<Timeslot> waiting_;
  std::optional<Timeslot> sent_;
  int times_sent_ = 0;
  // Of restart_all(): nothing has been acknowledged yet, and the far end may not know RESTART at all.
  bool is_restarting_all_ = false;
  bool is_answered_ = false;
  Timer t316_;
};

}  // namespace sg::tdm::pri
