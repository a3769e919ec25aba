// What libpri tells. Each event is good only until the next call into libpri: take what is needed first.
#include "tdm/pri/causes.h"
#include "tdm/pri/interface.h"
#include "tdm/pri/translate.h"

namespace sg::tdm::pri {

namespace {

constexpr int kCallIndependent = 1 << 17;  // no bearer: supplementary services only

int cause_of(int cause) {
  return cause > 0 ? cause : kUnspecified;
}

bool is_whole_interface(int channel) {
  return channel < 0 || (channel & 0xff) == 0xff || (channel & 0xff) == 0;
}

bool is_served(int transfer_capability) {
  return transfer_capability == PRI_TRANS_CAP_SPEECH || transfer_capability == PRI_TRANS_CAP_3_1K_AUDIO ||
         transfer_capability == PRI_TRANS_CAP_DIGITAL;
}

}  // namespace

void Interface::dispatch(const ::pri_event& event) {
  switch (event.e) {
    case PRI_EVENT_DCHAN_UP:
      return on_dchannel_up();
    case PRI_EVENT_DCHAN_DOWN:
      return on_dchannel_down();
    case PRI_EVENT_CONFIG_ERR:
      config_errors_.add();
      return log_.error("configuration: {}", event.err.err);
    case PRI_EVENT_RING:
      return on_ring(event);
    case PRI_EVENT_SETUP_ACK:
      return on_setup_ack(event);
    case PRI_EVENT_PROCEEDING:
      return on_call_proceeding(event);
    case PRI_EVENT_PROGRESS:
      return on_call_progress(event);
    case PRI_EVENT_RINGING:
      return on_ringing(event);
    case PRI_EVENT_ANSWER:
      return on_answer(event);
    case PRI_EVENT_CONNECT_ACK:
      return;
    case PRI_EVENT_HANGUP_REQ:
      return on_disconnect(event);
    case PRI_EVENT_HANGUP:
      return on_hangup(event);
    case PRI_EVENT_HANGUP_ACK:
      return on_hangup_ack(event);
    case PRI_EVENT_INFO_RECEIVED:
      return on_digits(event.ring.call, event.ring.callednum, event.ring.complete);
    case PRI_EVENT_KEYPAD_DIGIT:
      return on_digits(event.digit.call, event.digit.digits, false);
    case PRI_EVENT_RESTART:
      return on_restart(event.restart.channel);
    case PRI_EVENT_RESTART_ACK:
      return on_restart_ack(event.restartack.channel);
    case PRI_EVENT_SERVICE:
      return on_service(event.service.channel, event.service.changestatus);
    case PRI_EVENT_SERVICE_ACK:
      return log_.debug("service acknowledged channel={}", event.service_ack.channel & 0xff);
    case PRI_EVENT_FACILITY:
      return on_facility(event);
    case PRI_EVENT_NOTIFY:
      return on_notified(event.notify.call, event.notify.info);
    case PRI_EVENT_HOLD:
      return on_hold(event);
    case PRI_EVENT_RETRIEVE:
      return on_retrieve(event);
    // Answers to a HOLD or RETRIEVE of ours, which we do not send.
    case PRI_EVENT_HOLD_ACK:
    case PRI_EVENT_HOLD_REJ:
    case PRI_EVENT_RETRIEVE_ACK:
    case PRI_EVENT_RETRIEVE_REJ:
      return log_.debug("unasked for: {}", ::pri_event2str(event.e));
    default:
      log_.warning("libpri event {} is unknown", event.e);
  }
}

void Interface::on_ring(const ::pri_event& event) {
  q931_call* handle = event.ring.call;
  setups_in_.add();
  if (calls_.find(handle)) return log_.warning("a second SETUP for one call is ignored");
  if (event.ring.channel >= 0 && (event.ring.channel & kCallIndependent))
    return refuse(handle, kIncompatibleDestination);
  if (!is_served(event.ring.ctype)) return refuse(handle, kIncompatibleDestination);
  auto id = calls_.next_id();
  int cause = 0;
  auto slot = slot_for_incoming(event, id, cause);
  if (!slot) return refuse(handle, cause);
  Setup setup = setup_of(event, config_.overlap_receiving);
  Call& call = calls_.add(id, handle);
  call.reference = links_.call_reference(handle);
  call.slot = slot;
  log_.info("call={} setup received slot={} called={} calling={}", id, *slot, setup.called.digits,
            setup.calling.number.digits);
  tell([id, slot = *slot, setup = std::move(setup)](Listener& listener) { listener.on_setup(id, slot, setup); });
}

std::optional<Timeslot> Interface::slot_for_incoming(const ::pri_event& event, SignallingCallId id, int& cause) {
  int channel = event.ring.channel;
  bool any = channel < 0 || (channel & 0xff) == 0xff;
  cause = kNoCircuit;
  if (any) return inventory_.seize(id);
  if ((channel & 0xff) == 0) return std::nullopt;  // call waiting: no channel at all
  auto wanted = slot_of(channel);
  if (wanted) restarts_.on_call(*wanted);
  if (wanted && inventory_.seize(*wanted, id)) return wanted;
  if (event.ring.flexible) return inventory_.seize(id);
  cause = kChannelUnavailable;
  if (!wanted) return std::nullopt;
  if (!take_over(*wanted, id)) return std::nullopt;
  return wanted;
}

void Interface::refuse(q931_call* handle, int cause) {
  // All causes given here are those that libpri answers a SETUP with at once, by RELEASE COMPLETE.
  log_.info("setup refused cause={}", cause);
  ::pri_hangup(pri(), handle, cause);
}

void Interface::on_setup_ack(const ::pri_event& event) {
  Call* call = live(event.setup_ack.call);
  if (!call || !call->outgoing || !call->fsm.accepts(CallEvent::SetupAcknowledge)) return;
  Progress progress = progress_of(event.setup_ack.progressmask);
  if (!follow_channel(*call, event.setup_ack.channel)) return;
  call->enter(CallState::Overlap);
  arm_timer(*call, config_.t304, kRecoveryOnTimer);
  tell([id = call->id, progress](Listener& listener) { listener.on_setup_acknowledged(id, progress); });
}

void Interface::on_call_proceeding(const ::pri_event& event) {
  Call* call = live(event.proceeding.call);
  if (!call || !call->outgoing || !call->fsm.accepts(CallEvent::CallProceeding)) return;
  Progress progress = progress_of(event.proceeding.progressmask);
  if (!follow_channel(*call, event.proceeding.channel)) return;
  call->enter(CallState::Proceeding);
  arm_timer(*call, config_.t310, kRecoveryOnTimer);
  tell([id = call->id, progress](Listener& listener) { listener.on_proceeding(id, progress); });
}

void Interface::on_call_progress(const ::pri_event& event) {
  Call* call = live(event.proceeding.call);
  if (!call || !call->fsm.accepts(CallEvent::Progress)) return;
  Progress progress = progress_of(event.proceeding.progressmask);
  int cause = std::max(0, event.proceeding.cause);
  if (!follow_channel(*call, event.proceeding.channel)) return;
  if (call->outgoing && call->state() < CallState::Alerting) {
    if (call->state() == CallState::Setup) call->enter(CallState::Proceeding);
    // What plays in band may take its time; T310 is over (Q.931 5.1.6), and nothing must wait for ever.
    arm_timer(*call, config_.t301, kNoAnswer);
  }
  tell([id = call->id, progress, cause](Listener& listener) { listener.on_progress(id, progress, cause); });
}

void Interface::on_ringing(const ::pri_event& event) {
  Call* call = live(event.ringing.call);
  if (!call || !call->outgoing || !call->fsm.accepts(CallEvent::Alerting)) return;
  Progress progress = progress_of(event.ringing.progressmask);
  if (!follow_channel(*call, event.ringing.channel)) return;
  call->enter(CallState::Alerting);
  arm_timer(*call, config_.t301, kNoAnswer);
  tell([id = call->id, progress](Listener& listener) { listener.on_alerting(id, progress); });
}

void Interface::on_answer(const ::pri_event& event) {
  Call* call = live(event.answer.call);
  if (!call || !call->outgoing || !call->fsm.accepts(CallEvent::Connect)) return;
  Progress progress = progress_of(event.answer.progressmask);
  if (!follow_channel(*call, event.answer.channel)) return;
  call->timer.cancel();
  call->enter(CallState::Active);
  answers_.add();
  log_.info("call={} connected", call->id);
  tell([id = call->id, progress](Listener& listener) { listener.on_answered(id, progress); });
}

void Interface::on_disconnect(const ::pri_event& event) {
  q931_call* handle = event.hangup.call;
  int cause = cause_of(event.hangup.cause);
  Progress progress{.inband_available =
                        links_[hearing_].last_disconnect() && links_[hearing_].last_disconnect()->announcement};
  Call* call = live(handle);
  if (!call || call->state() == CallState::Announcing || !call->fsm.accepts(CallEvent::Disconnect)) {
    ::pri_hangup(pri(), handle, cause);
    return;
  }
  log_.info("call={} disconnect received cause={}{}", call->id, cause,
            progress.inband_available ? " with announcement" : "");
  if (may_be_for_timeslot(*call, cause) && retry_setup(*call, cause)) {
    ::pri_hangup(pri(), handle, cause);
    return;
  }
  tell([id = call->id, cause, progress](Listener& listener) { listener.on_disconnected(id, cause, progress); });
  if (!progress.inband_available) return hang_up(*call, cause);
  call->enter(CallState::Disconnected);
  call->told_cause = cause;
  arm_timer(*call, config_.t306, cause);
}

void Interface::on_disconnect_untold() {
  // A call that nothing of ours had answered: libpri sends RELEASE COMPLETE, keeps the call, and says nothing.
  const auto& disconnect = links_[hearing_].last_disconnect();
  if (!disconnect || disconnect->reference & kFromDestination) return;
  for (SignallingCallId id : calls_.ids()) {
    Call* call = calls_.find(id);
    if (call->outgoing || call->state() != CallState::Setup || call->reference != disconnect->reference) continue;
    int cause = cause_of(disconnect->cause);
    ::pri_destroycall(pri(), call->handle);
    tell([id, cause](Listener& listener) { listener.on_disconnected(id, cause, {}); });
    finish(*call, cause);
  }
}

void Interface::on_hangup(const ::pri_event& event) {
  q931_call* handle = event.hangup.call;
  int cause = cause_of(event.hangup.cause);
  Call* call = calls_.find(handle);
  // Exactly once more, and the call is gone (the "already hung up" rule of libpri).
  ::pri_hangup(pri(), handle, cause);
  if (links_.exists(handle)) ::pri_destroycall(pri(), handle);
  if (!call) return;
  bool refused = may_be_for_timeslot(*call, cause);
  if (refused && retry_setup(*call, cause)) return;
  finish(*call, refused ? kNoCircuit : cause);
}

void Interface::on_hangup_ack(const ::pri_event& event) {
  // libpri has freed the call already: the pointer is a name only.
  if (Call* call = calls_.find(event.hangup.call)) finish(*call, cause_of(event.hangup.cause));
}

void Interface::on_digits(q931_call* handle, const char* digits, bool complete) {
  Call* call = live(handle);
  if (!call || call->is_ending()) return;
  std::string received = digits;
  if (!received.empty()) {
    tell([id = call->id, received](Listener& listener) { listener.on_information(id, received); });
  }
  if (call->outgoing || call->state() != CallState::Overlap) return;
  if (!complete) return expect_digits(*call);
  call->timer.cancel();
  tell([id = call->id](Listener& listener) { listener.on_information(id, ""); });
}

void Interface::on_restart(int channel) {
  if (is_whole_interface(channel)) return on_restart_of_interface();
  // At a start of the far end one comes for each timeslot. They mean something only where a call was.
  log_.debug("RESTART received for channel {}", channel & 0xff);
  auto slot = slot_of(channel);
  if (!slot) return;
  service_.set_withdrawn(*slot, false);
  Call* call = calls_.find(inventory_.call_on(*slot));
  if (!call) return;
  log_.warning("RESTART received for channel {} ends the call on it", channel & 0xff);
  abandon(*call, kTemporaryFailure);
}

void Interface::on_restart_of_interface() {
  const auto& restart = links_[hearing_].last_restart();
  bool all = config_.spans.size() == 1 || !restart || restart->all_interfaces;
  auto named = channels_.span_named(restart ? restart->interface : std::nullopt, dchannels_.span_of(hearing_));
  if (!all && !named) return log_.warning("RESTART received for interface {}, which is none", *restart->interface);
  uint16_t span = named.value_or(0);
  const auto words = fmt::format("RESTART received for {}", all ? "the whole interface" : fmt::format("span {}", span));
  calls_.ids().empty() ? log_.info("{}", words) : log_.warning("{}", words);
  for (SignallingCallId id : calls_.ids()) {
    Call& call = *calls_.find(id);
    if (all || (call.slot && call.slot->span == span)) abandon(call, kTemporaryFailure);
  }
}

void Interface::on_restart_ack(int channel) {
  // Some acknowledge without saying what.
  if (is_whole_interface(channel)) return restarts_.on_acknowledged(std::nullopt);
  if (auto slot = slot_of(channel)) restarts_.on_acknowledged(slot);
}

void Interface::on_service(int channel, int status) {
  auto slot = slot_of(channel);
  if (!slot) return;
  log_.warning("slot={} {} by the far end", *slot, status == 0 ? "put into service" : "taken out of service");
  service_.set_withdrawn(*slot, status != 0);
}

void Interface::on_notified(q931_call* handle, int description) {
  Call* call = live(handle);
  if (!call) return;
  tell([id = call->id, description](Listener& listener) { listener.on_notify(id, static_cast<uint8_t>(description)); });
}

bool Interface::on_transfer_wanted(q931_call* handle, q931_call* other_handle, int invoke) {
  Call *call = live(handle), *other = live(other_handle);
  bool stands = call && other && call->state() == CallState::Active && other->state() == CallState::Active;
  if (!config_.takes_transfers || !stands || call->transfer) return false;
  call->transfer = invoke;
  log_.info("call={} is to be joined with call={}", call->id, other->id);
  tell([id = call->id, with = other->id](Listener& listener) { listener.on_join_wanted(id, with); });
  return true;
}

void Interface::on_facility(const ::pri_event& event) {
  // An unanswered request costs the peer its time-out: say no at once. The rest is information for nobody here.
  const auto* commands = event.facility.subcmds;
  q931_call* reply_to = event.facility.subcall ? event.facility.subcall : event.facility.call;
  for (int i = 0; commands && i < commands->counter_subcmd; ++i) {
    const auto& command = commands->subcmd[i];
    switch (command.cmd) {
      case PRI_SUBCMD_REROUTING:
        ::pri_rerouting_rsp(pri(), reply_to, command.u.rerouting.invoke_id, PRI_REROUTING_RSP_NOT_AVAILABLE);
        break;
      case PRI_SUBCMD_TRANSFER_CALL: {
        const auto& wanted = command.u.transfer;
        if (on_transfer_wanted(wanted.call_1, wanted.call_2, wanted.invoke_id)) break;
        ::pri_transfer_rsp(pri(), reply_to, wanted.invoke_id, 0);
        break;
      }
      case PRI_SUBCMD_CC_REQ:
        ::pri_cc_req_rsp(pri(), command.u.cc_request.cc_id, 5);
        break;
      default:
        log_.debug("facility {} is not used", command.cmd);
    }
  }
}

}  // namespace sg::tdm::pri
