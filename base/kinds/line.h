#pragma once

#include <cstdint>

#include "base/names.h"

// Kinds of analog lines.
namespace sg {

// What a port has on its wire. Fxs: a telephone or fax machine, which we feed and ring. Fxo: a line of an exchange,
// which feeds and rings us. EAndM: a tie line whose E and M leads are robbed or CAS bits.
enum class LineKind : uint8_t { Fxs, Fxo, EAndM };
template <>
inline constexpr auto kNames<LineKind> =
    named<LineKind>({{LineKind::Fxs, "fxs"}, {LineKind::Fxo, "fxo"}, {LineKind::EAndM, "em"}});

// How the number of a caller crosses an analog line. Bell202: Bellcore GR-30 and GR-31, North America. Sdmf: the same
// with the older message that has a number only. V23: ETSI EN 300 659, Europe.
enum class CallerIdStandard : uint8_t { None, Bell202, Sdmf, V23 };
template <>
inline constexpr auto kNames<CallerIdStandard> = named<CallerIdStandard>({{CallerIdStandard::None, "none"},
                                                                          {CallerIdStandard::Bell202, "bell202"},
                                                                          {CallerIdStandard::Sdmf, "sdmf"},
                                                                          {CallerIdStandard::V23, "v23"}});

// When a call that an FXO port sends out counts as answered.
enum class AnswerBy : uint8_t { Dialled, Polarity };
template <>
inline constexpr auto kNames<AnswerBy> = named<AnswerBy>({{AnswerBy::Dialled, "dialled"},
                                                          {AnswerBy::Polarity, "polarity"}});

// What tells an FXO port that it may dial.
enum class DialStart : uint8_t { DialTone, Time };
template <>
inline constexpr auto kNames<DialStart> = named<DialStart>({{DialStart::DialTone, "dial-tone"},
                                                            {DialStart::Time, "time"}});

enum class Dialling : uint8_t { Tone, Pulse };
template <>
inline constexpr auto kNames<Dialling> = named<Dialling>({{Dialling::Tone, "tone"}, {Dialling::Pulse, "pulse"}});

// What the hook flash of a telephone does in a call. Services: hold and dial tone for a second call, conference, and
// transfer by hanging up; Hold: hold and retrieve; Ignore: nothing.
enum class HookFlash : uint8_t { Services, Hold, Ignore };
template <>
inline constexpr auto kNames<HookFlash> =
    named<HookFlash>({{HookFlash::Services, "services"}, {HookFlash::Hold, "hold"}, {HookFlash::Ignore, "ignore"}});

}  // namespace sg
