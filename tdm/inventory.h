#pragma once

#include <map>
#include <optional>
#include <vector>

#include "tdm/signalling.h"

namespace sg::tdm {

// Which timeslots of an interface are free, and what keeps the others from being so. A value; no I/O, no clock.
// Several things can be true of one timeslot at once: a call may stand on it while its span is in alarm.
class Inventory {
 public:
  using SlotState = Signalling::SlotState;

  Inventory(const std::vector<Timeslot>& slots, HuntOrder hunt);

  // Takes the next free timeslot for the call; none when all are taken, blocked or in alarm.
  std::optional<Timeslot> seize(SignallingCallId call);
  // Takes this timeslot if it is free.
  bool seize(Timeslot slot, SignallingCallId call);
  // Gives the timeslot to another call than the one that has it now.
  void hand_over(Timeslot slot, SignallingCallId call);
  // Frees the timeslot if this call has it.
  void release(Timeslot slot, SignallingCallId call);

  void set_restarting(Timeslot slot, bool restarting);
  void set_out_of_service(Timeslot slot, bool out_of_service);
  void set_blocked(Timeslot slot, bool blocked);
  void set_in_alarm(uint16_t span, bool in_alarm);

  bool is_blocked(Timeslot slot) const;
  bool contains(Timeslot slot) const { return slots_.contains(slot); }
  SlotState state(Timeslot slot) const;
  // The call on it; the null id when there is none.
  SignallingCallId call_on(Timeslot slot) const;
  size_t idle() const;
  size_t in_use() const;
  std::vector<Signalling::SlotStatus> status() const;

 private:
  struct Slot {
    SignallingCallId call;
    bool blocked = false;
    bool restarting = false;
    bool out_of_service = false;
    bool in_alarm = false;

    SlotState state() const;
  };

  std::map<Timeslot, Slot> slots_;
  HuntOrder hunt_;
  Timeslot last_;  // RoundRobin: the one taken last
};

}  // namespace sg::tdm
