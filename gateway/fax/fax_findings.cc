#include "gateway/fax/fax_findings.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "gateway/call/cause.h"

namespace sg::fax {
namespace {

using Milliseconds = FaxFacts::Milliseconds;
using call::ReleasedBy;

constexpr uint64_t kFewCut = 10;  // packets: a third of a second of training
// A 30 ms jitter is what users' networks are told to keep below for fax.
constexpr double kMuchJitter = 30;
constexpr double kMuchDrift = 30;  // ppm
constexpr double kSlip = 60;       // ms: what a jitter buffer for fax holds, and loses to a drift

double after_answer(const FaxFacts& f, Milliseconds at) {
  return in_seconds(f.answered ? at - *f.answered : at);
}

// The leg whose RTP has the most of it.
template <class Figure>
const FaxLeg* worst_audio(const FaxFacts& f, double much, Figure figure) {
  const FaxLeg* worst = nullptr;
  for (const FaxLeg& leg : f.legs) {
    if (leg.has_audio && figure(leg) >= (worst ? figure(*worst) : much)) worst = &leg;
  }
  return worst;
}

// An IFP of 30 ms, as most machines send them, has five octets around its data, and a datagram six around an IFP and
// the earlier one beside it.
int datagram_of(int bit_rate) {
  constexpr int kAroundData = 5, kAroundIfps = 6;
  return 2 * (bit_rate * 30 / 8000 + kAroundData) + kAroundIfps;
}

// What a leg's far end says of clearing where something failed there: Q.850 has what is normal below 32, but for this.
bool is_failure(const call::Cause& cause) {
  constexpr int kFirstFailure = 32;
  return cause.q850 == call::kDestinationOutOfOrder.q850 ||
         (cause.q850 >= kFirstFailure && cause.q850 != call::kInterworking.q850);
}

}  // namespace

double in_seconds(Milliseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

bool is_late(const FaxFacts& f, LateChange::Why why) {
  return f.late_change && f.late_change->why == why;
}

// Of the change, with who was on its other side.
std::string when_late(const FaxFacts& f) {
  return fmt::format("{:.1f} s after answer, when T.30 had begun", after_answer(f, f.late_change->at));
}

std::string words_of_trunk(const std::string& trunk) {
  return trunk.empty() ? "" : fmt::format(" (trunk {})", trunk);
}

bool is_in_g711(const FaxFacts& f) {
  return !f.t38_since;
}

const FaxLeg* jittery_leg(const FaxFacts& f) {
  return worst_audio(f, kMuchJitter, [](const FaxLeg& leg) { return leg.jitter_ms; });
}

const FaxLeg* drifting_leg(const FaxFacts& f) {
  // A clock that took longer for a slip than the fax lasted has harmed nothing.
  const double slips_within = f.lasted.count() > 0 ? 1e6 * kSlip / static_cast<double>(f.lasted.count()) : 1e9;
  return worst_audio(f, std::max(kMuchDrift, slips_within), [](const FaxLeg& leg) { return std::abs(leg.drift_ppm); });
}

bool was_harmed(const FaxFacts& f, bool in_t38) {
  return f.loss && f.loss->in_t38 == in_t38;
}

std::string words_of_loss(const FaxFacts& f) {
  return fmt::format("{} {} packets ({:.1f} %) from {} were lost", f.loss->lost, f.loss->in_t38 ? "T.38" : "G.711",
                     f.loss->share, f.legs[f.loss->leg].name);
}

std::string words_of_impairment(const FaxFacts& f) {
  std::string slips = fmt::format("{} slips were counted", f.log.sums().slips);
  if (!f.loss) return slips;
  return words_of_loss(f) + (f.log.sums().slips > 0 ? ", and " + slips : "");
}

bool failed_to_train(const FaxFacts& f) {
  return f.log.sums().dcs > 0 && f.log.sums().cfr == 0;
}

const FaxLeg* small_leg(const FaxFacts& f) {
  const int wanted = datagram_of(f.log.document().first_bit_rate);
  auto found = std::ranges::find_if(f.legs, [=](const FaxLeg& leg) {
    return leg.t38_max_datagram > 0 && (leg.t38_max_datagram < wanted || leg.oversize >= kFewCut);
  });
  return found != f.legs.end() && !was_harmed(f, true) ? &*found : nullptr;
}

std::string words_of_small(const FaxFacts& f) {
  const FaxLeg& leg = *small_leg(f);
  return fmt::format(
      "the peer of {} takes T.38 datagrams of {} octets only (T38FaxMaxDatagram), too small for {} bit/s{}", leg.name,
      leg.t38_max_datagram, f.log.document().first_bit_rate,
      leg.oversize > 0 ? fmt::format("; {} were larger all the same", leg.oversize) : "");
}

const FaxLeg* cut_leg(const FaxFacts& f) {
  auto found = std::ranges::max_element(f.legs, {}, &FaxLeg::refused_ifps);
  return found->refused_ifps >= kFewCut ? &*found : nullptr;
}

std::string words_of_cut(const FaxFacts& f) {
  return fmt::format("{} T.38 packets from {} came cut short", cut_leg(f)->refused_ifps, cut_leg(f)->name);
}

std::string_view last_word(const FaxFacts& f) {
  return f.log.last_frame() ? f.log.last_frame()->name() : "no frame";
}

std::string page_now(const FaxFacts& f) {
  return fmt::format("page {}", std::max(1, f.log.sums().pages_ended + 1));
}

std::string why_g711(int refused_with, bool offer_unanswered) {
  if (refused_with) return fmt::format(" (the peer refused T.38 with {})", refused_with);
  if (offer_unanswered) return " (the peer did not answer our T.38 offer)";
  return "";
}

std::string why_g711(const FaxLeg& leg) {
  return why_g711(leg.refused_with, leg.offer_unanswered);
}

// One machine said DIS, and the other side never anything. Where none of its frames is known, neither the machines'
// capabilities nor what harms frames can be to blame.
bool is_unanswered(const FaxFacts& f) {
  return f.log.sums().dis > 0 && f.log.sums().dcs == 0 && f.silent_leg;
}

bool is_given_up(const FaxFacts& f, int dis) {
  return is_unanswered(f) && (f.log.sums().dis >= dis || f.log.sums().dcn > 0);
}

const FaxLeg& silent_leg(const FaxFacts& f) {
  return f.legs[*f.silent_leg];
}

std::string_view silent_side(const FaxFacts& f) {
  return *f.silent_leg == 0 ? "calling" : "called";
}

const FaxLeg* unheard_leg(const FaxFacts& f) {
  auto found = std::ranges::find_if(f.legs, [](const FaxLeg& leg) { return leg.is_ip && !leg.is_heard; });
  return f.answered && found != f.legs.end() ? &*found : nullptr;
}

std::string words_of_unheard(const FaxFacts& f) {
  const FaxLeg& leg = *unheard_leg(f);
  return fmt::format("Nothing came from the {}{}: not one packet of audio or T.38.",
                     &leg == f.legs.data() ? "caller" : "called side", words_of_trunk(leg.trunk));
}

bool waits_to_be_asked(const FaxFacts& f) {
  const FaxLeg& called = f.legs[1];
  return f.answered && f.log.sums().cng && called.is_ip && !called.was_asked && !f.t38_since;
}

std::string words_of_line(const FaxFacts& f) {
  const LineDown& line = *f.line;
  const std::string_view side = line.leg == 0 ? "caller's side" : "called side";
  const double at = after_answer(f, line.began);
  if (line.fault.alarms == tdm::kNoAlarm) {
    return fmt::format("the D-channel for span {} ({}) was lost {:.1f} s after the answer", line.fault.span, side, at);
  }
  const std::string lasted = line.ended ? fmt::format(", for {:.1f} s", in_seconds(*line.ended - line.began)) : "";
  return fmt::format("span {} ({}) went into alarm ({}) {:.1f} s after the answer{}", line.fault.span, side,
                     tdm::to_string(line.fault.alarms), at, lasted);
}

bool is_line_down(const FaxFacts& f) {
  return f.line.has_value();
}

std::string words_of_dead_line(const FaxFacts& f) {
  std::string words = words_of_line(f) + ".";
  words.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(words.front())));
  return words;
}

