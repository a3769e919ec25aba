#include "tdm/cas/group.h"

#include <algorithm>

#include "tdm/cas/em_port.h"
#include "tdm/cas/fxo_port.h"
#include "tdm/cas/fxs_port.h"

namespace sg::tdm::cas {
namespace {

constexpr int kNoCircuit = 34;
// As often as an ISDN interface looks for another timeslot.
constexpr int kMostRetries = 3;

std::unique_ptr<Port> make_port(const Port::Place& place, const PortConfig& config) {
  switch (place.config.kind) {
    case LineKind::Fxs:
      return std::make_unique<FxsPort>(place, config);
    case LineKind::Fxo:
      return std::make_unique<FxoPort>(place, config);
    case LineKind::EAndM:
      break;
  }
  return std::make_unique<EmPort>(place, config);
}

// The keys that a line is dialled with. What has others is another number without them.
bool can_dial(const Config& config, std::string_view digits) {
  bool is_pulse = config.kind == LineKind::Fxo && config.dialling == Dialling::Pulse;
  std::string_view keys = is_pulse ? "0123456789" : "0123456789*#ABCD";
  return !digits.empty() && digits.find_first_not_of(keys) == std::string_view::npos;
}

std::string_view ports_of(LineKind kind) {
  switch (kind) {
    case LineKind::Fxs:
      return "analog telephones";
    case LineKind::Fxo:
      return "analog lines";
    case LineKind::EAndM:
      return "E&M";
  }
  return "";
}

// The i-th port to look at, of so many.
size_t nth(HuntOrder order, size_t i, size_t count, size_t last) {
  switch (order) {
    case HuntOrder::Ascending:
      return i;
    case HuntOrder::Descending:
      return count - 1 - i;
    case HuntOrder::RoundRobin:
      return (last + 1 + i) % count;
  }
  return i;
}

}  // namespace

Group::Group(Config config, Reactor& reactor, const std::map<uint16_t, Backend*>& backends, Counters& counters)
    : config_(std::move(config)), reactor_(reactor), counters_(counters), clock_(reactor) {
  for (const PortConfig& port : config_.ports) {
    Backend& backend = *backends.at(port.slot.span);
    ports_.push_back(make_port({reactor_, backend, clock_, counters_, config_, *this}, port));
  }
  last_port_ = ports_.empty() ? 0 : ports_.size() - 1;
  for (auto& port : ports_) port->start();
}

Group::~Group() = default;

Signalling::Status Group::status() const {
  Status status;
  status.is_up = is_up_;
  status.name = fmt::format("{}, {} ports", ports_of(config_.kind), ports_.size());
  for (const auto& port : ports_) {
    SlotStatus slot;
    slot.slot = port->slot();
    slot.state = port->slot_state();
    slot.call = port->call();
    slot.is_blocked = port->is_blocked();
    slot.detail = port->is_open() ? std::string(port->state_name()) : port->fault();
    status.slots.push_back(std::move(slot));
  }
  return status;
}

int Group::refusal_cause() const {
  if (!is_up_) return kOutOfOrder;
  // Whether a telephone is busy depends on which: setup() sees.
  if (config_.kind == LineKind::Fxs) return 0;
  bool any = std::ranges::any_of(ports_, [](const auto& port) { return port->is_idle(); });
  return any ? 0 : kNoCircuit;
}

Result<Signalling::OutgoingCall> Group::setup(const Setup& setup) {
  if (int cause = refusal_cause()) return fail("{}: no port takes a call (cause {})", config_.name, cause);
  int cause = 0;
  Port* port = choose(setup, cause);
  SignallingCallId call{++last_call_};
  if (!port || cause) {
    tell([call, cause](Listener& listener) { listener.on_released(call, cause); });
    return OutgoingCall{call, port ? port->slot() : Timeslot{}, false};
  }
  calls_[call] = {port, setup};
  port->place_call(call, setup);
  return OutgoingCall{call, port->slot(), false};
}

Port* Group::choose(const Setup& setup, int& cause) {
  if (config_.kind != LineKind::Fxs) {
    if (!can_dial(config_, setup.called.digits)) {
      counters_.get("cas.refused_numbers").add();
      cause = kInvalidNumber;
      return nullptr;
    }
    Port* port = hunt();
    if (!port) cause = kNoCircuit;
    return port;
  }
  auto found =
      std::ranges::find_if(ports_, [&](const auto& port) { return port->config().number == setup.called.digits; });
  if (found == ports_.end()) {
    cause = kUnallocated;
    return nullptr;
  }
  Port& port = **found;
  if (!port.is_open() || port.is_in_alarm() || port.is_blocked()) {
    cause = kOutOfOrder;
  } else if (!port.is_idle()) {
    cause = kUserBusy;
  }
  return &port;
}

Port* Group::hunt(const Port* but) {
  const size_t count = ports_.size();
  for (size_t i = 0; i < count; ++i) {
    size_t at = nth(config_.hunt, i, count, last_port_);
    if (!ports_[at]->is_idle() || ports_[at].get() == but) continue;
    last_port_ = at;
    return ports_[at].get();
  }
  return nullptr;
}

Port* Group::find(SignallingCallId call) const {
  auto found = calls_.find(call);
  return found == calls_.end() ? nullptr : found->second.port;
}

bool Group::place_again(SignallingCallId id) {
  Call& call = calls_.at(id);
  // A telephone has its number at one port alone.
  if (!call.setup || config_.kind == LineKind::Fxs || call.retries >= kMostRetries) return false;
  Port* other = hunt(call.port);
  if (!other) return false;
  ++call.retries;
  call.port = other;
  counters_.get("cas.placed_again").add();
  // It may be refused at once in its turn, and the call be gone.
  const Setup setup = *call.setup;
  other->place_call(id, setup);
  return true;
}

void Group::answer(SignallingCallId call) {
  if (Port* port = find(call)) port->answer();
}
void Group::release(SignallingCallId call, int cause) {
  Port* port = find(call);
  if (!port) return;
  port->call() == call ? port->release(cause) : port->release_other(call, cause);
}
const ToneZone* Group::busy_tones(SignallingCallId call) const {
  const Port* port = find(call);
  return port && port->hears_hang_up_as_tone() ? config_.zone : nullptr;
}
void Group::on_busy_tone(SignallingCallId call) {
  if (Port* port = find(call)) port->on_busy_tone();
}
void Group::notify(SignallingCallId call, uint8_t description) {
  if (Port* port = find(call)) port->on_notified(call, description);
}

bool Group::set_blocked(Timeslot slot, bool is_blocked) {
  auto found = std::ranges::find_if(ports_, [&](const auto& port) { return port->slot() == slot; });
  if (found != ports_.end()) (*found)->set_blocked(is_blocked);
  return found != ports_.end();
}

void Group::on_alarms_changed(uint16_t span, AlarmSet) {
  for (auto& port : ports_) {
    if (port->slot().span == span) port->look_at_alarms();
  }
}

bool Group::set_messages_waiting(Timeslot slot, int messages) {
  auto found = std::ranges::find_if(ports_, [&](const auto& port) { return port->slot() == slot; });
  if (found == ports_.end()) return false;
  (*found)->set_messages_waiting(messages);
  return true;
}

SignallingCallId Group::new_call(Port& port) {
  SignallingCallId call{++last_call_};
  calls_[call] = {&port};
  return call;
}

void Group::tell(std::function<void(Listener&)> what) {
  reactor_.post(lifetime_.guard([this, what = std::move(what)] {
    if (listener_) what(*listener_);
  }));
}

void Group::end_call(SignallingCallId call, int cause) {
  if (cause == kCircuitTaken && calls_.contains(call) && place_again(call)) return;
  calls_.erase(call);
  tell([call, cause](Listener& listener) { listener.on_released(call, cause); });
}

void Group::on_port_changed() {
  bool is_up = std::ranges::any_of(ports_, [](const auto& port) { return port->is_open() && !port->is_in_alarm(); });
  if (std::exchange(is_up_, is_up) == is_up) return;
  tell([is_up](Listener& listener) { is_up ? listener.on_interface_up() : listener.on_interface_down(); });
}

}  // namespace sg::tdm::cas
