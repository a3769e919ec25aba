#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "base/counters.h"
#include "base/lifetime.h"
#include "base/log.h"
#include "base/reactor.h"
#include "tdm/backend.h"
#include "tdm/pri/call_table.h"
#include "tdm/pri/channel_numbers.h"
#include "tdm/pri/config.h"
#include "tdm/pri/dchannel_choice.h"
#include "tdm/pri/link_group.h"
#include "tdm/pri/restart_supervisor.h"
#include "tdm/pri/slot_service.h"
#include "tdm/pri/span_alarms.h"

namespace sg::tdm::pri {

// An ISDN primary rate interface, user or network side: libpri on one D-channel, or with NFAS on a primary and its
// backup, driven by a Reactor.
// Owned by the trunk (or by a test exchange); signalling thread only.
//
// Nothing is told to the listener from inside a command: it comes from the reactor, in order.
// Overlap receiving: on_information with no digits says that no more will come (Sending complete, or T302 ran out).
class Interface final : public Signalling, private DChannelChoice::Listener {
 public:
  using Listener = Signalling::Listener;

  // Opens the D-channel on its backend. Error: no such timeslot, or the configuration contradicts itself.
  static Result<std::unique_ptr<Interface>> make(Config config, Reactor& reactor, Backend& backend, Counters& counters);
  static Result<std::unique_ptr<Interface>> make(Config config, Reactor& reactor, std::unique_ptr<DChannel> dchannel,
                                                 Counters& counters);
  // `open` is called for the primary, then for the backup if there is one.
  static Result<std::unique_ptr<Interface>> make(Config config, Reactor& reactor,
                                                 const std::function<Result<std::unique_ptr<DChannel>>(Timeslot)>& open,
                                                 Counters& counters);
  ~Interface() override;

  void set_listener(Listener* listener) override { listener_ = listener; }
  Status status() const override;
  Result<OutgoingCall> setup(const Setup& setup) override;
  int refusal_cause() const override;
  void setup_acknowledge(SignallingCallId call, bool inband_dial_tone) override;
  void proceeding(SignallingCallId call) override;
  void alerting(SignallingCallId call, bool inband_available) override;
  void progress(SignallingCallId call, Progress progress, int cause) override;
  void answer(SignallingCallId call) override;
  void disconnect_with_announcement(SignallingCallId call, int cause) override;
  void information(SignallingCallId call, const std::string& digits) override;
  void notify(SignallingCallId call, uint8_t description) override;
  void release(SignallingCallId call, int cause) override;
  Result<> join(SignallingCallId call, SignallingCallId other) override;
  void join_answered(SignallingCallId call, bool is_joined) override;
  bool set_blocked(Timeslot slot, bool is_blocked) override;
  void on_alarms_changed(uint16_t span, AlarmSet alarms) override;

  // Sends RESTART for an idle timeslot. It takes no calls until the far end has acknowledged.
  void restart(Timeslot slot) { restarts_.restart(slot); }
  size_t calls() const { return calls_.size(); }

 private:
  Interface(Config config, Reactor& reactor, std::vector<std::unique_ptr<DChannel>> dchannels, Counters& counters);

  // The loop: frames, libpri's timers, then what the listener is to hear. pump() is the only way out to the listener.
  void pump();
  void receive(size_t index);
  void lose(size_t index);
  void run_timers();
  void run_timers_of(size_t index);
  void arm_scheduler();
  void tell(std::function<void(Listener&)> what);
  void deliver();
  void schedule_pump();

  // One function per event of libpri (events.cc).
  void dispatch(const ::pri_event& event);
  void on_ring(const ::pri_event& event);
  void on_setup_ack(const ::pri_event& event);
  void on_call_proceeding(const ::pri_event& event);
  void on_call_progress(const ::pri_event& event);
  void on_ringing(const ::pri_event& event);
  void on_answer(const ::pri_event& event);
  void on_disconnect(const ::pri_event& event);
  void on_disconnect_untold();
  void on_hangup(const ::pri_event& event);
  void on_hangup_ack(const ::pri_event& event);
  void on_digits(q931_call* handle, const char* digits, bool complete);
  void on_restart(int channel);
  void on_restart_of_interface();
  void on_restart_ack(int channel);
  void on_service(int channel, int status);
  void on_notified(q931_call* handle, int description);
  void on_facility(const ::pri_event& event);
  // hold.cc
  void on_hold(const ::pri_event& event);
  void on_retrieve(const ::pri_event& event);
  // False: nobody here joins those two.
  bool on_transfer_wanted(q931_call* handle, q931_call* other, int invoke);