// "operator (spangatectl hangup)"
std::string_view ender(const FaxFacts& f) {
  if (!f.hung_up) return f.released_by ? name_of(*f.released_by) : "";
  switch (*f.hung_up) {
    case call::HungUp::ByOperator:
      return "operator (spangatectl hangup)";
    case call::HungUp::ByShutdown:
      return "gateway, which was shut down";
    case call::HungUp::ForEmergency:
      break;
  }
  return "gateway, as an emergency call needed its timeslot";
}

bool was_hung_up(const FaxFacts& f) {
  return f.hung_up.has_value();
}

std::string words_of_hung_up(const FaxFacts& f) {
  return fmt::format("The call was ended by the {}{}.", ender(f), f.log.sums().dcs > 0 ? ", in " + page_now(f) : "");
}

bool was_ended_by_failure(const FaxFacts& f) {
  const bool is_told = f.released_by == ReleasedBy::Caller || f.released_by == ReleasedBy::Called ||
                       f.released_by == ReleasedBy::Gateway;
  return is_told && !f.hung_up && is_failure(f.cause);
}

// RFC 5057 section 5.1: the dialog ends with these.
bool lost_dialog(const FaxFacts& f) {
  return f.released_by == ReleasedBy::Gateway && call::ends_dialog(f.refused_with);
}

std::string words_of_lost_dialog(const FaxFacts& f) {
  return fmt::format("The peer answered our T.38 offer with {}, which ends the call.", f.refused_with);
}

}  // namespace sg::fax
