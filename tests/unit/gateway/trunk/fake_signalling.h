#pragma once

#include <algorithm>
#include <vector>

#include "base/lifetime.h"
#include "base/reactor.h"
#include "tdm/signalling.h"

namespace sg::trunk::testing {

// An interface of one span, timeslots from 1 on, whose far end does what the test says. Owned by its trunk.
class FakeSignalling final : public tdm::Signalling {
 public:
  FakeSignalling(Reactor& reactor, uint16_t span, uint8_t lines) : reactor_(reactor) {
    for (uint8_t number = 1; number <= lines; ++number) slots.emplace_back().slot = {span, number};
  }

  void set_listener(Listener* to) override { listener = to; }
  Status status() const override { return {is_up, "fake", slots, {}}; }
  int refusal_cause() const override {
    if (!is_up) return 27;
    return std::ranges::any_of(slots, is_free) ? 0 : 34;
  }
  Result<OutgoingCall> setup(const tdm::Setup& setup) override {
    setups.push_back(setup);
    auto taken = take();
    if (!taken) return fail("no timeslot is free");
    return OutgoingCall{taken->call, taken->slot};
  }
  // The far end calls.
  tdm::SignallingCallId call(const tdm::Setup& setup) {
    auto taken = take();
    listener->on_setup(taken->call, taken->slot, setup);
    return taken->call;
  }
  void release(tdm::SignallingCallId call, int cause) override {
    auto slot = std::ranges::find(slots, call, &SlotStatus::call);
    if (slot == slots.end()) return;
    slot->call = {};
    slot->state = SlotState::Idle;
    reactor_.post(lifetime_.guard([this, call, cause] { listener->on_released(call, cause); }));
  }
  bool set_blocked(tdm::Timeslot slot, bool is_blocked) override {
    auto found = std::ranges::find(slots, slot, &SlotStatus::slot);
    if (found == slots.end()) return false;
    found->is_blocked = is_blocked;
    return true;
  }
  void on_alarms_changed(uint16_t span, tdm::AlarmSet alarms) override { alarms_heard.emplace_back(span, alarms); }

  void setup_acknowledge(tdm::SignallingCallId, bool) override {}
  void proceeding(tdm::SignallingCallId) override {}
  void alerting(tdm::SignallingCallId, bool) override {}
  void progress(tdm::SignallingCallId, tdm::Progress, int) override {}
  void answer(tdm::SignallingCallId) override {}
  void disconnect_with_announcement(tdm::SignallingCallId, int) override {}
  void information(tdm::SignallingCallId, const std::string&) override {}
  void notify(tdm::SignallingCallId, uint8_t) override {}

  bool is_up = true;
  std::vector<SlotStatus> slots;
  std::vector<tdm::Setup> setups;
  std::vector<std::pair<uint16_t, tdm::AlarmSet>> alarms_heard;
  Listener* listener = nullptr;

 private:
  static bool is_free(const SlotStatus& slot) { return slot.state == SlotState::Idle && !slot.is_blocked; }
  SlotStatus* take() {
    auto free = std::ranges::find_if(slots, is_free);
    if (free == slots.end()) return nullptr;
    free->state = SlotState::InUse;
    free->call = tdm::SignallingCallId{++last_};
    return &*free;
  }

  Reactor& reactor_;
  uint64_t last_ = 0;
  Lifetime lifetime_;
};

}  // namespace sg::trunk::testing
