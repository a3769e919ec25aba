// What an Interface is told to do with its calls.
#include "tdm/pri/causes.h"
#include "tdm/pri/interface.h"
#include "tdm/pri/translate.h"

namespace sg::tdm::pri {

Result<Signalling::OutgoingCall> Interface::setup(const Setup& setup) {
  if (!dchannels_.is_interface_up()) return fail("{}: the D-channel is down", config_.name);
  auto id = calls_.next_id();
  // None at all may go out: overlap sending begins so (Q.931 5.1.3).
  if (!setup.called.digits.empty() && !is_dialable(setup.called.digits)) {
    refused_numbers_.add();
    log_.info("call={} called={} cannot be dialled", id, setup.called.digits);
    tell([id](Listener& listener) { listener.on_released(id, kIncompleteNumber); });
    return OutgoingCall{id, {}, false};
  }
  auto slot = inventory_.seize(id);
  if (!slot) return fail("{}: no timeslot is free", config_.name);
  q931_call* handle = ::pri_new_call(pri());
  if (!handle) {
    inventory_.release(*slot, id);
    return fail("{}: libpri has no call to give", config_.name);
  }
  Call& call = calls_.add(id, handle);
  call.outgoing = true;
  call.slot = slot;
  call.setup = setup;
  if (!send_setup(call)) {
    ::pri_destroycall(pri(), handle);
    inventory_.release(*slot, id);
    calls_.erase(id);
    return fail("{}: libpri does not take the SETUP", config_.name);
  }
  log_.info("call={} setup sent slot={} called={} calling={}", id, *slot, setup.called.digits,
            setup.calling.number.digits);
  return OutgoingCall{id, *slot};
}

void Interface::setup_acknowledge(SignallingCallId id, bool inband_dial_tone) {
  Call* call = unanswered(id);
  if (!call || call->state() != CallState::Setup) return;
  ::pri_setup_ack(pri(), call->handle, channel_of(*call), 0, inband_dial_tone);
  call->enter(CallState::Overlap);
  expect_digits(*call);
  schedule_pump();
}

void Interface::proceeding(SignallingCallId id) {
  Call* call = unanswered(id);
  if (!call || call->state() > CallState::Overlap) return;
  call->timer.cancel();
  call->enter(CallState::Proceeding);
  ::pri_proceeding(pri(), call->handle, channel_of(*call), 0);
  schedule_pump();
}

void Interface::alerting(SignallingCallId id, bool inband_available) {
  Call* call = unanswered(id);
  if (!call || call->state() >= CallState::Alerting) return;
  call->timer.cancel();
  call->enter(CallState::Alerting);
  ::pri_acknowledge(pri(), call->handle, channel_of(*call), inband_available);
  schedule_pump();
}

void Interface::progress(SignallingCallId id, Progress progress, int cause) {
  Call* call = unanswered(id);
  // Description 8 is the only one that libpri can send in PROGRESS.
  if (!call || !progress.inband_available) return;
  proceeding(id);
  if (cause > 0) {
    ::pri_progress_with_cause(pri(), call->handle, channel_of(*call), 1, valid_cause(cause));
  } else {
    ::pri_progress(pri(), call->handle, channel_of(*call), 1);
  }
  schedule_pump();
}

void Interface::answer(SignallingCallId id) {
  Call* call = unanswered(id);
  if (!call) return;
  call->timer.cancel();
  // Q.931 5.2.5.1 lets CONNECT follow SETUP at once; CALL PROCEEDING first tells the channel to those who want it
  // early.
  proceeding(id);
  call->enter(CallState::Active);
  answers_.add();
  ::pri_answer(pri(), call->handle, channel_of(*call), 0);
  log_.info("call={} connect sent", id);
  schedule_pump();
}

void Interface::disconnect_with_announcement(SignallingCallId id, int cause) {
  Call* call = live(id);
  if (!call) return;
  // Only the network announces (Q.931 5.4), and only to the one who calls.
  if (call->outgoing || config_.role != IsdnRole::Network || call->is_ending()) return hang_up(*call, cause);
  // In answer to a SETUP libpri would send RELEASE COMPLETE.
  proceeding(id);
  call->timer.cancel();
  call->enter(CallState::Announcing);
  call->release_cause = valid_cause(cause);
  links_.announce_on_disconnect(call->reference);
  ::pri_hangup(pri(), call->handle, call->release_cause);
  log_.info("call={} disconnect sent cause={} with announcement", id, call->release_cause);
  schedule_pump();
}

void Interface::information(SignallingCallId id, const std::string& digits) {
  Call* call = live(id);
  if (!call || !is_dialable(digits) || call->is_ending()) return;
  for (char digit : digits) ::pri_information(pri(), call->handle, digit);
  if (call->outgoing && call->state() == CallState::Overlap) arm_timer(*call, config_.t304, kRecoveryOnTimer);
  schedule_pump();
}

void Interface::notify(SignallingCallId id, uint8_t description) {
  Call* call = live(id);
  if (!call) return;
  ::pri_notify(pri(), call->handle, channel_of(*call), description);
  schedule_pump();
}

Result<> Interface::join(SignallingCallId id, SignallingCallId other) {
  Call *first = live(id), *second = live(other);
  if (!first || !second || first->state() != CallState::Active || second->state() != CallState::Active) {
    return fail("{}: calls {} and {} are not both answered", config_.name, id, other);
  }
  if (::pri_channel_bridge(first->handle, second->handle) != 0) {
    return fail("{}: {} has no such transfer, or the calls are of two kinds", config_.name,
                name_of(config_.switch_type));
  }
  log_.info("call={} asked to be joined with call={}", id, other);
  schedule_pump();
  return {};
}

void Interface::join_answered(SignallingCallId id, bool is_joined) {
  Call* call = live(id);
  if (!call || !call->transfer) return;
  // The result of a transfer travels in the DISCONNECT that follows (EN 300 369-1 section 9).
  ::pri_transfer_rsp(pri(), call->handle, *std::exchange(call->transfer, std::nullopt), is_joined);
  schedule_pump();
}

void Interface::release(SignallingCallId id, int cause) {
  if (Call* call = live(id)) hang_up(*call, cause);
}

}  // namespace sg::tdm::pri
