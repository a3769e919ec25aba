#include "tdm/cas/fxs_port.h"

#include <ctime>

namespace sg::tdm::cas {
namespace {

using S = FxsState;
using E = FxsEvent;

// Longer than the battery drop of kewl-start.
constexpr auto kDrop = 1s;
// GR-30: caller ID comes in a pause of at least this.
constexpr auto kLongPause = 1s;
// Call control joins two calls at once, or says that it cannot.
constexpr auto kTransferLimit = 5s;

// In which pause of the ringing there is room for caller ID, counted from 1.
int long_pause_of(const RingCadence& cadence) {
  for (size_t i = 1; i < cadence.size(); i += 2) {
    if (cadence[i] >= kLongPause) return static_cast<int>(i / 2) + 1;
  }
  return 1;
}

std::tm local_time() {
  std::time_t seconds = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return local;
}

CallTone tone_for(int cause) {
  return cause == kNormalClearing || cause == kUserBusy || cause == kNoAnswer ? CallTone::Busy : CallTone::Congestion;
}

}  // namespace

const FsmTable<FxsState, FxsEvent>& FxsPort::table() {
  static const FsmTable<FxsState, FxsEvent> kTable{
      "fxs",
      {{S::Closed, {E::LineUp}, {S::Idle, S::DialTone}},
       {S::Idle, {E::Lifted, E::Place, E::HungUp}, {S::DialTone, S::Ringing, S::Closed}},
       {S::DialTone,
        {E::Digit, E::HungUp, E::Timeout, E::Flash},
        {S::Collecting, S::Talking, S::Idle, S::HungUpOn, S::Closed}},
       {S::Collecting,
        {E::Digit, E::HungUp, E::Timeout, E::Flash},
        {S::Calling, S::DialTone, S::Talking, S::Idle, S::HungUpOn, S::Closed}},
       {S::Calling,
        {E::Answer, E::HungUp, E::Flash, E::Release, E::Digit},
        {S::Talking, S::Idle, S::HungUpOn, S::BackToHeld, S::Transferring, S::Closed}},
       {S::Ringing, {E::Lifted, E::RingPaused, E::Release, E::Timeout}, {S::Talking, S::Idle, S::Closed}},
       {S::Talking,
        {E::HungUp, E::Flash, E::Release, E::Digit},
        {S::DialTone, S::Idle, S::HungUpOn, S::BackToHeld, S::Transferring, S::Closed}},
       {S::HungUpOn, {E::HungUp, E::Lifted, E::Flash, E::Digit, E::Timeout}, {S::Howling, S::Idle, S::Closed}},
       {S::Howling, {E::HungUp, E::Flash, E::Digit, E::Timeout}, {S::Parked, S::Idle, S::Closed}},
       {S::Parked, {E::HungUp, E::Flash, E::Digit}, {S::Idle, S::Closed}},
       {S::BackToHeld, {E::HungUp, E::Flash, E::Digit, E::Timeout}, {S::Talking, S::HungUpOn, S::Idle, S::Closed}},
       {S::Transferring, {E::Release, E::Timeout, E::Lifted}, {S::Idle, S::Closed}}}};
  return kTable;
}

FxsPort::FxsPort(const Place& place, const PortConfig& config)
    : Port(place, config),
      fsm_(table(), S::Closed, place.counters, log()),
      messages_waiting_(config.messages_waiting) {}

void FxsPort::enter(FxsState state) {
  stop_waiting();
  is_among_three_ = false;
  fsm_.enter(state, now());
}

void FxsPort::on_line_up() {
  if (!fsm_.accepts(E::LineUp)) return;
  set_messages_waiting(messages_waiting_);
  if (line().is_far_end_off_hook()) {
    give_dial_tone();
  } else {
    enter(S::Idle);
  }
}

void FxsPort::set_messages_waiting(int messages) {
  bool is_news = messages != messages_waiting_ || messages > 0;
  messages_waiting_ = messages;
  if (is_open() && is_news) did(line().set_messages_waiting(messages), "light the lamp");
}

void FxsPort::on_line(const LineEvent& event) {
  switch (event.kind) {
    case LineEvent::Kind::OffHook:
      return on_lifted();
    case LineEvent::Kind::OnHook:
      return on_hung_up();
    case LineEvent::Kind::Flash:
      return on_flash();
    case LineEvent::Kind::RingBurstEnded:
      return on_ring_paused();
    case LineEvent::Kind::PulseDigit:
      return on_digit(event.digit);
    default:
      return;
  }
}

void FxsPort::on_lifted() {
  // Told of late, when the line was opened.
  if (fsm_.state() == S::DialTone) return;
  if (!fsm_.accepts(E::Lifted) || fsm_.state() == S::Transferring) return;
  did(line().seize(), "feed the telephone");
  if (fsm_.state() == S::Idle) return give_dial_tone();
  if (fsm_.state() != S::Ringing) return;
  audio().close();
  enter(S::Talking);
  is_held_ = false;
  give_to_media();
  tell_answered();
}

void FxsPort::give_dial_tone() {
  enter(S::DialTone);
  digits_.clear();
  audio().open();
  audio().play(messages_waiting_ > 0 ? group().zone->stutter : group().zone->dial);
  audio().hear_digits();
  wait(group().first_digit);
}

void FxsPort::on_digit(char digit) {
  if (!fsm_.accepts(E::Digit)) return;
  // In a call the media hears what is keyed; and pulses mean nothing there.
  if (fsm_.state() != S::DialTone && fsm_.state() != S::Collecting) return;
  if (fsm_.state() == S::DialTone) {
    audio().be_silent();
    enter(S::Collecting);
  }
  // In a service code, *21*5550100#, the # is a digit.
  bool ends = digit == '#' && !digits_.empty() && digits_.front() != '*' && digits_.front() != '#';
  if (ends) return present();
  digits_ += digit;
  wait(group().inter_digit);
}

void FxsPort::present() {
  audio().close();
  enter(S::Calling);
  is_held_ = false;
  Setup setup;
  setup.called.digits = digits_;
  setup.calling.number.digits = config().number;
  setup.calling.name = config().name;
  setup.calling.screening = ScreeningIndicator::Network;
  begin_incoming(setup);
}

void FxsPort::on_flash() {
  if (!fsm_.accepts(E::Flash)) return;
  switch (fsm_.state()) {
    case S::DialTone:
    case S::Collecting:
    case S::BackToHeld:
      return held_ ? back_to_held() : dial_anew();
    case S::Calling:
      if (!held_) return;
      end_call(kNormalClearing);
      return back_to_held();
    case S::Talking:
      return flash_in_call();
    default:
      return;
  }
}

// Recall before the call is made.
void FxsPort::dial_anew() {
  audio().close();
  if (fsm_.state() == S::Collecting) return give_dial_tone();
  digits_.clear();
  audio().open();
  audio().play(group().zone->dial);
  audio().hear_digits();
  wait(group().first_digit);
}

void FxsPort::flash_in_call() {
  if (group().flash == HookFlash::Ignore || config().is_fax || is_among_three_) return;
  if (group().flash == HookFlash::Hold) {
    is_held_ = !is_held_;
    return tell_notify(is_held_ ? kRemoteHold : kRemoteRetrieval);
  }
  if (!held_) return hold_call();
  tell([call = call(), held = held_](Signalling::Listener& listener) { listener.on_conference(call, held); });
}

void FxsPort::hold_call() {
  tell_notify(kRemoteHold);
  tell([call = call()](Signalling::Listener& listener) { listener.on_timeslot_left(call); });
  held_ = swap_call({});
  count("recalls");
  give_dial_tone();
}

void FxsPort::back_to_held() {
  audio().close();
  enter(S::Talking);
  swap_call(std::exchange(held_, {}));
  give_to_media();
  tell_notify(kRemoteRetrieval);
}

void FxsPort::end_held(int cause) {
  if (held_) owner().end_call(std::exchange(held_, {}), cause);
}

void FxsPort::end_both(int cause) {
  end_call(cause);
  end_held(cause);
  enter(S::Idle);
  // It may have been lifted again meanwhile.
  if (!line().is_far_end_off_hook()) return;
  did(line().seize(), "feed the telephone");
  give_dial_tone();
}

void FxsPort::release_other(SignallingCallId call, int cause) {
  if (call != held_) return;
  end_held(cause);
  if (fsm_.state() == S::BackToHeld) return hang_up_on(tone_for(cause));
  if (fsm_.state() == S::Transferring) end_both(cause);
}

void FxsPort::on_notified(SignallingCallId call, uint8_t description) {
  if (call != this->call() || fsm_.state() != S::Talking) return;
  if (description == kConferenceEstablished) is_among_three_ = true;
  if (description == kConferenceDisconnected) is_among_three_ = false;
}

void FxsPort::on_line_lost() {
  enter(S::Closed);
  end_held(kOutOfOrder);
}

void FxsPort::on_hung_up() {
  if (!fsm_.accepts(E::HungUp)) return;
  audio().close();
  did(line().release(), "idle the line");
  if (held_ && call()) {
    enter(S::Transferring);
    tell([call = call(), held = held_](Signalling::Listener& listener) { listener.on_transfer(held, call); });
    return wait(kTransferLimit);
  }
  if (fsm_.state() != S::Idle) enter(S::Idle);
  end_call(kNormalClearing);
  end_held(kNormalClearing);
}

void FxsPort::place_call(SignallingCallId call, const Setup& setup) {
  take_outgoing(call);
  // Between the choice of the port and this, the telephone may have been lifted.
  if (!stands_idle() || !fsm_.accepts(E::Place)) return end_call(kUserBusy);
  const RingCadence& cadence = group().zone->ringing;
  if (!did(line().ring(cadence), "ring")) {
    bool is_lifted = line().is_far_end_off_hook();
    return end_call(is_lifted ? kUserBusy : kOutOfOrder);
  }
  caller_ = {setup.calling.number.digits, setup.calling.name, setup.calling.presentation};
  if (setup.calling.number.type == TypeOfNumber::International) caller_.number = "+" + caller_.number;
  if (caller_.presentation == Presentation::Allowed && caller_.number.empty()) {
    caller_.presentation = Presentation::Unavailable;
  }
  pauses_until_caller_id_ = group().caller_id == CallerIdStandard::None ? 0 : long_pause_of(cadence);
  enter(S::Ringing);
  wait(group().ring_limit);
  tell_alerting();
}

void FxsPort::on_ring_paused() {
  if (!fsm_.accepts(E::RingPaused)) return;
  if (pauses_until_caller_id_ == 0 || --pauses_until_caller_id_ > 0) return;
  if (!did(line().pass_audio_on_hook(std::chrono::milliseconds(CallerIdSender::kMostMs)), "send caller ID")) return;
  audio().open();
  audio().send_caller_id(group().caller_id, caller_, local_time());
}

void FxsPort::on_said() {
  audio().close();
}

void FxsPort::answer() {
  if (!fsm_.accepts(E::Answer)) return;
  enter(S::Talking);
  if (group().polarity_on_answer) did(line().reverse_polarity(true), "reverse the battery");
}

void FxsPort::release(int cause) {
  if (!fsm_.accepts(E::Release)) return;
  if (fsm_.state() == S::Transferring) return end_both(cause);
  end_call(cause);
  if (fsm_.state() == S::Ringing) {
    audio().close();
    did(line().stop_ringing(), "stop ringing");
    return enter(S::Idle);
  }
  if (!held_) return hang_up_on(tone_for(cause));
  audio().close();
  enter(S::BackToHeld);
  audio().open();
  audio().play(group().zone->shape(tone_for(cause)));
  wait(group().busy_tone);
}

void FxsPort::hang_up_on(CallTone tone) {
  audio().close();
  enter(S::HungUpOn);
  disconnect_tone_ = tone;
  plays_tone_ = false;
  if (line().start() != LineStart::Kewl) return play_disconnect_tone();
  did(line().release(), "take the battery away");
  wait(kDrop);
}

void FxsPort::play_disconnect_tone() {
  plays_tone_ = true;
  did(line().seize(), "feed the telephone");
  audio().open();
  audio().play(group().zone->shape(disconnect_tone_));
  wait(group().busy_tone);
}

void FxsPort::on_timeout() {
  if (!fsm_.accepts(E::Timeout)) return;
  switch (fsm_.state()) {
    case S::DialTone:
      if (held_) return back_to_held();
      count("no_digits");
      log().info("lifted, and nothing dialled");
      return hang_up_on(CallTone::Congestion);
    case S::Collecting:
      return present();
    case S::Ringing:
      end_call(kNoAnswer);
      audio().close();
      did(line().stop_ringing(), "stop ringing");
      return enter(S::Idle);
    case S::BackToHeld:
      return back_to_held();
    case S::Transferring:
      log().warning("a transfer by hanging up took too long");
      return end_both(kNormalClearing);
    case S::HungUpOn:
      if (!plays_tone_) return play_disconnect_tone();
      enter(S::Howling);
      audio().play(group().zone->shape(CallTone::Howler));
      return wait(group().howler);
    case S::Howling:
      audio().close();
      log().warning("stays off-hook");
      count("left_off_hook");
      return enter(S::Parked);
    default:
      return;
  }
}

// Without audio a telephone rings, answers and hangs up all the same; only dialling is impossible.
void FxsPort::on_audio_failed(const std::string& why) {
  log().error("no audio: {}", why);
  count("no_audio");
}

std::string_view name_of(FxsState state) {
  switch (state) {
    case S::Closed:
      return "closed";
    case S::Idle:
      return "on-hook";
    case S::DialTone:
      return "dial tone";
    case S::Collecting:
      return "dialling";
    case S::Calling:
      return "calling";
    case S::Ringing:
      return "ringing";
    case S::Talking:
      return "talking";
    case S::HungUpOn:
      return "busy tone";
    case S::Howling:
      return "howler tone";
    case S::Parked:
      return "left off-hook";
    case S::BackToHeld:
      return "busy tone, a call on hold";
    case S::Transferring:
      return "transferring";
  }
  return "";
}

std::string_view name_of(FxsEvent event) {
  constexpr std::string_view kNames[] = {"line_up",     "lifted", "hung_up", "flash",   "digit",
                                         "ring_paused", "place",  "answer",  "release", "timeout"};
  return kNames[static_cast<size_t>(event)];
}

}  // namespace sg::tdm::cas
