// The life of a call of an Interface: the timeslot it has, its timers, and its end.
#include <algorithm>

#include "tdm/pri/causes.h"
#include "tdm/pri/interface.h"
#include "tdm/pri/translate.h"

namespace sg::tdm::pri {
namespace {

// Longer than T305 and two T308 of Q.931 table 9-1 together.
constexpr Duration kReleaseGuard = 60s;

// Whether libpri refuses a SETUP with this cause by RELEASE COMPLETE (Q.931 5.3.2 a). With others it would send
// nothing at all: a call is only alive to it once a message went back.
bool refuses_setup(int cause) {
  return cause == 1 || cause == 34 || cause == 44 || cause == 82 || cause == 88;
}

}  // namespace

bool Interface::send_setup(Call& call) {
  auto record = record_of(call.setup, config_.law);
  if (!record) return false;
  call.reference = links_.call_reference(call.handle);
  // The network chooses; the user may only wish (Q.931 5.1.2).
  ::pri_sr_set_channel(record.get(), channel_of(call), config_.role == IsdnRole::Network, 0);
  if (::pri_setup(pri(), call.handle, record.get()) != 0) return false;
  setups_out_.add();
  schedule_pump();
  return true;
}

bool Interface::may_be_for_timeslot(const Call& call, int cause) {
  if (!call.outgoing || call.state() >= CallState::Alerting) return false;
  if (cause == kChannelUnacceptable || cause == kChannelUnavailable) return true;
  // Cause 34 comes from afar as well. In answer to SETUP it may be said of the timeslot: the far end has it for a call
  // of its own, or for one that is not quite over.
  return cause == kNoCircuit && (call.state() == CallState::Setup || !call.slot);
}

bool Interface::retry_setup(Call& call, int cause) {
  refused_slot_.add();
  // Cause 34 is said of a whole way more often than of a timeslot.
  int most = cause == kNoCircuit && call.slot ? std::min(1, config_.setup_retries) : config_.setup_retries;
  if (call.retries >= most || !dchannels_.is_interface_up()) return false;
  auto refused = call.slot;
  auto other = inventory_.seize(call.id);
  if (!other) return false;
  q931_call* handle = ::pri_new_call(pri());
  if (!handle) {
    inventory_.release(*other, call.id);
    return false;
  }
  ++call.retries;
  call.timer.cancel();
  call.enter(CallState::Setup);
  call.slot = other;
  calls_.rebind(call, handle);
  if (!send_setup(call)) {
    ::pri_destroycall(pri(), handle);
    calls_.rebind(call, nullptr);
    call.slot = refused;
    inventory_.release(*other, call.id);
    return false;
  }
  log_.warning("call={} slot refused, cause {}: trying slot={}", call.id, cause, *other);
  if (refused) {
    inventory_.release(*refused, call.id);
    // Where it is only busy there, a RESTART would end what it is busy with.
    if (config_.restart_refused && cause == kChannelUnavailable) restarts_.restart(*refused);
  }
  tell([id = call.id, slot = *other](Listener& listener) { listener.on_timeslot_changed(id, slot); });
  return true;
}

bool Interface::take_over(Timeslot slot, SignallingCallId id) {
  Call* ours = calls_.find(inventory_.call_on(slot));
  if (config_.role != IsdnRole::User || !ours || !ours->outgoing || ours->state() != CallState::Setup) return false;
  log_.info("call={} lost slot={} to call={}, for which the network chose it", ours->id, slot, id);
  ours->slot.reset();
  inventory_.hand_over(slot, id);
  return true;
}

bool Interface::follow_channel(Call& call, int channel) {
  int number = channel & 0xff;
  if (channel < 0 || number == 0 || number == 0xff) return true;
  auto named = slot_of(channel);
  if (named && named == call.slot) return true;
  if (!named || !(inventory_.seize(*named, call.id) || take_over(*named, call.id))) {
    log_.warning("call={} the far end chose channel {}, which is not to be had", call.id, number);
    hang_up(call, named ? kChannelUnavailable : kChannelDoesNotExist);
    return false;
  }
  if (call.slot) inventory_.release(*call.slot, call.id);
  call.slot = named;
  tell([id = call.id, slot = *named](Listener& listener) { listener.on_timeslot_changed(id, slot); });
  return true;
}

void Interface::hang_up(Call& call, int cause) {
  if (call.is_released()) return;
  call.timer.cancel();
  if (!call.outgoing && call.state() == CallState::Setup && !refuses_setup(cause)) proceeding(call.id);
  bool disconnect_sent = call.state() == CallState::Announcing;
  call.enter(CallState::Releasing);
  // What was told in DISCONNECT stays the cause (Q.931 5.3.2).
  if (!disconnect_sent) call.release_cause = valid_cause(cause);
  if (disconnect_sent) active_link().pretend_disconnect(call.reference, call.outgoing, valid_cause(cause));
  log_.info("call={} release cause={}", call.id, call.release_cause);
  ::pri_hangup(pri(), call.handle, call.release_cause);
  if (!links_.exists(call.handle)) {
    finish(call, call.release_cause);
  } else if (links_.size() > 1) {
    guard_release(call);
  }
  schedule_pump();
}

void Interface::guard_release(Call& call) {
  // What libpri's timers have to tell of a call is lost, once it has moved to the other D-channel.
  call.timer.arm(kReleaseGuard, [this, id = call.id] {
    timer_expiries_.add();
    if (Call* stuck = calls_.find(id)) abandon(*stuck, kRecoveryOnTimer);
  });
}

void Interface::finish(Call& call, int cause) {
  if (call.state() == CallState::Over) return;
  call.enter(CallState::Over);
  call.timer.cancel();
  links_.forget_announcement(call.reference);
  calls_.rebind(call, nullptr);
  int told = call.release_cause ? call.release_cause : valid_cause(call.told_cause ? call.told_cause : cause);
  log_.info("call={} released cause={}", call.id, told);
  tell([this, id = call.id, slot = call.slot, told](Listener& listener) {
    if (slot) inventory_.release(*slot, id);
    calls_.erase(id);
    listener.on_released(id, told);
  });
}

void Interface::abandon(Call& call, int cause) {
  if (call.state() == CallState::Over) return;
  if (links_.exists(call.handle)) ::pri_destroycall(pri(), call.handle);
  finish(call, cause);
}

void Interface::finish_vanished() {
  // Some ends libpri does not tell of: it has freed the call, and that is all.
  for (SignallingCallId id : calls_.ids()) {
    Call* call = calls_.find(id);
    if (call->state() != CallState::Over && !links_.exists(call->handle)) finish(*call, kUnspecified);
  }
}

void Interface::arm_timer(Call& call, Duration after, int cause) {
  call.timer.arm(after, [this, id = call.id, cause] {
    timer_expiries_.add();
    if (Call* expired = calls_.find(id)) hang_up(*expired, cause);
  });
}

void Interface::expect_digits(Call& call) {
  call.timer.arm(config_.t302, [this, id = call.id] {
    timer_expiries_.add();
    Call* expired = live(id);
    if (!expired) return;
    // Whoever knows the numbers decides whether this one is whole. Nobody does: it is not.
    tell([id](Listener& listener) { listener.on_information(id, ""); });
    arm_timer(*expired, config_.t302, kIncompleteNumber);
  });
}

Call* Interface::live(SignallingCallId id) {
  Call* call = calls_.find(id);
  return call && !call->is_released() ? call : nullptr;
}

Call* Interface::live(q931_call* handle) {
  Call* call = calls_.find(handle);
  return call && !call->is_released() ? call : nullptr;
}

Call* Interface::unanswered(SignallingCallId id) {
  Call* call = live(id);
  return call && !call->outgoing && !call->is_answered() ? call : nullptr;
}

int Interface::channel_of(const Call& call) const {
  return call.slot ? channels_.channel_of(*call.slot) : 0;
}

std::optional<Timeslot> Interface::slot_of(int channel) const {
  auto slot = channels_.slot_of(channel, dchannels_.span_of(hearing_));
  return slot && inventory_.contains(*slot) ? slot : std::nullopt;
}

}  // namespace sg::tdm::pri
