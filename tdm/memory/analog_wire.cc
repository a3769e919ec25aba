#include "tdm/memory/analog_wire.h"

#include <algorithm>

namespace sg::tdm {

namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

// The telephone's and the tie line's own times, as the DAHDI driver has them.
constexpr milliseconds kFlash = 750ms;
constexpr milliseconds kPreWink = 50ms;
constexpr milliseconds kWink = 150ms;
constexpr milliseconds kPulseBreak = 50ms;
constexpr milliseconds kPulseMake = 50ms;
constexpr milliseconds kBetweenDigits = 750ms;
constexpr milliseconds kPulseDone = AnalogWire::kMaxPulse + 50ms;

constexpr LineKind partner_of(LineKind kind) {
  switch (kind) {
    case LineKind::Fxs:
      return LineKind::Fxo;
    case LineKind::Fxo:
      return LineKind::Fxs;
    case LineKind::EAndM:
      return LineKind::EAndM;
  }
  return kind;
}

}  // namespace

void AnalogWire::End::tell(LineEvent::Kind event, char digit) {
  if (!is_open || is_removed) return;
  events.push_back({event, digit});
  ready.signal();
}

AnalogWire::AnalogWire(LineKind first, LineStart start) : start_(start) {
  ends_[0].kind = first;
  ends_[1].kind = partner_of(first);
  exchange_ = first == LineKind::Fxo ? 1 : 0;
}

void AnalogWire::open(size_t index) {
  ends_[index].is_open = true;
  // Whoever comes late is told what the far end began before.
  if (hooks_[other(index)].is_reported) ends_[index].tell(LineEvent::Kind::OffHook);
}

void AnalogWire::close(size_t index) {
  (void)release(index);
  ends_[index].is_open = false;
  ends_[index].events.clear();
  ends_[index].ready.clear();
}

void AnalogWire::remove(size_t index) {
  if (ends_[index].is_removed) return;
  (void)release(index);
  ends_[index].tell(LineEvent::Kind::Removed);
  ends_[index].is_removed = true;
}

bool AnalogWire::is_far_end_off_hook(size_t index) const {
  return ends_[index].kind == LineKind::Fxo ? feed_ != Feed::Dropped : hooks_[other(index)].closed;
}

bool AnalogWire::passes_audio_from(size_t index) const {
  // A port without a Line is a plain timeslot.
  if (!is_loop() || !ends_[exchange_].is_open) return true;
  if (hooks_[other(exchange_)].closed) return true;
  return index == exchange_ && audio_on_hook_ > 0ms;
}

Result<> AnalogWire::expect(size_t index, LineKind kind, std::string_view what) const {
  if (ends_[index].is_removed) return fail("the port is gone");
  if (ends_[index].kind == kind) return {};
  return fail("this kind of port cannot {}", what);
}

Result<> AnalogWire::seize(size_t index) {
  if (ends_[index].is_removed) return fail("the port is gone");
  if (ends_[index].kind != LineKind::Fxs) {
    hooks_[index].steps.clear();
    set_hook(index, true);
  } else if (is_ringing()) {
    feed_ = Feed::Battery;
  }
  ends_[index].tell(LineEvent::Kind::HookDone);
  return {};
}

Result<> AnalogWire::release(size_t index) {
  if (ends_[index].is_removed) return {};
  hooks_[index].steps.clear();
  if (ends_[index].kind != LineKind::Fxs) {
    set_hook(index, false);
    return {};
  }
  rings_after_drop_ = false;
  if (is_reversed_) (void)reverse_polarity(index, false);
  if (is_ringing()) feed_ = Feed::Battery;
  if (start_ != LineStart::Kewl || !loop().is_reported || feed_ != Feed::Battery) return {};
  feed_ = Feed::Dropped;
  feed_for_ = kBatteryDrop;
  hung_up_during_drop_ = false;
  if (loop().closed) telephone().tell(LineEvent::Kind::OnHook);
  return {};
}

