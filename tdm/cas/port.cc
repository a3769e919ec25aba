#include "tdm/cas/port.h"

#include <sys/epoll.h>

namespace sg::tdm::cas {
namespace {

constexpr auto kReopenEvery = 5s;

}  // namespace

Port::Port(const Place& place, const PortConfig& config)
    : place_(place),
      config_(config),
      log_(fmt::format("{} port={}", place.config.name, config.slot)),
      audio_({place.reactor, place.backend, place.clock, config.slot, place.config.bearer_group}, *this),
      timer_(place.reactor),
      reopen_(place.reactor) {}

Port::~Port() {
  if (line_) place_.reactor.unwatch(line_->fd());
}

void Port::start() {
  open_line();
}

void Port::open_line() {
  auto line = place_.backend.open_line(config_.slot);
  if (line && (*line)->kind() != place_.config.kind) {
    constexpr std::string_view kKinds[] = {"a port for a telephone (fxs)", "a port for an exchange's line (fxo)",
                                           "an E&M channel (em)"};
    line = fail("it is {}, not {}: put it into a trunk of its own kind, or configure the card otherwise",
                kKinds[static_cast<size_t>((*line)->kind())], kKinds[static_cast<size_t>(place_.config.kind)]);
  }
  if (line) {
    auto watching = place_.reactor.watch((*line)->fd(), EPOLLIN | EPOLLPRI, [this](uint32_t) { read_line(); });
    if (!watching) line = tl::unexpected(watching.error());
  }
  if (!line) {
    // Once, not every few seconds.
    if (fault_ != line.error().message) log_.error("does not work: {}", line.error().message);
    fault_ = line.error().message;
    reopen_.arm(kReopenEvery, [this] { open_line(); });
    return;
  }
  line_ = std::move(*line);
  if (!fault_.empty()) log_.info("works again");
  fault_.clear();
  on_line_up();
  place_.owner.on_port_changed();
}

void Port::read_line() {
  while (line_) {
    auto event = line_->next();
    if (!event) return;
    if (event->kind == LineEvent::Kind::Removed) return lose_line("the card was removed");
    if (event->kind == LineEvent::Kind::AlarmChanged) {
      look_at_alarms();
    } else {
      on_line(*event);
    }
  }
}

void Port::look_at_alarms() {
  if (!line_) return;
  log_.info("alarms={}", to_string(line_->alarms()));
  // An exchange line without battery is an alarm to the driver, and to us the way in which an exchange hangs up.
  if (line_->kind() != LineKind::Fxo) tell_line(line_->alarms());
  place_.owner.on_port_changed();
}

void Port::lose_line(std::string why) {
  log_.error("does not work: {}", why);
  fault_ = std::move(why);
  timer_.cancel();
  audio_.close();
  on_line_lost();
  tell_line(kAlarmRemoved);
  if (call_) end_call(kOutOfOrder);
  place_.reactor.unwatch(line_->fd());
  line_.reset();
  reopen_.arm(kReopenEvery, [this] { open_line(); });
  place_.owner.on_port_changed();
}

Signalling::SlotState Port::slot_state() const {
  using State = Signalling::SlotState;
  if (!is_open()) return State::OutOfService;
  if (call_) return State::InUse;
  if (is_blocked_) return State::Blocked;
  if (is_in_alarm()) return State::InAlarm;
  return stands_idle() ? State::Idle : State::Restarting;
}

void Port::set_blocked(bool is_blocked) {
  if (std::exchange(is_blocked_, is_blocked) == is_blocked) return;
  log_.warning("{}", is_blocked ? "blocked" : "no longer blocked");
}

bool Port::did(const Result<>& done, std::string_view what) {
  if (!done) log_.warning("cannot {}: {}", what, done.error().message);
  return done.has_value();
}

void Port::begin_incoming(const Setup& setup) {
  call_ = place_.owner.new_call(*this);
  if (is_blocked_) {
    log_.info("blocked: a call from here is refused");
    // From the loop: who says that a call begins goes on afterwards.
    return place_.reactor.post(lifetime_.guard([this, call = call_] {
      if (call_ == call) release(kCircuitTaken);
    }));
  }
  place_.owner.tell(
      [call = call_, slot = slot(), setup](Signalling::Listener& listener) { listener.on_setup(call, slot, setup); });
}

void Port::give_to_media() {
  audio_.close();
  place_.owner.tell(
      [call = call_, slot = slot()](Signalling::Listener& listener) { listener.on_timeslot_changed(call, slot); });
}

void Port::tell_alerting() {
  place_.owner.tell([call = call_](Signalling::Listener& listener) { listener.on_alerting(call, {}); });
}

void Port::tell_progress() {
  Progress progress;
  progress.inband_available = true;
  place_.owner.tell(
      [call = call_, progress](Signalling::Listener& listener) { listener.on_progress(call, progress, 0); });
}

void Port::tell_answered() {
  place_.owner.tell([call = call_](Signalling::Listener& listener) { listener.on_answered(call, {}); });
}

void Port::tell_notify(uint8_t description) {
  place_.owner.tell(
      [call = call_, description](Signalling::Listener& listener) { listener.on_notify(call, description); });
}

void Port::tell_line(AlarmSet alarms) {
  if (!call_) return;
  const LineFault fault{.span = slot().span, .alarms = alarms};
  place_.owner.tell([call = call_, fault](Signalling::Listener& listener) { listener.on_line_changed(call, fault); });
}

void Port::end_call(int cause) {
  if (!call_) return;
  place_.owner.end_call(std::exchange(call_, {}), cause);
}

void Port::count(std::string_view what) {
  place_.counters.get(fmt::format("cas.{}", what)).add();
}

}  // namespace sg::tdm::cas
