#include "tdm/pri/interface.h"

#include <sys/epoll.h>

#include <algorithm>

#include "tdm/pri/causes.h"
#include "tdm/pri/translate.h"

namespace sg::tdm::pri {

namespace {

// How long to wait for the first answer when all timeslots are restarted: no call can be placed meanwhile.
constexpr Duration kFirstRestart = 5s;

// A D-channel that never falls silent must not starve the rest of the thread.
constexpr int kFramesAPass = 64;

// The identifiers of the spans of one interface are one octet's (Q.931 4.5.13); 20 is what exchanges allow.
constexpr size_t kMostSpans = 20;
// In libpri's channel: the interface is named (bits 8 to 15).
constexpr int kExplicit = 1 << 16;
// Longer than T305 and two T308 of Q.931 table 9-1 together.
constexpr Duration kReleaseGuard = 60s;

int valid_cause(int cause) {
  return cause > 0 && cause < 128 ? cause : kNormalClearing;
}

// Whether libpri refuses a SETUP with this cause by RELEASE COMPLETE (Q.931 5.3.2 a). With others it would send
// nothing at all: a call is only alive to it once a message went back.
bool refuses_setup(int cause) {
  return cause == 1 || cause == 34 || cause == 44 || cause == 82 || cause == 88;
}

std::vector<Timeslot> bearers_of(const Config& config) {
  std::vector<Timeslot> slots;
  for (const Span& span : config.spans) {
    for (uint8_t number = 1; number <= timeslots_of(span.type); ++number) {
      Timeslot slot{span.number, number};
      if (slot != config.dchannel && slot != config.backup) slots.push_back(slot);
    }
  }
  return slots;
}

Result<> check_dchannel(const Config& config, Timeslot dchannel) {
  auto span = std::ranges::find(config.spans, dchannel.span, &Span::number);
  if (span == config.spans.end())
    return fail("{}: D-channel {} is on none of the interface's spans", config.name, dchannel);
  if (dchannel.number >= 1 && dchannel.number <= timeslots_of(span->type)) return {};
  return fail("{}: D-channel {} is no timeslot of span {}", config.name, dchannel, span->number);
}

Result<> check_nfas(const Config& config) {
  if (config.spans.size() == 1) return {};
  if (config.switch_type == SwitchType::Qsig) return fail("{}: QSIG has no interface identifiers (NFAS)", config.name);
  if (config.spans.size() > kMostSpans) return fail("{}: at most {} spans go together", config.name, kMostSpans);
  for (const Span& span : config.spans) {
    if (span.type != config.spans.front().type || (span.type != SpanType::E1 && span.type != SpanType::T1)) {
      return fail("{}: the spans of one interface (NFAS) must all be E1, or all T1", config.name);
    }
    if (std::ranges::count(config.spans, span.number, &Span::number) > 1) {
      return fail("{}: span {} is named twice", config.name, span.number);
    }
  }
  return {};
}

Result<> check(Config& config) {
  if (config.spans.empty()) return fail("{}: an interface needs a span", config.name);
  if (auto sound = check_nfas(config); !sound) return sound;
  const Span& span = config.spans.front();
  if (config.dchannel == Timeslot{}) config.dchannel = {span.number, dchannel_of(span.type)};
  if (auto sound = check_dchannel(config, config.dchannel); !sound) return sound;
  if (config.backup) {
    if (auto sound = check_dchannel(config, *config.backup); !sound) return sound;
    if (config.backup->span == config.dchannel.span) {
      return fail("{}: both D-channels are on span {}, and would fail together", config.name, span.number);
    }
  }
  for (const auto& [name, value] : config.timers) {
    if (::pri_timer2idx(name.c_str()) < 0) return fail("{}: libpri has no timer \"{}\"", config.name, name);
    if (name == "T309") return fail("{}: T309 is not libpri's here: see Config::t309", config.name);
    if (value < 0) return fail("{}: timer {} cannot be negative", config.name, name);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Interface>> Interface::make(Config config, Reactor& reactor, Backend& backend,
                                                   Counters& counters) {
  return make(
      std::move(config), reactor, [&](Timeslot slot) { return backend.open_dchannel(slot); }, counters);
}

Result<std::unique_ptr<Interface>> Interface::make(
    Config config, Reactor& reactor, const std::function<Result<std::unique_ptr<DChannel>>(Timeslot)>& open,
    Counters& counters) {
  if (auto sound = check(config); !sound) return tl::unexpected(sound.error());
  std::vector<std::unique_ptr<DChannel>> dchannels;
  for (std::optional<Timeslot> slot : {std::optional(config.dchannel), config.backup}) {
    if (!slot) continue;
    auto dchannel = open(*slot);
    if (!dchannel) return fail_with(dchannel.error(), "{}", config.name);
    dchannels.push_back(std::move(*dchannel));
  }
  std::unique_ptr<Interface> interface(new Interface(std::move(config), reactor, std::move(dchannels), counters));
  Interface* self = interface.get();
  for (size_t index = 0; index < self->links_.size(); ++index) {
    auto watched = reactor.watch(self->links_[index].fd(), EPOLLIN | EPOLLPRI, [self](uint32_t) { self->pump(); });
    if (!watched) return fail_with(watched.error(), "{}", self->config_.name);
  }
  self->schedule_pump();
  return interface;
}

Result<std::unique_ptr<Interface>> Interface::make(Config config, Reactor& reactor, std::unique_ptr<DChannel> dchannel,
                                                   Counters& counters) {
  if (config.backup) return fail("{}: one D-channel is given, and a backup asked for", config.name);
  auto give = [&](Timeslot) -> Result<std::unique_ptr<DChannel>> { return std::move(dchannel); };
  return make(std::move(config), reactor, give, counters);
}

Interface::Interface(Config config, Reactor& reactor, std::vector<std::unique_ptr<DChannel>> dchannels,
                     Counters& counters)
    : config_(std::move(config)),
      reactor_(reactor),
      log_("pri=" + config_.name),
      links_(config_, std::move(dchannels), counters),
      inventory_(bearers_of(config_), config_.hunt),
      scheduler_(reactor),
      first_choice_(reactor),
      t309_(reactor),
      t316_(reactor),
      setups_in_(counters.get("pri.rx.setup")),
      setups_out_(counters.get("pri.tx.setup")),
      answers_(counters.get("pri.answered")),
      refused_numbers_(counters.get("pri.refused_numbers")),
      refused_slot_(counters.get("pri.rx.channel_unavailable")),
      timer_expiries_(counters.get("pri.timer_expiries")),
      changeovers_(counters.get("pri.dchannel_changeovers")),
      one_ways_(counters.get("pri.dchannel_one_way")),
      interface_downs_(counters.get("pri.interface_downs")),
      config_errors_(counters.get("pri.config_errors")) {}

Interface::~Interface() {
  *alive_ = false;
  for (size_t index = 0; index < links_.size(); ++index) reactor_.unwatch(links_[index].fd());
  for (SignallingCallId id : calls_.ids()) {
    if (Call* call = calls_.find(id); links_.exists(call->handle)) ::pri_destroycall(pri(), call->handle);
  }
}

// The loop.

void Interface::pump() {
  if (pumping_) return;
  pumping_ = true;
  deliver();
  for (size_t index = 0; index < links_.size(); ++index) receive(index);
  run_timers();
  pumping_ = false;
  for (size_t index = 0; index < links_.size(); ++index) {
    if (links_[index].is_lost()) lose(index);
  }
  arm_scheduler();
}

void Interface::receive(size_t index) {
  for (int frames = 0; frames < kFramesAPass; ++frames) {
    ::pri_event* event = nullptr;
    const bool was_one_way = links_[index].is_one_way();
    if (!links_[index].receive(event, reactor_.now())) break;
    hearing_ = index;
    if (links_[index].is_one_way() != was_one_way) on_one_way(index);
    if (event) {
      int kind = event->e;
      dispatch(*event);
      follow(kind);
    } else {
      on_disconnect_untold();
    }
    finish_vanished();
    deliver();
    // A RESTART of several channels goes on by timers of no length.
    run_timers();
  }
}

void Interface::lose(size_t index) {
  reactor_.unwatch(links_[index].fd());
  if (!links_.is_up(index)) return;
  links_.set_up(index, false);
  choose_dchannel();
  schedule_pump();
}

void Interface::run_timers() {
  for (size_t index = 0; index < links_.size(); ++index) run_timers_of(index);
  finish_vanished();
  deliver();
}

void Interface::run_timers_of(size_t index) {
  while (const ::pri_event* event = links_[index].run_timers()) {
    hearing_ = index;
    dispatch(*event);
  }
}

void Interface::arm_scheduler() {
  if (auto wait = links_.until_next_timer()) {
    scheduler_.arm(*wait, [this] { pump(); });
  } else {
    scheduler_.cancel();
  }
}

void Interface::tell(std::function<void(Listener&)> what) {
  untold_.push_back(std::move(what));
  if (!pumping_) schedule_pump();
}

void Interface::deliver() {
  while (!untold_.empty()) {
    auto what = std::move(untold_.front());
    untold_.pop_front();
    if (listener_) what(*listener_);
  }
}

void Interface::schedule_pump() {
  if (std::exchange(pump_posted_, true)) return;
  reactor_.post([this, alive = alive_] {
    if (!*alive) return;
    pump_posted_ = false;
    pump();
  });
}

// Commands.

Signalling::Status Interface::status() const {
  Status status;
  status.is_up = is_up_;
  status.name =
      fmt::format("{} {}, D-channel {}", to_string(config_.switch_type), to_string(config_.role), config_.dchannel);
  if (config_.backup) {
    status.name += fmt::format(", backup {}, {} active", *config_.backup,
                               links_.active_index() == 0 ? config_.dchannel : *config_.backup);
  }
  status.slots = inventory_.status();
  auto dchannel = links_.stats();
  status.counters = {{"setups received", setups_in_.value()},
                     {"setups sent", setups_out_.value()},
                     {"answered", answers_.value()},
                     {"interface downs", interface_downs_.value()},
                     {"D-channel frames received", dchannel.frames_received},
                     {"D-channel frames sent", dchannel.frames_sent},
                     {"D-channel bad FCS", dchannel.bad_fcs},
                     {"D-channel aborts", dchannel.aborts},
                     {"D-channel overlong", dchannel.overlong}};
  return status;
}

int Interface::refusal_cause() const {
  if (!is_up_) return kOutOfOrder;
  if (inventory_.idle()) return 0;
  bool all_in_alarm = std::ranges::all_of(config_.spans, [this](const Span& span) { return is_in_alarm(span.number); });
  return all_in_alarm ? kOutOfOrder : kNoCircuit;
}

Result<Signalling::OutgoingCall> Interface::setup(const Setup& setup) {
  if (!is_up_) return fail("{}: the D-channel is down", config_.name);
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
  Call& call = calls_.add(id, handle, reactor_);
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
  if (!call || call->state != CallState::Setup) return;
  ::pri_setup_ack(pri(), call->handle, channel_of(*call), 0, inband_dial_tone);
  call->state = CallState::Overlap;
  expect_digits(*call);
  schedule_pump();
}

void Interface::proceeding(SignallingCallId id) {
  Call* call = unanswered(id);
  if (!call || call->state > CallState::Overlap) return;
  call->timer.cancel();
  call->state = CallState::Proceeding;
  ::pri_proceeding(pri(), call->handle, channel_of(*call), 0);
  schedule_pump();
}

void Interface::alerting(SignallingCallId id, bool inband_available) {
  Call* call = unanswered(id);
  if (!call || call->state >= CallState::Alerting) return;
  call->timer.cancel();
  call->state = CallState::Alerting;
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
  call->state = CallState::Active;
  answers_.add();
  ::pri_answer(pri(), call->handle, channel_of(*call), 0);
  log_.info("call={} connect sent", id);
  schedule_pump();
}

void Interface::disconnect_with_announcement(SignallingCallId id, int cause) {
  Call* call = live(id);
  if (!call) return;
  // Only the network announces (Q.931 5.4), and only to the one who calls.
  if (call->outgoing || config_.role != Role::Network || call->state >= CallState::Disconnected)
    return hang_up(*call, cause);
  // In answer to a SETUP libpri would send RELEASE COMPLETE.
  proceeding(id);
  call->timer.cancel();
  call->state = CallState::Announcing;
  call->release_cause = valid_cause(cause);
  links_.announce_on_disconnect(call->reference);
  ::pri_hangup(pri(), call->handle, call->release_cause);
  log_.info("call={} disconnect sent cause={} with announcement", id, call->release_cause);
  schedule_pump();
}

void Interface::information(SignallingCallId id, const std::string& digits) {
  Call* call = live(id);
  if (!call || !is_dialable(digits) || call->state >= CallState::Disconnected) return;
  for (char digit : digits) ::pri_information(pri(), call->handle, digit);
  if (call->outgoing && call->state == CallState::Overlap) arm_timer(*call, config_.t304, kRecoveryOnTimer);
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
  if (!first || !second || first->state != CallState::Active || second->state != CallState::Active) {
    return fail("{}: calls {} and {} are not both answered", config_.name, id, other);
  }
  if (::pri_channel_bridge(first->handle, second->handle) != 0) {
    return fail("{}: {} has no such transfer, or the calls are of two kinds", config_.name,
                to_string(config_.switch_type));
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

void Interface::on_alarms_changed(uint16_t span, AlarmSet alarms) {
  Alarm& alarm = alarms_.try_emplace(span, reactor_).first->second;
  const bool was_on = std::exchange(alarm.alarms, alarms) != kNoAlarm;
  const bool is_on = alarms != kNoAlarm;
  links_.set_in_alarm(span, is_on);
  choose_dchannel();
  watch_dchannel();
  tell_line_of_calls();
  alarm.hold.cancel();
  if (!is_on) {
    alarm.release.cancel();
    if (config_.alarm_hold == Duration::zero()) return inventory_.set_in_alarm(span, false);
    return alarm.hold.arm(config_.alarm_hold, [this, span] { inventory_.set_in_alarm(span, false); });
  }
  inventory_.set_in_alarm(span, true);
  if (was_on) return;
  alarm.release.arm(config_.alarm_release, [this, span] {
    for (SignallingCallId id : calls_.ids()) {
      if (Call* call = calls_.find(id); call->slot && call->slot->span == span) abandon(*call, kOutOfOrder);
    }
  });
}

void Interface::tell_line_of_calls() {
  const bool is_dchannel_lost = !has_dchannel();
  for (SignallingCallId id : calls_.ids()) {
    const Call* call = calls_.find(id);
    if (!call->slot || call->state == CallState::Over) continue;
    const uint16_t span = call->slot->span;
    const LineFault fault{.span = span, .alarms = alarms_of(span), .is_dchannel_lost = is_dchannel_lost};
    tell([id, fault](Listener& listener) { listener.on_line_changed(id, fault); });
  }
}

bool Interface::is_in_alarm(uint16_t span) const {
  return alarms_of(span) != kNoAlarm;
}

AlarmSet Interface::alarms_of(uint16_t span) const {
  auto alarm = alarms_.find(span);
  return alarm == alarms_.end() ? kNoAlarm : alarm->second.alarms;
}

void Interface::restart(Timeslot slot) {
  if (!inventory_.contains(slot) || inventory_.call_on(slot) ||
      std::ranges::find(to_restart_, slot) != to_restart_.end())
    return;
  inventory_.set_restarting(slot, true);
  to_restart_.push_back(slot);
  restart_next();
}

bool Interface::set_blocked(Timeslot slot, bool is_blocked) {
  if (!inventory_.contains(slot)) return false;
  if (inventory_.is_blocked(slot) == is_blocked) return true;
  inventory_.set_blocked(slot, is_blocked);
  log_.warning("slot={} is {}", slot, is_blocked ? "blocked" : "no longer blocked");
  service_untold_.insert(slot);
  tell_service();
  return true;
}

void Interface::tell_service() {
  constexpr int kInService = 0, kOutOfService = 2;
  if (!speaks_service(config_.switch_type)) return service_untold_.clear();
  if (!is_up_) return;
  std::erase_if(service_untold_, [this](Timeslot slot) {
    // libpri cannot name interface 0: it is meant where none is named, on a D-channel of its own.
    const int interface = identifier_of(slot.span);
    if (interface == 0 && active_span() != slot.span) return false;
    ::pri_maintenance_service(pri(), interface, slot.number, inventory_.is_blocked(slot) ? kOutOfService : kInService);
    return true;
  });
  schedule_pump();
}

void Interface::set_withdrawn(Timeslot slot, bool withdrawn) {
  inventory_.set_out_of_service(slot, withdrawn);
  if (withdrawn) {
    withdrawn_.insert(slot);
  } else {
    withdrawn_.erase(slot);
  }
}

// The life of a call.

bool Interface::send_setup(Call& call) {
  auto record = record_of(call.setup, config_.law);
  if (!record) return false;
  call.reference = links_.call_reference(call.handle);
  // The network chooses; the user may only wish (Q.931 5.1.2).
  ::pri_sr_set_channel(record.get(), channel_of(call), config_.role == Role::Network, 0);
  if (::pri_setup(pri(), call.handle, record.get()) != 0) return false;
  setups_out_.add();
  schedule_pump();
  return true;
}

bool Interface::may_be_for_timeslot(const Call& call, int cause) {
  if (!call.outgoing || call.state >= CallState::Alerting) return false;
  if (cause == kChannelUnacceptable || cause == kChannelUnavailable) return true;
  // Cause 34 comes from afar as well. In answer to SETUP it may be said of the timeslot: the far end has it for a call
  // of its own, or for one that is not quite over.
  return cause == kNoCircuit && (call.state == CallState::Setup || !call.slot);
}

bool Interface::retry_setup(Call& call, int cause) {
  refused_slot_.add();
  // Cause 34 is said of a whole way more often than of a timeslot.
  int most = cause == kNoCircuit && call.slot ? std::min(1, config_.setup_retries) : config_.setup_retries;
  if (call.retries >= most || !is_up_) return false;
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
  call.state = CallState::Setup;
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
    if (config_.restart_refused && cause == kChannelUnavailable) restart(*refused);
  }
  tell([id = call.id, slot = *other](Listener& listener) { listener.on_timeslot_changed(id, slot); });
  return true;
}

bool Interface::take_over(Timeslot slot, SignallingCallId id) {
  Call* ours = calls_.find(inventory_.call_on(slot));
  if (config_.role != Role::User || !ours || !ours->outgoing || ours->state != CallState::Setup) return false;
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
  if (call.state >= CallState::Releasing) return;
  call.timer.cancel();
  if (!call.outgoing && call.state == CallState::Setup && !refuses_setup(cause)) proceeding(call.id);
  bool disconnect_sent = call.state == CallState::Announcing;
  call.state = CallState::Releasing;
  // What was told in DISCONNECT stays the cause (Q.931 5.3.2).
  if (!disconnect_sent) call.release_cause = valid_cause(cause);
  if (disconnect_sent) links_.active().pretend_disconnect(call.reference, call.outgoing, valid_cause(cause));
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
  if (call.state == CallState::Over) return;
  call.state = CallState::Over;
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
  if (call.state == CallState::Over) return;
  if (links_.exists(call.handle)) ::pri_destroycall(pri(), call.handle);
  finish(call, cause);
}

void Interface::finish_vanished() {
  // Some ends libpri does not tell of: it has freed the call, and that is all.
  for (SignallingCallId id : calls_.ids()) {
    Call* call = calls_.find(id);
    if (call->state != CallState::Over && !links_.exists(call->handle)) finish(*call, kUnspecified);
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

int Interface::channel_of(const Call& call) const {
  return call.slot ? channel_of(*call.slot) : 0;
}

int Interface::channel_of(Timeslot slot) const {
  if (config_.spans.size() == 1) return slot.number;
  return slot.number | identifier_of(slot.span) << 8 | kExplicit;
}

int Interface::identifier_of(uint16_t span) const {
  auto found = std::ranges::find(config_.spans, span, &Span::number);
  return static_cast<int>(found - config_.spans.begin());
}

std::optional<uint16_t> Interface::span_named(std::optional<int> identifier) const {
  // Q.931 4.5.13.
  if (!identifier) return links_.span_of(hearing_);
  auto index = static_cast<size_t>(*identifier);
  if (index >= config_.spans.size()) return std::nullopt;
  return config_.spans[index].number;
}

std::optional<Timeslot> Interface::slot_of(int channel) const {
  if (channel < 0) return std::nullopt;
  bool is_named = config_.spans.size() > 1 && channel & kExplicit;
  auto span = span_named(is_named ? std::optional(channel >> 8 & 0xff) : std::nullopt);
  if (!span) return std::nullopt;
  Timeslot slot{*span, static_cast<uint8_t>(channel & 0xff)};
  if (!inventory_.contains(slot)) return std::nullopt;
  return slot;
}

Call* Interface::live(SignallingCallId id) {
  Call* call = calls_.find(id);
  return call && call->state < CallState::Releasing ? call : nullptr;
}

Call* Interface::live(q931_call* handle) {
  Call* call = calls_.find(handle);
  return call && call->state < CallState::Releasing ? call : nullptr;
}

Call* Interface::unanswered(SignallingCallId id) {
  Call* call = live(id);
  return call && !call->outgoing && call->state < CallState::Active ? call : nullptr;
}

// RESTART of ours (Q.931 5.5): one timeslot at a time.

void Interface::restart_all() {
  restarting_all_ = true;
  restart_was_answered_ = false;
  for (const auto& entry : inventory_.status()) {
    if (entry.state != SlotState::OutOfService) restart(entry.slot);
  }
}

void Interface::restart_next() {
  if (restarting_ || !is_up_) return;
  if (to_restart_.empty()) {
    restarting_all_ = false;
    return;
  }
  restarting_ = to_restart_.front();
  to_restart_.pop_front();
  restarts_sent_ = 0;
  send_restart();
}

void Interface::send_restart() {
  ++restarts_sent_;
  ::pri_reset(pri(), channel_of(*restarting_));
  schedule_pump();
  bool is_first = restarting_all_ && !restart_was_answered_;
  t316_.arm(is_first ? std::min(kFirstRestart, config_.t316) : config_.t316, [this] { on_t316(); });
}

void Interface::on_t316() {
  timer_expiries_.add();
  // Not every exchange knows RESTART. None that it has asked for, so nothing is known to be wrong: use them all.
  if (restarting_all_ && !restart_was_answered_) {
    log_.warning("the far end does not acknowledge RESTART: the timeslots are used as they are");
    to_restart_.push_back(*restarting_);
    for (Timeslot slot : std::exchange(to_restart_, {})) inventory_.set_restarting(slot, false);
    restarting_.reset();
    restarting_all_ = false;
    return;
  }
  if (restarts_sent_ < 2) return send_restart();
  log_.error("slot={} is out of service: RESTART was not acknowledged", *restarting_);
  inventory_.set_restarting(*restarting_, false);
  inventory_.set_out_of_service(*restarting_, true);
  restarting_.reset();
  restart_next();
}

}  // namespace sg::tdm::pri