Result<> AnalogWire::wink(size_t index) {
  if (auto right = expect(index, LineKind::EAndM, "wink"); !right) return right;
  if (hooks_[index].closed) return fail("cannot wink: seized");
  hooks_[index].steps = {{false, kPreWink}, {true, kWink}, {false, 0ms}};
  return {};
}

Result<> AnalogWire::flash(size_t index) {
  if (auto right = expect(index, LineKind::Fxo, "flash"); !right) return right;
  if (!hooks_[index].closed) return fail("cannot flash: on-hook");
  hooks_[index].steps = {{false, kFlash}, {true, 0ms}};
  return {};
}

Result<> AnalogWire::dial_pulses(size_t index, std::string_view digits) {
  if (auto right = expect(index, LineKind::Fxo, "dial pulses"); !right) return right;
  if (!hooks_[index].closed) return fail("cannot dial: on-hook");
  for (char digit : digits) {
    if (digit < '0' || digit > '9') return fail("'{}' cannot be dialled by pulses", digit);
  }
  auto& steps = hooks_[index].steps;
  for (char digit : digits) {
    for (int pulse = digit == '0' ? 10 : digit - '0'; pulse > 0; --pulse) {
      steps.push_back({false, kPulseBreak});
      steps.push_back({true, kPulseMake});
    }
    steps.push_back({true, kBetweenDigits});
  }
  return {};
}

Result<> AnalogWire::ring(size_t index, const RingCadence& cadence) {
  if (auto right = expect(index, LineKind::Fxs, "ring"); !right) return right;
  if (cadence.size() < 2 || cadence.size() % 2 != 0 || std::ranges::any_of(cadence, [](auto t) { return t <= 0ms; })) {
    return fail("a ring cadence is pairs of on and off, each longer than 0");
  }
  if (loop().closed) return fail("cannot ring: the telephone is lifted");
  cadence_ = cadence;
  if (feed_ == Feed::Dropped || feed_ == Feed::AfterDrop) {
    rings_after_drop_ = true;
  } else {
    start_ringing();
  }
  return {};
}

void AnalogWire::start_ringing() {
  cadence_position_ = 0;
  feed_ = Feed::RingOn;
  feed_for_ = cadence_.front();
  telephone().tell(LineEvent::Kind::RingStarted);
}

Result<> AnalogWire::stop_ringing(size_t index) {
  if (auto right = expect(index, LineKind::Fxs, "ring"); !right) return right;
  rings_after_drop_ = false;
  if (is_ringing()) feed_ = Feed::Battery;
  return {};
}

Result<> AnalogWire::pass_audio_on_hook(size_t index, milliseconds length) {
  if (auto right = expect(index, LineKind::Fxs, "pass audio to a telephone that is on-hook"); !right) return right;
  audio_on_hook_ = length;
  return {};
}

Result<> AnalogWire::reverse_polarity(size_t index, bool reversed) {
  if (auto right = expect(index, LineKind::Fxs, "reverse its battery"); !right) return right;
  if (std::exchange(is_reversed_, reversed) != reversed) telephone().tell(LineEvent::Kind::PolarityReversed);
  return {};
}

Result<> AnalogWire::set_messages_waiting(size_t index, int messages) {
  if (auto right = expect(index, LineKind::Fxs, "light a lamp"); !right) return right;
  messages_ = messages;
  return {};
}

void AnalogWire::set_hook(size_t index, bool closed) {
  if (std::exchange(hooks_[index].closed, closed) == closed) return;
  if (is_loop()) {
    on_loop_changed(closed);
  } else {
    on_lead_changed(index, closed);
  }
}

void AnalogWire::on_loop_changed(bool closed) {
  Hook& hook = loop();
  if (!closed) {
    if (feed_ == Feed::Dropped || feed_ == Feed::AfterDrop) {
      hung_up_during_drop_ = true;
    } else if (hook.is_reported) {
      hook.open_for = 1ms;
    }
    return;
  }
  hung_up_during_drop_ = false;
  milliseconds was_open = std::exchange(hook.open_for, 0ms);
  if (was_open > 0ms && was_open <= kMaxPulse) {
    ++hook.pulses;
    hook.since_pulse = 0ms;
  } else if (was_open > 0ms) {
    exchange().tell(LineEvent::Kind::Flash);
  } else if (!hook.is_reported) {
    if (is_ringing()) feed_ = Feed::Battery;
    hook.is_reported = true;
    exchange().tell(LineEvent::Kind::OffHook);
  }
}

