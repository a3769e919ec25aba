#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "party/party.h"
#include "tdm/call_tones.h"
#include "tdm/types.h"

namespace sg::tdm {

// A call on one signalling interface. Given by the Signalling for both directions; never used twice.
using SignallingCallId = Id<struct SignallingCallTag>;

// Notification descriptions of Q.931 4.5.22, EN 300 141-1 (hold) and EN 300 188-1 (three party).
constexpr uint8_t kConferenceEstablished = 0x42, kConferenceDisconnected = 0x43;
constexpr uint8_t kRemoteHold = 0x79, kRemoteRetrieval = 0x7a;

// What a SETUP says, in either direction.
struct Setup {
  party::Number called;
  bool called_complete = true;  // false: overlap, more digits follow
  party::CallingParty calling;
  std::optional<party::Redirection> redirection;
  BearerCapability bearer = BearerCapability::Audio31k;
  std::optional<party::Subaddress> called_subaddress, calling_subaddress;
  std::optional<party::UserUser> user_user;
};

// Q.931 4.5.23 progress descriptions.
struct Progress {
  bool inband_available = false;     // 8: listen
  bool not_end_to_end_isdn = false;  // 1
};

// One interface that sets calls up on timeslots: an ISDN D-channel, an analog line group. It owns the inventory of its
// timeslots: it chooses one for each outgoing call, and tells when a call moves. Signalling thread only.
// Every call, either way, ends with exactly one on_released, after which its id and its timeslot are free.
class Signalling {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Incoming call. The timeslot is reserved for it. Answer with proceeding/alerting/… or release.
    virtual void on_setup(SignallingCallId call, Timeslot slot, const Setup& setup) = 0;
    // Further called-party digits of an incoming overlap call, or digits in the active state.
    virtual void on_information(SignallingCallId call, const std::string& digits) = 0;
    // The network wants more digits of an outgoing overlap call; Progress tells whether dial tone is in band.
    virtual void on_setup_acknowledged(SignallingCallId call, Progress progress) = 0;
    virtual void on_proceeding(SignallingCallId call, Progress progress) = 0;
    // `cause`: the one inside the PROGRESS, or 0.
    virtual void on_progress(SignallingCallId call, Progress progress, int cause) = 0;
    virtual void on_alerting(SignallingCallId call, Progress progress) = 0;
    virtual void on_answered(SignallingCallId call, Progress progress) = 0;
    // The call goes on in another timeslot (the far end chose, or cause 44 was retried). Before any answer.
    virtual void on_timeslot_changed(SignallingCallId call, Timeslot slot) = 0;
    // An answered call stands without its timeslot, which its user needs for another call; on_timeslot_changed gives it
    // back.
    virtual void on_timeslot_left(SignallingCallId /*call*/) {}
    // The user of both calls wants their far ends joined, and is gone itself. Both calls are to be released: when that
    // is done, or cannot be.
    virtual void on_transfer(SignallingCallId /*call*/, SignallingCallId /*other*/) {}
    // The user of both calls wants to talk with both far ends. Once it does in `call`, the other is to be released.
    virtual void on_conference(SignallingCallId /*call*/, SignallingCallId /*held*/) {}
    // DISCONNECT came. With inband_available an announcement plays: call release() when done with it.
    virtual void on_disconnected(SignallingCallId call, int cause, Progress progress) = 0;
    // The call is over and its timeslot idle. `cause`: Q.850.
    virtual void on_released(SignallingCallId call, int cause) = 0;
    // One of kRemoteHold and its like, or others as Q.931 4.5.22.
    virtual void on_notify(SignallingCallId call, uint8_t description) = 0;
    // The line of a call fails, or is well again: told before the call ends of it, if it does.
    virtual void on_line_changed(SignallingCallId /*call*/, const LineFault&) {}
    virtual void on_interface_up() = 0;
    virtual void on_interface_down() = 0;
    // The far end of both answered calls wants what is behind them joined: answer with join_answered().
    virtual void on_join_wanted(SignallingCallId /*call*/, SignallingCallId /*other*/) {}
  };

  enum class SlotState : uint8_t { Idle, InUse, Blocked, OutOfService, Restarting, InAlarm };
  struct SlotStatus {
    Timeslot slot;
    SlotState state = SlotState::Idle;
    SignallingCallId call;    // when InUse
    std::string detail = {};  // of an analog port: what it does ("ringing"), or why it does not work
    bool is_blocked = false;  // by set_blocked(), whatever its state: a call may stand on it still
  };
  struct Status {
    bool is_up = false;
    std::string name;  // "EuroISDN user, span 1, D-channel 16"
    std::vector<SlotStatus> slots;
    std::vector<std::pair<std::string, uint64_t>> counters;
  };
  struct OutgoingCall {
    SignallingCallId call;
    Timeslot slot;
    // False: the timeslot is not yet the media's to open; on_timeslot_changed says when.
    bool is_slot_ready = true;
  };

  virtual ~Signalling() = default;
  virtual void set_listener(Listener* listener) = 0;
  virtual Status status() const = 0;

  // Error::message says why; the Q.850 cause of a refusal is 34 when no timeslot is free and 27 when the interface is
  // down: see refusal_cause().
  virtual Result<OutgoingCall> setup(const Setup& setup) = 0;
  // The Q.850 cause that setup() would be refused with now; 0 when it would be taken.
  virtual int refusal_cause() const = 0;

  // Incoming calls.
  virtual void setup_acknowledge(SignallingCallId call, bool inband_dial_tone) = 0;
  virtual void proceeding(SignallingCallId call) = 0;
  virtual void alerting(SignallingCallId call, bool inband_available) = 0;
  virtual void progress(SignallingCallId call, Progress progress, int cause) = 0;
  virtual void answer(SignallingCallId call) = 0;
  // Announcement before release: DISCONNECT with progress indicator 8, answering side of the network.
  virtual void disconnect_with_announcement(SignallingCallId call, int cause) = 0;
  // Outgoing overlap calls: more digits.
  virtual void information(SignallingCallId call, const std::string& digits) = 0;
  virtual void notify(SignallingCallId call, uint8_t description) = 0;
  // Both directions, any state. on_released follows.
  virtual void release(SignallingCallId call, int cause) = 0;
  // Asks the far end to join both calls, which are answered, and to take them off this interface: a two-B-channel
  // transfer (EN 300 369, GR-2865). It ends them when it does; when it does not, nothing changes.
  // Error: it cannot be asked.
  virtual Result<> join(SignallingCallId /*call*/, SignallingCallId /*other*/) {
    return fail("lines of this kind join no calls");
  }
  // Answers on_join_wanted(): both calls are released then, or go on.
  virtual void join_answered(SignallingCallId /*call*/, bool /*is_joined*/) {}
  // On a line that has no other way to say that the far end of this call is gone: the zone by whose busy tones it does.
  // Null: it has one.
  virtual const ToneZone* busy_tones(SignallingCallId) const { return nullptr; }
  // One of them was heard on the timeslot of the call.
  virtual void on_busy_tone(SignallingCallId) {}
  // The operator blocks a timeslot: it takes no call, of either side; one that is up goes on. The far end is told where
  // its language has a way to (SERVICE). False: the interface has no such timeslot.
  virtual bool set_blocked(Timeslot slot, bool is_blocked) = 0;
  // A span's alarms changed: timeslots in alarm take no new calls.
  virtual void on_alarms_changed(uint16_t span, AlarmSet alarms) = 0;
};

}  // namespace sg::tdm
