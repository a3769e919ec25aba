#include "tdm/cas/fxo_port.h"

namespace sg::tdm::cas {
namespace {

using S = FxoState;
using E = FxoEvent;

// Until the loop is closed, where the card does not say.
constexpr auto kSeize = 1s;
// A pulse digit takes 0.1 s a pulse and 0.75 s of pause at most: the card says when it is done, or is given up.
constexpr auto kPulseDigit = 2s;
constexpr auto kShortPause = 1s;

// As people write it: "+" for the type of number.
party::Number number_of(const std::string& text) {
  party::Number number{.digits = text};
  if (!text.starts_with('+')) return number;
  number.digits.erase(0, 1);
  number.type = TypeOfNumber::International;
  return number;
}

}  // namespace

const FsmTable<FxoState, FxoEvent>& FxoPort::table() {
  static const FsmTable<FxoState, FxoEvent> kTable{
      "fxo",
      {{S::Closed, {E::LineUp}, {S::Idle}},
       {S::Idle,
        {E::RingStarted, E::Place, E::BatteryLost, E::Reversed},
        {S::Ringing, S::Offered, S::Seizing, S::Closed}},
       {S::Ringing,
        {E::RingStarted, E::RingEnded, E::CallerIdHeard, E::Timeout, E::BatteryLost},
        {S::Offered, S::Idle, S::Closed}},
       {S::Offered,
        {E::RingStarted, E::RingEnded, E::Answer, E::Release, E::Timeout, E::BatteryLost, E::HookDone, E::BusyHeard},
        {S::Talking, S::Refused, S::Idle, S::Guard, S::Closed}},
       {S::Refused, {E::RingStarted, E::RingEnded, E::Timeout}, {S::Idle, S::Closed}},
       {S::Seizing,
        {E::HookDone, E::RingStarted, E::Release, E::Timeout, E::BatteryLost},
        {S::AwaitingTone, S::Offered, S::Guard, S::Closed}},
       {S::AwaitingTone,
        {E::DialToneHeard, E::BusyHeard, E::RingStarted, E::Release, E::Timeout, E::BatteryLost, E::HookDone},
        {S::Dialling, S::Offered, S::Guard, S::Closed}},
       {S::Dialling,
        {E::Said, E::HookDone, E::Release, E::Timeout, E::BatteryLost, E::Reversed},
        {S::Dialled, S::Guard, S::Closed}},
       {S::Dialled,
        {E::Reversed, E::BusyHeard, E::Release, E::Timeout, E::BatteryLost, E::Flash, E::HookDone},
        {S::Talking, S::Guard, S::Closed}},
       {S::Talking,
        {E::Reversed, E::BusyHeard, E::Release, E::BatteryLost, E::Flash, E::HookDone, E::RingStarted, E::RingEnded},
        {S::Guard, S::Closed}},
       {S::Guard, {E::Timeout, E::HookDone, E::BatteryLost, E::Reversed}, {S::Idle, S::Closed}}}};
  return kTable;
}

FxoPort::FxoPort(const Place& place, const PortConfig& config)
    : Port(place, config), fsm_(table(), S::Closed, place.counters, log()) {}

void FxoPort::enter(FxoState state) {
  stop_waiting();
  fsm_.enter(state, now());
}

void FxoPort::on_line_up() {
  if (fsm_.accepts(E::LineUp)) enter(S::Idle);
}

void FxoPort::on_line(const LineEvent& event) {
  switch (event.kind) {
    case LineEvent::Kind::RingStarted:
      return on_ring_started();
    case LineEvent::Kind::RingBurstEnded:
      return on_ring_ended();
    case LineEvent::Kind::OnHook:
      return on_battery_lost();
    case LineEvent::Kind::PolarityReversed:
      return on_reversed();
    case LineEvent::Kind::HookDone:
      return on_hook_done();
    default:
      return;
  }
}

// Incoming calls.

void FxoPort::on_ring_started() {
  if (!fsm_.accepts(E::RingStarted)) return;
  switch (fsm_.state()) {
    case S::Idle:
      if (group().caller_id == CallerIdStandard::None) return offer({"", "", Presentation::Unavailable});
      enter(S::Ringing);
      return wait(group().ring_gap);
    case S::Ringing:
      // Some cadences, as Britain's, have two bursts close together: caller ID comes in the long pause.
      if (now() - burst_ended_ < kShortPause) {
        audio().close();
        return wait(group().ring_gap);
      }
      // The second burst: nothing came between the two.
      return offer({"", "", Presentation::Unavailable});
    case S::Offered:
    case S::Refused:
      return wait(group().ring_gap);
    case S::Seizing:
    case S::AwaitingTone:
      return take_glare();
    default:
      return;
  }
}

void FxoPort::on_ring_ended() {
  if (!fsm_.accepts(E::RingEnded) || fsm_.state() != S::Ringing) return;
  burst_ended_ = now();
  audio().open();
  audio().hear_caller_id();
}

void FxoPort::on_caller_id(const CallerId& caller) {
  if (fsm_.accepts(E::CallerIdHeard)) offer(caller);
}

void FxoPort::offer(const CallerId& caller) {
  audio().close();
  is_seized_ = false;
  enter(S::Offered);
  wait(group().ring_gap);
  Setup setup;
  setup.called = number_of(config().number);
  setup.calling.number = number_of(caller.number);
  setup.calling.name = caller.name;
  setup.calling.presentation = caller.presentation;
  setup.calling.screening = ScreeningIndicator::Network;
  begin_incoming(setup);
}

// The exchange rang as we seized: the one who calls is through to us by now. Our call goes elsewhere.
void FxoPort::take_glare() {
  count("glare");
  log().info("glare: a call came in as one went out");
  audio().close();
  end_call(kCircuitTaken);
  offer({"", "", Presentation::Unavailable});
  stop_waiting();
  is_seized_ = true;
}

void FxoPort::answer() {
  if (!fsm_.accepts(E::Answer)) return;
  if (!is_seized_ && !did(line().seize(), "answer")) {
    enter(S::Guard);
    wait(group().guard);
    return end_call(kOutOfOrder);
  }
  enter(S::Talking);
}

// Outgoing calls.

void FxoPort::place_call(SignallingCallId call, const Setup& setup) {
  take_outgoing(call);
  number_ = setup.called.digits;
  if (number_.empty()) return end_call(kInvalidNumber);
  if (!fsm_.accepts(E::Place)) return end_call(kCircuitTaken);
  if (!did(line().seize(), "seize")) return end_call(kOutOfOrder);
  enter(S::Seizing);
  wait(kSeize);
}

void FxoPort::on_hook_done() {
  if (!fsm_.accepts(E::HookDone)) return;
  if (fsm_.state() == S::Dialling && group().dialling == Dialling::Pulse) return on_dialled();
  if (fsm_.state() != S::Seizing) return;
  enter(S::AwaitingTone);
  audio().open();
  if (group().dial_start == DialStart::DialTone) {
    audio().hear_tones(*group().zone, {CallTone::Dial, CallTone::Busy, CallTone::Congestion});
  }
  wait(group().dial_tone);
}

void FxoPort::dial() {
  enter(S::Dialling);
  if (group().dialling == Dialling::Tone) return audio().send_digits(number_);
  if (!did(line().dial_pulses(number_), "dial")) return hang_up(kInvalidNumber);
  wait(kPulseDigit * static_cast<int>(number_.size()));
}

void FxoPort::on_said() {
  if (fsm_.accepts(E::Said)) on_dialled();
}

void FxoPort::on_dialled() {
  enter(S::Dialled);
  give_to_media();
  if (group().answer_by == AnswerBy::Dialled) return answered();
  tell_progress();
  wait(group().ring_limit);
}

void FxoPort::answered() {
  enter(S::Talking);
  tell_answered();
}

// Both.

void FxoPort::on_tone(CallTone tone) {
  if (tone == CallTone::Dial) {
    if (fsm_.accepts(E::DialToneHeard)) dial();
    return;
  }
  if (!fsm_.accepts(E::BusyHeard)) return;
  count("busy_tone_heard");
  bool was_answered = fsm_.state() == S::Talking;
  hang_up(was_answered ? kNormalClearing : tone == CallTone::Busy ? kUserBusy : kCongestion);
}

void FxoPort::on_battery_lost() {
  if (!fsm_.accepts(E::BatteryLost)) return;
  if (fsm_.state() == S::Idle || fsm_.state() == S::Guard) return;
  hang_up(kNormalClearing);
}

void FxoPort::on_reversed() {
  if (!fsm_.accepts(E::Reversed)) return;
  if (fsm_.state() == S::Dialled) return answered();
  if (fsm_.state() == S::Talking && group().polarity_ends_call) hang_up(kNormalClearing);
}

void FxoPort::flash() {
  if (fsm_.accepts(E::Flash)) did(line().flash(), "flash");
}

void FxoPort::release(int cause) {
  if (!fsm_.accepts(E::Release)) return;
  if (fsm_.state() != S::Offered || is_seized_) return hang_up(cause);
  // A line that rings cannot be refused: it rings on until the caller gives up.
  end_call(cause);
  enter(S::Refused);
  wait(group().ring_gap);
}

void FxoPort::hang_up(int cause) {
  audio().close();
  did(line().release(), "hang up");
  end_call(cause);
  if (fsm_.state() == S::Ringing) return enter(S::Idle);
  enter(S::Guard);
  wait(group().guard);
}

void FxoPort::on_timeout() {
  if (!fsm_.accepts(E::Timeout)) return;
  switch (fsm_.state()) {
    case S::Ringing:
      // One burst and no more.
      audio().close();
      return enter(S::Idle);
    case S::Offered:
      end_call(kNormalClearing);
      return enter(S::Idle);
    case S::Refused:
    case S::Guard:
      return enter(S::Idle);
    case S::Seizing:
      log().warning("the card does not say that the line is seized");
      return hang_up(kOutOfOrder);
    case S::AwaitingTone:
      if (group().dial_start == DialStart::Time) return dial();
      count("no_dial_tone");
      log().warning("no dial tone: is the line connected, and is the tone zone right?");
      return hang_up(kOutOfOrder);
    case S::Dialling:
      log().warning("the card does not say that the number is dialled");
      return hang_up(kOutOfOrder);
    case S::Dialled:
      return hang_up(kNoAnswer);
    default:
      return;
  }
}

void FxoPort::on_audio_failed(const std::string& why) {
  log().error("no audio: {}", why);
  count("no_audio");
  if (fsm_.state() == S::AwaitingTone || fsm_.state() == S::Dialling) hang_up(kOutOfOrder);
}

std::string_view name_of(FxoState state) {
  constexpr std::string_view kNames[] = {
      "closed",   "on-hook", "ringing", "offered", "ringing, refused", "seizing", "waiting for dial tone",
      "dialling", "dialled", "talking", "guard"};
  return kNames[static_cast<size_t>(state)];
}

std::string_view name_of(FxoEvent event) {
  constexpr std::string_view kNames[] = {"line_up",   "ring_started",    "ring_ended", "battery_lost",    "reversed",
                                         "hook_done", "dial_tone_heard", "busy_heard", "caller_id_heard", "said",
                                         "place",     "answer",          "release",    "flash",           "timeout"};
  return kNames[static_cast<size_t>(event)];
}

}  // namespace sg::tdm::cas
