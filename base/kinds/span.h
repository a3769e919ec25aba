#pragma once

#include <cstdint>

#include "base/names.h"

// Kinds of spans and their timeslots.
namespace sg {

// Analog: a card of analog ports, numbered from 1. It has no frame and no D-channel; how many ports it has, its
// SpanStatus says.
enum class SpanType : uint8_t { E1, T1, Bri, Analog };
template <>
inline constexpr auto kNames<SpanType> =
    named<SpanType>({{SpanType::E1, "E1"}, {SpanType::T1, "T1"}, {SpanType::Bri, "BRI"}, {SpanType::Analog, "analog"}});

constexpr uint8_t kMaxAnalogPorts = 48;  // on one card

// How many timeslots a frame of this type carries; of an analog card the most that it has.
constexpr uint8_t timeslots_of(SpanType type) {
  switch (type) {
    case SpanType::E1:
      return 31;
    case SpanType::T1:
      return 24;
    case SpanType::Bri:
      return 3;
    case SpanType::Analog:
      return kMaxAnalogPorts;
  }
  return 0;
}
// Where the D-channel stands by custom: 16 on an E1, 24 on a T1, 3 on a BRI. 0: there is none.
constexpr uint8_t dchannel_of(SpanType type) {
  switch (type) {
    case SpanType::E1:
      return 16;
    case SpanType::T1:
      return 24;
    case SpanType::Bri:
      return 3;
    case SpanType::Analog:
      return 0;
  }
  return 0;
}

// Whose clock a span runs by: the far end's, as it arrives, or this machine's.
enum class ClockSource : uint8_t { Recovered, Given };
template <>
inline constexpr auto kNames<ClockSource> = named<ClockSource>({{ClockSource::Recovered, "recovered"},
                                                                {ClockSource::Given, "given"}});

// The order in which free timeslots are taken. Two ends that hunt from opposite sides seldom meet (glare).
enum class HuntOrder : uint8_t { Ascending, Descending, RoundRobin };
template <>
inline constexpr auto kNames<HuntOrder> = named<HuntOrder>({{HuntOrder::Ascending, "ascending"},
                                                            {HuntOrder::Descending, "descending"},
                                                            {HuntOrder::RoundRobin, "round-robin"}});

}  // namespace sg