  // The D-channels (dchannels.cc). libpri's of the active one:
  Link& active_link() { return links_[dchannels_.active()]; }
  ::pri* pri() { return active_link().get(); }
  uint16_t active_span() const { return dchannels_.span_of(dchannels_.active()); }
  void on_one_way(size_t index);
  void on_dchannel_up();
  void on_dchannel_down();
  void on_dchannel_service(bool in_service);
  void on_leaving(size_t from) override;
  void on_changed_over(size_t from, size_t to, bool is_lost) override;
  void on_interface_up() override;
  void on_interface_down() override;
  // One call to the D-channel that has become active.
  void move(Call& call, bool messages_are_lost);
  // What the network has sent on the other D-channel says that it is the active one.
  void follow(int event);
  // T309 (Q.931 5.8.9): from the first sign that the D-channel is cut, until it is up and its span clean.
  void watch_dchannel();

  // The life of a call (calls.cc).
  std::optional<Timeslot> slot_for_incoming(const ::pri_event& event, SignallingCallId id, int& cause);
  void refuse(q931_call* handle, int cause);
  bool send_setup(Call& call);
  // Whether the far end refuses the timeslot with this cause, and not the call (Q.931 5.2.3, 5.7).
  static bool may_be_for_timeslot(const Call& call, int cause);
  // The same call on another timeslot. False: there is none, or it was tried often enough.
  bool retry_setup(Call& call, int cause);
  // Both ends took the timeslot at once (Q.931 5.7): what the network chose stays. A call of ours that the network has
  // not answered yet gives its timeslot up and waits for the one it is answered with. False: no such call has it.
  bool take_over(Timeslot slot, SignallingCallId id);
  // The far end's answer names the channel (Q.931 5.1.2). False: it cannot be had, and the call is being released.
  bool follow_channel(Call& call, int channel);
  void hang_up(Call& call, int cause);
  void finish(Call& call, int cause);
  void finish_vanished();
  void arm_timer(Call& call, Duration after, int cause);
  void expect_digits(Call& call);
  // The channel of its timeslot; 0: it has none.
  int channel_of(const Call& call) const;
  // A timeslot of ours, as a message that was just heard names it.
  std::optional<Timeslot> slot_of(int channel) const;
  void guard_release(Call& call);
  // The call, when commands still mean something to it: null once it is being released.
  Call* live(SignallingCallId id);
  Call* live(q931_call* handle);
  // An incoming call that is not answered yet.
  Call* unanswered(SignallingCallId id);
  // Ends the call here, without a word to the far end: it does not hear, or knows.
  void abandon(Call& call, int cause);

  void end_calls_on(uint16_t span);
  // How their line stands now.
  void tell_line_of_calls();
  void send_restart(Timeslot slot);
  void tell_service();
  bool send_service(Timeslot slot, bool is_blocked);

  Config config_;
  Reactor& reactor_;
  Log log_;
  Listener* listener_ = nullptr;
  LinkGroup links_;
  DChannelChoice dchannels_;
  ChannelNumbers channels_;
  size_t hearing_ = 0;  // the D-channel whose event is looked at
  Inventory inventory_;
  CallTable calls_;
  RestartSupervisor restarts_;
  SlotService service_;
  SpanAlarms alarms_;
  bool was_heard_ = false;  // the D-channel, when the calls were last told
  bool pumping_ = false;
  bool pump_posted_ = false;
  std::deque<std::function<void(Listener&)>> untold_;
  Timer scheduler_;
  Timer t309_;
  Lifetime lifetime_;
  Counter& setups_in_;
  Counter& setups_out_;
  Counter& answers_;
  Counter& refused_numbers_;
  Counter& refused_slot_;
  Counter& timer_expiries_;
  Counter& changeovers_;
  Counter& one_ways_;
  Counter& interface_downs_;
  Counter& config_errors_;
};

}  // namespace sg::tdm::pri
