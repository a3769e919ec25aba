#include "tdm/pri/interface.h"

#include <sys/epoll.h>

#include <algorithm>

#include "tdm/pri/causes.h"
#include "tdm/pri/check_config.h"
#include "tdm/pri/translate.h"

namespace sg::tdm::pri {

namespace {

// A D-channel that never falls silent must not starve the rest of the thread.
constexpr int kFramesAPass = 64;

std::vector<uint16_t> spans_of_dchannels(const Config& config) {
  std::vector<uint16_t> spans{config.dchannel.span};
  if (config.backup) spans.push_back(config.backup->span);
  return spans;
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
      dchannels_(spans_of_dchannels(config_), reactor, *this),
      channels_(config_.spans),
      inventory_(bearers_of(config_), config_.hunt),
      calls_(reactor, counters, config_.name),
      restarts_(
          reactor, inventory_, config_.t316, [this](Timeslot slot) { send_restart(slot); }, counters, log_),
      service_(
          inventory_, speaks_service(config_.switch_type),
          [this](Timeslot slot, bool is_blocked) { return send_service(slot, is_blocked); }, log_),
      alarms_(reactor, inventory_, config_.alarm_hold, config_.alarm_release,
              [this](uint16_t span) { end_calls_on(span); }),
      scheduler_(reactor),
      t309_(reactor),
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
  if (!dchannels_.is_up(index)) return;
  dchannels_.set_up(index, false);
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
  reactor_.post(lifetime_.guard([this] {
    pump_posted_ = false;
    pump();
  }));
}

Signalling::Status Interface::status() const {
  Status status;
  status.is_up = dchannels_.is_interface_up();
  status.name =
      fmt::format("{} {}, D-channel {}", name_of(config_.switch_type), name_of(config_.role), config_.dchannel);
  if (config_.backup) {
    status.name += fmt::format(", backup {}, {} active", *config_.backup,
                               dchannels_.active() == 0 ? config_.dchannel : *config_.backup);
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
  if (!dchannels_.is_interface_up()) return kOutOfOrder;
  if (inventory_.idle()) return 0;
  bool all_in_alarm =
      std::ranges::all_of(config_.spans, [this](const Span& span) { return alarms_.is_on(span.number); });
  return all_in_alarm ? kOutOfOrder : kNoCircuit;
}

void Interface::tell_line_of_calls() {
  const bool is_dchannel_lost = !dchannels_.is_heard();
  for (SignallingCallId id : calls_.ids()) {
    const Call* call = calls_.find(id);
    if (!call->slot || call->state() == CallState::Over) continue;
    const uint16_t span = call->slot->span;
    const LineFault fault{.span = span, .alarms = alarms_.of(span), .is_dchannel_lost = is_dchannel_lost};
    tell([id, fault](Listener& listener) { listener.on_line_changed(id, fault); });
  }
}

// Alarms, RESTART and SERVICE.

void Interface::on_alarms_changed(uint16_t span, AlarmSet alarms) {
  alarms_.set(span, alarms);
  dchannels_.set_in_alarm(span, alarms != kNoAlarm);
  watch_dchannel();
  tell_line_of_calls();
}

void Interface::end_calls_on(uint16_t span) {
  for (SignallingCallId id : calls_.ids()) {
    if (Call* call = calls_.find(id); call->slot && call->slot->span == span) abandon(*call, kOutOfOrder);
  }
}

void Interface::send_restart(Timeslot slot) {
  ::pri_reset(pri(), channels_.channel_of(slot));
  schedule_pump();
}

bool Interface::set_blocked(Timeslot slot, bool is_blocked) {
  if (!service_.set_blocked(slot, is_blocked)) return false;
  tell_service();
  return true;
}

void Interface::tell_service() {
  if (dchannels_.is_interface_up()) service_.tell();
}

bool Interface::send_service(Timeslot slot, bool is_blocked) {
  constexpr int kInService = 0, kOutOfService = 2;
  // libpri cannot name interface 0: it is meant where none is named, on a D-channel of its own.
  const int identifier = channels_.identifier_of(slot.span);
  if (identifier == 0 && active_span() != slot.span) return false;
  ::pri_maintenance_service(pri(), identifier, slot.number, is_blocked ? kOutOfService : kInService);
  schedule_pump();
  return true;
}

}  // namespace sg::tdm::pri
