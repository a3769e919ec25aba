#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/kinds/span.h"

namespace sg::tdm {

// G.711 companding law of a timeslot.
enum class Law : uint8_t { A, Mu };

// One 64 kbit/s timeslot: the span's number as configured (from 1) and the timeslot's in its frame (1 to 31 on an E1,
// 1 to 24 on a T1, 1 to 3 on a BRI; the port on an analog card).
struct Timeslot {
  uint16_t span = 0;
  uint8_t number = 0;

  auto operator<=>(const Timeslot&) const = default;
};

// Alarms of a span, as a set of bits (G.775, G.704).
using AlarmSet = uint16_t;
constexpr AlarmSet kNoAlarm = 0;
constexpr AlarmSet kAlarmRed = 1;     // loss of signal or frame: nothing usable arrives
constexpr AlarmSet kAlarmYellow = 2;  // remote alarm indication: the far end does not hear us
constexpr AlarmSet kAlarmBlue = 4;    // alarm indication signal: upstream of us something is broken
constexpr AlarmSet kAlarmLoopback = 8;
constexpr AlarmSet kAlarmRemoved = 16;  // the card or the span is gone

// "RED YELLOW", or "OK".
std::string to_string(AlarmSet alarms);

// What is wrong with the line that a call is on; false where nothing is.
struct LineFault {
  uint16_t span = 0;              // of its timeslot
  AlarmSet alarms = kNoAlarm;     // of that span
  bool is_dchannel_lost = false;  // of the one that signals for it, perhaps on another span

  explicit operator bool() const { return alarms != kNoAlarm || is_dchannel_lost; }
};

// What a span is and how it does. A value, for operators and for the trunk that uses it.
struct SpanStatus {
  uint16_t number = 0;
  std::string name;  // "cesop 127.0.0.1:7000"
  SpanType type = SpanType::E1;
  Law law = Law::A;
  uint8_t timeslots = 0;  // how many it has
  AlarmSet alarms = kNoAlarm;
  std::string clock;  // "recovered", "given", "span 2"
  // Figures of the backend by name, in the order to be shown: slips, lost packets, bipolar violations…
  std::vector<std::pair<std::string, uint64_t>> counters;
};

constexpr Law law_of(SpanType type) {
  switch (type) {
    case SpanType::E1:
    case SpanType::Bri:
      return Law::A;
    case SpanType::T1:
    case SpanType::Analog:
      return Law::Mu;
  }
  return Law::A;
}
// What a timeslot carries when nobody speaks: silence in its law (G.711), as sent on the line.
constexpr uint8_t idle_octet(Law law) {
  return law == Law::A ? 0xD5 : 0xFF;
}

}  // namespace sg::tdm

template <>
struct std::hash<sg::tdm::Timeslot> {
  size_t operator()(sg::tdm::Timeslot slot) const noexcept { return size_t{slot.span} << 8 | slot.number; }
};

template <>
struct fmt::formatter<sg::tdm::Timeslot> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(sg::tdm::Timeslot slot, Context& context) const {
    return fmt::format_to(context.out(), "{}/{}", slot.span, slot.number);
  }
};
