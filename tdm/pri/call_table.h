#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/counters.h"
#include "base/fsm.h"
#include "base/reactor.h"
#include "tdm/signalling.h"

typedef struct q931_call q931_call;

namespace sg::tdm::pri {

// The call states of Q.931 2.1, as far as they differ for us; both directions in one.
enum class CallState : uint8_t {
  Setup,    // ours sent, or the peer's told to the listener
  Overlap,  // SETUP ACKNOWLEDGE sent or received
  Proceeding,
  Alerting,
  Active,
  Disconnected,  // DISCONNECT came and an announcement plays
  Announcing,    // DISCONNECT sent and our announcement plays
  Releasing,     // we hung up: waiting for the far end
  Over,          // on_released is about to be told
};

// Messages of the far end.
enum class CallEvent : uint8_t {
  SetupAcknowledge,
  CallProceeding,
  Progress,
  Alerting,
  Connect,
  Disconnect,
};

std::string_view name_of(CallState state);
std::string_view name_of(CallEvent event);

// One call. `handle` is libpri's and is good only while Link::exists(handle).
struct Call {
  Call(SignallingCallId call_id, q931_call* q931, Reactor& clock, Counters& counters, const Log& log);

  static const FsmTable<CallState, CallEvent>& table();
  CallState state() const { return fsm.state(); }
  // Stays where it is there already.
  void enter(CallState next);
  // A DISCONNECT has gone one way or the other, or the call is over.
  bool is_ending() const { return state() >= CallState::Disconnected; }
  // Commands mean nothing to it any more.
  bool is_released() const { return state() >= CallState::Releasing; }
  bool is_answered() const { return state() >= CallState::Active; }

  SignallingCallId id;
  q931_call* handle;
  int reference = -1;  // call reference value
  bool outgoing = false;
  // Not set while the timeslot was lost to the far end's call (glare) and no other is agreed yet, and while the far end
  // holds the call.
  std::optional<Timeslot> slot;
  Setup setup;  // outgoing: kept for a retry on another timeslot
  int retries = 0;
  std::optional<int> transfer;  // the far end's request to join it with another, still without an answer
  int release_cause = 0;        // why we hung up; 0: the far end did
  int told_cause = 0;           // in the DISCONNECT that an announcement follows; 0: none came
  Timer timer;                  // T301, T302, T304, T306 or T310: one at a time
  Reactor& reactor;
  Fsm<CallState, CallEvent> fsm;
};

// Calls by id and by libpri's pointer: events that end a call come with the pointer only.
class CallTable {
 public:
  // `name`: of the interface, for the log. All outlive the table.
  CallTable(Reactor& reactor, Counters& counters, std::string name)
      : reactor_(reactor), counters_(counters), name_(std::move(name)) {}

  Call& add(SignallingCallId id, q931_call* handle);
  Call* find(SignallingCallId id);
  Call* find(q931_call* handle);
  void rebind(Call& call, q931_call* handle);
  void erase(SignallingCallId id);
  SignallingCallId next_id() { return {++last_}; }
  size_t size() const { return by_id_.size(); }
  std::vector<SignallingCallId> ids() const;

 private:
  Reactor& reactor_;
  Counters& counters_;
  const std::string name_;
  std::unordered_map<SignallingCallId, std::unique_ptr<Call>> by_id_;
  std::unordered_map<q931_call*, Call*> by_handle_;
  uint64_t last_ = 0;
};

}  // namespace sg::tdm::pri
