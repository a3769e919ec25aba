// [trunk.NAME] of the kinds "fxs", "fxo" and "em".
#include "conf/kinds.h"
#include "conf/options.h"
#include "conf/trunk_options.h"

namespace sg::conf {
namespace {

std::vector<Option<AnalogTrunk>> make_analog_options(LineKind kind) {
  using A = AnalogTrunk;
  auto options = joined(
      make_trunk_options<A>(std::string(name_of(kind))),
      {
          option<A>("spans", &A::spans, list(span_number(), false),
                    "The spans of this trunk: cards of analog ports, or T1s with robbed-bit channels. Which of their "
                    "ports are used, [[line]] says.")
              .needed("[3]"),
          option<A>("media", &A::media, choice<LineMedia>({{"any", LineMedia::Any}, {"fax", LineMedia::Fax}}),
                    "fax: only fax machines are here: calls are handled as fax from the start, and no echo canceller "
                    "is used. [[line]] may say so for one port."),
          echo_option<A>(),
      });
  auto first = option<A>("first_digit", &A::first_digit, duration(1s, 60s), "How long nothing need be dialled.");
  auto next = option<A>("inter_digit", &A::inter_digit, duration(500ms, 30s),
                        "The pause after which a number is complete. On a telephone # ends it at once.");
  auto ring = option<A>("ring_limit", &A::ring_limit, duration(5s, 1h), "How long a call that goes there may ring.");
  auto hunt = option<A>("hunt", &A::hunt, choice({HuntOrder::Ascending, HuntOrder::Descending}),
                        "Which way a free port is looked for.");
  if (kind == LineKind::Fxs) {
    return joined(
        std::move(options),
        {first, next, ring,
         option<A>("caller_id", &A::caller_id, choice<CallerIdStandard>(),
                   "How telephones are told who calls, after the first burst of ringing. bell202: North "
                   "America (GR-30); sdmf: the same, number only; v23: Europe (EN 300 659)."),
         option<A>("flash", &A::flash, choice<HookFlash>(),
                   "What the hook (the key R) does in a call. services: hold, and dial tone for a second call; then "
                   "again: a conference; hanging up: transfer. hold: hold and retrieve. ignore: nothing, which is what "
                   "fax machines always get."),
         option<A>("polarity", &A::polarity, boolean(),
                   "Reverse the battery when the far end answers, for pay phones and exchanges behind a port."),
         option<A>("busy_tone", &A::busy_tone, duration(1s, 10min),
                   "How long busy tone sounds when the far end has hung up; then the howler, then nothing.")});
  }
  if (kind == LineKind::EAndM) {
    return joined(std::move(options), {hunt, first, next, ring,
                                       option<A>("wink", &A::wink, duration(1s, 30s),
                                                 "How long the far end may take to say that it is ready for digits.")});
  }
  return joined(
      std::move(options),
      {hunt, ring,
       option<A>("caller_id", &A::caller_id,
                 choice({CallerIdStandard::None, CallerIdStandard::Bell202, CallerIdStandard::V23}),
                 "none: calls come in at the first burst of ringing. Else caller ID is listened for, until the second; "
                 "either kind is understood."),
       option<A>("answer", &A::answer, choice<AnswerBy>(),
                 "When a call counts as answered. dialled: as soon as its number is out, since most lines do not tell; "
                 "polarity: when the exchange reverses the battery."),
       option<A>("polarity", &A::polarity, boolean(), "A reversal of the battery in a call is the far end's hang-up."),
       option<A>("dial_start", &A::dial_start, choice<DialStart>(),
                 "Dial when dial tone is heard, or when the time of dial_tone is over."),
       option<A>("dial_tone", &A::dial_tone, duration(200ms, 30s),
                 "How long to wait for dial tone. Then the line is given up, or dialled on: see dial_start."),
       option<A>("dialling", &A::dialling, choice<Dialling>(), "DTMF, or dial pulses.")});
}

}  // namespace

const std::vector<Option<AnalogTrunk>>& analog_trunk_options(LineKind kind) {
  static const auto kFxs = make_analog_options(LineKind::Fxs), kFxo = make_analog_options(LineKind::Fxo),
                    kEAndM = make_analog_options(LineKind::EAndM);
  switch (kind) {
    case LineKind::Fxs:
      return kFxs;
    case LineKind::Fxo:
      return kFxo;
    case LineKind::EAndM:
      return kEAndM;
  }
  return kFxs;
}

}  // namespace sg::conf
