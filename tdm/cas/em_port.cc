#include "tdm/cas/em_port.h"

namespace sg::tdm::cas {
namespace {

using S = EmState;
using E = EmEvent;

// Wink start: digits follow the wink's end by 70 ms at least (GR-506).
constexpr auto kAfterWink = 200ms;
// Immediate start: they follow the seizure, by 150 ms at least; but a receiver that knows winks too, as DAHDI's, knows
// a seizure only after 300 ms.
constexpr auto kAfterSeizure = 500ms;

}  // namespace

const FsmTable<EmState, EmEvent>& EmPort::table() {
  static const FsmTable<EmState, EmEvent> kTable{
      "em",
      {{S::Closed, {E::LineUp}, {S::Idle, S::Clearing}},
       {S::Idle, {E::Seized, E::Place, E::Wink, E::HungUp}, {S::Receiving, S::AwaitingWink, S::Closed}},
       {S::Receiving, {E::Digit, E::HungUp, E::Timeout, E::HookDone}, {S::Calling, S::Clearing, S::Guard, S::Closed}},
       {S::Calling,
        {E::Answer, E::Release, E::HungUp, E::HookDone, E::Digit},
        {S::Talking, S::Clearing, S::Guard, S::Closed}},
       {S::AwaitingWink,
        {E::Wink, E::Seized, E::HookDone, E::Release, E::Timeout},
        {S::Dialling, S::Clearing, S::Guard, S::Closed}},
       {S::Dialling,
        {E::Said, E::Timeout, E::Seized, E::Release, E::HookDone},
        {S::Dialled, S::Clearing, S::Guard, S::Closed}},
       {S::Dialled, {E::Seized, E::Release, E::Timeout, E::HookDone}, {S::Talking, S::Clearing, S::Guard, S::Closed}},
       {S::Talking, {E::HungUp, E::Release, E::HookDone}, {S::Clearing, S::Guard, S::Closed}},
       {S::Clearing, {E::HungUp, E::HookDone, E::Digit}, {S::Guard, S::Closed}},
       {S::Guard, {E::Timeout, E::HookDone, E::Wink, E::Seized, E::HungUp}, {S::Idle, S::Clearing, S::Closed}}}};
  return kTable;
}

EmPort::EmPort(const Place& place, const PortConfig& config)
    : Port(place, config), fsm_(table(), S::Closed, place.counters, log()) {}

void EmPort::enter(EmState state) {
  stop_waiting();
  fsm_.enter(state, now());
}

void EmPort::on_line_up() {
  // What the far end began while nobody looked has no digits for us any more.
  if (fsm_.accepts(E::LineUp)) enter(line().is_far_end_off_hook() ? S::Clearing : S::Idle);
}

void EmPort::on_line(const LineEvent& event) {
  switch (event.kind) {
    case LineEvent::Kind::OffHook:
      return on_seized();
    case LineEvent::Kind::OnHook:
      return on_hung_up();
    case LineEvent::Kind::Wink:
      return on_wink();
    case LineEvent::Kind::PulseDigit:
      return on_digit(event.digit);
    case LineEvent::Kind::HookDone:
      if (fsm_.accepts(E::HookDone) && fsm_.state() == S::AwaitingWink && line().start() == LineStart::Immediate) {
        enter(S::Dialling);
        audio().open();
        wait(kAfterSeizure);
      }
      return;
    default:
      return;
  }
}

void EmPort::on_seized() {
  // Told of late, when the line was opened.
  if (fsm_.state() == S::Clearing) return;
  if (!fsm_.accepts(E::Seized)) return;
  switch (fsm_.state()) {
    case S::Idle:
      enter(S::Receiving);
      digits_.clear();
      audio().open();
      audio().hear_digits();
      if (line().start() != LineStart::Immediate) did(line().wink(), "wink");
      return wait(group().first_digit);
    case S::Dialled:
      enter(S::Talking);
      return tell_answered();
    case S::Dialling:
      return;  // answered early: some switches do; Dialled takes it up
    case S::Guard:
      // Seized again before the guard time was over: it gets no wink, and will give up.
      return enter(S::Clearing);
    default:
      // Both ends seized at once (glare). Neither can tell who was first: both back off.
      count("glare");
      log().info("glare: the far end seized as we did");
      return hang_up(kCircuitTaken);
  }
}

void EmPort::on_hung_up() {
  if (!fsm_.accepts(E::HungUp)) return;
  if (fsm_.state() == S::Idle || fsm_.state() == S::Guard) return;
  hang_up(kNormalClearing);
}

void EmPort::on_wink() {
  if (!fsm_.accepts(E::Wink) || fsm_.state() != S::AwaitingWink) return;
  enter(S::Dialling);
  audio().open();
  wait(kAfterWink);
}

void EmPort::on_digit(char digit) {
  if (!fsm_.accepts(E::Digit) || fsm_.state() != S::Receiving) return;
  if (digit == '#' && !digits_.empty()) return present();
  digits_ += digit;
  wait(group().inter_digit);
}

void EmPort::present() {
  audio().close();
  enter(S::Calling);
  Setup setup;
  setup.called.digits = digits_;
  setup.calling.number.digits = config().number;
  if (config().number.empty()) setup.calling.presentation = Presentation::Unavailable;
  begin_incoming(setup);
}

void EmPort::place_call(SignallingCallId call, const Setup& setup) {
  take_outgoing(call);
  digits_ = setup.called.digits;
  if (digits_.empty()) return end_call(kInvalidNumber);
  if (line().is_far_end_off_hook() || !fsm_.accepts(E::Place)) return end_call(kCircuitTaken);
  if (!did(line().seize(), "seize")) return end_call(kOutOfOrder);
  enter(S::AwaitingWink);
  wait(group().wink);
}

void EmPort::on_said() {
  if (!fsm_.accepts(E::Said)) return;
  enter(S::Dialled);
  give_to_media();
  if (line().is_far_end_off_hook()) {
    enter(S::Talking);
    return tell_answered();
  }
  tell_progress();
  wait(group().ring_limit);
}

void EmPort::answer() {
  if (!fsm_.accepts(E::Answer)) return;
  enter(S::Talking);
  did(line().seize(), "answer");
}

void EmPort::release(int cause) {
  if (fsm_.accepts(E::Release)) hang_up(cause);
}

void EmPort::hang_up(int cause) {
  audio().close();
  did(line().release(), "hang up");
  end_call(cause);
  if (line().is_far_end_off_hook()) return enter(S::Clearing);
  enter(S::Guard);
  wait(group().guard);
}

void EmPort::on_timeout() {
  if (!fsm_.accepts(E::Timeout)) return;
  switch (fsm_.state()) {
    case S::Receiving:
      if (!digits_.empty()) return present();
      count("no_digits");
      log().warning("seized, and nothing dialled");
      return hang_up(kInvalidNumber);
    case S::AwaitingWink:
      count("no_wink");
      log().warning("the far end does not wink: is it wink start there too?");
      return hang_up(kOutOfOrder);
    case S::Dialling:
      return audio().send_digits(digits_);
    case S::Dialled:
      return hang_up(kNoAnswer);
    case S::Guard:
      return enter(S::Idle);
    default:
      return;
  }
}

void EmPort::on_audio_failed(const std::string& why) {
  log().error("no audio: {}", why);
  count("no_audio");
  if (fsm_.state() == S::Receiving || fsm_.state() == S::Dialling) hang_up(kOutOfOrder);
}

std::string_view name_of(EmState state) {
  constexpr std::string_view kNames[] = {"closed",   "idle",    "dialled to", "calling",  "waiting for wink",
                                         "dialling", "dialled", "talking",    "clearing", "guard"};
  return kNames[static_cast<size_t>(state)];
}

std::string_view name_of(EmEvent event) {
  constexpr std::string_view kNames[] = {"line_up", "seized", "hung_up", "wink",    "hook_done", "digit",
                                         "said",    "place",  "answer",  "release", "timeout"};
  return kNames[static_cast<size_t>(event)];
}

}  // namespace sg::tdm::cas