void AnalogWire::on_lead_changed(size_t index, bool raised) {
  Hook& hook = hooks_[index];
  if (raised) {
    hook.closed_for = 0ms;
    return;
  }
  if (std::exchange(hook.is_reported, false)) {
    ends_[other(index)].tell(LineEvent::Kind::OnHook);
  } else {
    ends_[other(index)].tell(LineEvent::Kind::Wink);
  }
}

void AnalogWire::tick() {
  for (size_t index : {size_t{0}, size_t{1}}) run_steps(index);
  if (is_loop()) {
    tick_feed();
    tick_loop();
  } else {
    for (size_t index : {size_t{0}, size_t{1}}) tick_lead(index);
  }
}

void AnalogWire::run_steps(size_t index) {
  Hook& hook = hooks_[index];
  if (hook.steps.empty()) return;
  set_hook(index, hook.steps.front().closed);
  hook.steps.front().length -= 1ms;
  if (hook.steps.front().length > 0ms) return;
  hook.steps.pop_front();
  if (hook.steps.empty()) ends_[index].tell(LineEvent::Kind::HookDone);
}

void AnalogWire::tick_feed() {
  if (audio_on_hook_ > 0ms) audio_on_hook_ -= 1ms;
  if (ring_trailer_ > 0ms && feed_ != Feed::RingOn && (ring_trailer_ -= 1ms) == 0ms && !loop().closed) {
    telephone().tell(LineEvent::Kind::RingBurstEnded);
  }
  if (feed_ == Feed::RingOn) ring_trailer_ = kRingTrailer;
  if (feed_ == Feed::Battery || (feed_for_ -= 1ms) > 0ms) return;
  switch (feed_) {
    case Feed::RingOn:
      feed_ = Feed::RingPause;
      feed_for_ = cadence_[++cadence_position_];
      exchange().tell(LineEvent::Kind::RingBurstEnded);
      return;
    case Feed::RingPause:
      cadence_position_ = (cadence_position_ + 1) % cadence_.size();
      feed_ = Feed::RingOn;
      feed_for_ = cadence_[cadence_position_];
      telephone().tell(LineEvent::Kind::RingStarted);
      return;
    case Feed::Dropped:
      feed_ = Feed::AfterDrop;
      feed_for_ = kAfterDrop;
      return;
    case Feed::AfterDrop:
      feed_ = Feed::Battery;
      if (std::exchange(hung_up_during_drop_, false)) {
        loop().is_reported = false;
        exchange().tell(LineEvent::Kind::OnHook);
      }
      if (std::exchange(rings_after_drop_, false) && !loop().closed) start_ringing();
      return;
    case Feed::Battery:
      return;
  }
}

void AnalogWire::tick_loop() {
  Hook& hook = loop();
  if (hook.open_for > 0ms && (hook.open_for += 1ms) > kMaxFlash) {
    hook.open_for = 0ms;
    hook.pulses = 0;
    hook.is_reported = false;
    exchange().tell(LineEvent::Kind::OnHook);
  }
  if (hook.pulses == 0 || !hook.closed || (hook.since_pulse += 1ms) < kPulseDone) return;
  exchange().tell(LineEvent::Kind::PulseDigit, static_cast<char>('0' + std::exchange(hook.pulses, 0) % 10));
}

void AnalogWire::tick_lead(size_t index) {
  Hook& hook = hooks_[index];
  if (!hook.closed || hook.is_reported || (hook.closed_for += 1ms) <= kMaxWink) return;
  hook.is_reported = true;
  ends_[other(index)].tell(LineEvent::Kind::OffHook);
}

}  // namespace sg::tdm
