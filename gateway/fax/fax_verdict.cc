#include "gateway/fax/fax_verdict.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/log.h"
#include "gateway/call/cause.h"

namespace sg::fax {
namespace {

using Verdict = FaxOutcome::Verdict;
using Milliseconds = FaxFacts::Milliseconds;
using call::ReleasedBy;

// T.30 clause 5.2: with a T1 of 35 s and DIS every 3 s or so, two unanswered ones are chance.
constexpr int kManyRepeats = 3;
constexpr int kSomeRepeats = 2;   // more than somebody hears who hangs up at the squeal
constexpr uint64_t kFewCut = 10;  // packets: a third of a second of training
// A 30 ms jitter is what users' networks are told to keep below for fax.
constexpr double kMuchJitter = 30;
constexpr double kMuchDrift = 30;  // ppm
constexpr double kSlip = 60;       // ms: what a jitter buffer for fax holds, and loses to a drift

double seconds(Milliseconds time) {
  return static_cast<double>(time.count()) / 1000;
}
bool is_late(const FaxFacts& f, LateChange::Why why) {
  return f.late_change && f.late_change->why == why;
}
double after_answer(const FaxFacts& f, Milliseconds at) {
  return seconds(f.answered ? at - *f.answered : at);
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
// The leg whose RTP has the most of it.
template <class Figure>
const FaxLeg* worst_audio(const FaxFacts& f, double much, Figure figure) {
  const FaxLeg* worst = nullptr;
  for (const FaxLeg& leg : f.legs) {
    if (leg.has_audio && figure(leg) >= (worst ? figure(*worst) : much)) worst = &leg;
  }
  return worst;
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
std::string words_of_hurt(const FaxFacts& f) {
  const std::string slips = fmt::format("{} slips were counted", f.log.sums().slips);
  if (!f.loss) return slips;
  return words_of_loss(f) + (f.log.sums().slips > 0 ? ", and " + slips : "");
}
// The training check came to nothing.
bool failed_to_train(const FaxFacts& f) {
  return f.log.sums().dcs > 0 && f.log.sums().cfr == 0;
}
// An IFP of 30 ms, as most machines send them, has five octets around its data, and a datagram six around an IFP and
// the earlier one beside it.
int datagram_of(int bit_rate) {
  constexpr int kAroundData = 5, kAroundIfps = 6;
  return 2 * (bit_rate * 30 / 8000 + kAroundData) + kAroundIfps;
}
// The leg whose peer takes, by its own word, datagrams that hold less than the first training wanted, or less than it
// got.
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
constexpr std::string_view kSmallAdvice =
    "If it takes more than it tells, or less, say so: t38_peer_max_datagram = 400 for its trunk; else max_bit_rate = "
    "9600 or 7200.";
// The leg whose peer's packets came cut.
const FaxLeg* cut_leg(const FaxFacts& f) {
  auto found = std::ranges::max_element(f.legs, {}, &FaxLeg::refused_ifps);
  return found->refused_ifps >= kFewCut ? &*found : nullptr;
}
std::string words_of_cut(const FaxFacts& f) {
  return fmt::format("{} T.38 packets from {} came cut short", cut_leg(f)->refused_ifps, cut_leg(f)->name);
}
constexpr std::string_view kCutAdvice =
    "Its peer takes our datagrams for smaller than we tell ([fax] max_datagram): raise the limit there (Asterisk: "
    "t38_udptl_maxdatagram), or set max_bit_rate = 4800.";
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
// So long that the side which is called waits in vain: not somebody who hung up at once.
bool is_given_up(const FaxFacts& f, int dis) {
  return is_unanswered(f) && (f.log.sums().dis >= dis || f.log.sums().dcn > 0);
}
const FaxLeg& silent_leg(const FaxFacts& f) {
  return f.legs[*f.silent_leg];
}
std::string_view silent_side(const FaxFacts& f) {
  return *f.silent_leg == 0 ? "calling" : "called";
}
// The first leg of which a packet should have come and none did.
const FaxLeg* unheard_leg(const FaxFacts& f) {
  auto found = std::ranges::find_if(f.legs, [](const FaxLeg& leg) { return leg.is_ip && !leg.is_heard; });
  return f.answered && found != f.legs.end() ? &*found : nullptr;
}
std::string words_of_unheard(const FaxFacts& f) {
  const FaxLeg& leg = *unheard_leg(f);
  return fmt::format("Nothing came from the {}{}: not one packet of audio or T.38.",
                     &leg == f.legs.data() ? "caller" : "called side", words_of_trunk(leg.trunk));
}
constexpr std::string_view kUnheardAdvice =
    "A firewall or NAT keeps UDP from the port, or the peer has another address than it says, or does not send: look "
    "there.";
// A machine called, and whoever answered speaks RTP and has not been asked whether it would speak T.38.
bool waits_to_be_asked(const FaxFacts& f) {
  const FaxLeg& called = f.legs[1];
  return f.answered && f.log.sums().cng && called.is_ip && !called.was_asked && !f.t38_since;
}

// "span 1 (caller's side) went into alarm (RED) 11.3 s after the answer"
std::string words_of_line(const FaxFacts& f) {
  const LineDown& line = *f.line;
  const std::string_view side = line.leg == 0 ? "caller's side" : "called side";
  const double at = after_answer(f, line.began);
  if (line.fault.alarms == tdm::kNoAlarm) {
    return fmt::format("the D-channel for span {} ({}) was lost {:.1f} s after the answer", line.fault.span, side, at);
  }
  const std::string lasted = line.ended ? fmt::format(", for {:.1f} s", seconds(*line.ended - line.began)) : "";
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
constexpr std::string_view kLineAdvice =
    "Mend that line (spangatectl spans, doctor): RED is that nothing arrives (its far end is off, or the cable), "
    "YELLOW that the far end does not hear us, REMOVED a card that is gone.";

// "operator (spangatectl hangup)"
std::string_view ender(const FaxFacts& f) {
  if (!f.hung_up) return f.released_by ? name(*f.released_by) : "";
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
constexpr std::string_view kHungUpAdvice = "Nothing was wrong with the fax: send it again.";
// What a leg's far end says of clearing where something failed there: Q.850 has what is normal below 32, but for this.
bool is_failure(const call::Cause& cause) {
  constexpr int kFirstFailure = 32;
  return cause.q850 == call::kDestinationOutOfOrder.q850 ||
         (cause.q850 >= kFirstFailure && cause.q850 != call::kInterworking.q850);
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
constexpr std::string_view kLostDialogAdvice =
    "The peer, or a proxy on the way, has lost the call: look for the reason there, or set t38 = \"peer\".";

std::string_view counter_word(Verdict verdict) {
  return verdict == Verdict::InDoubt ? "in_doubt" : name(verdict);
}

struct Rule {
  std::string_view name;
  Verdict verdict;
  bool (*fits)(const FaxFacts&);
  std::string (*cause)(const FaxFacts&);
  std::string_view advice;
};

// Within a verdict the likeliest cause stands first, and what always fits last.
const std::vector<Rule>& rules() {
  using F = const FaxFacts&;
  static const std::vector<Rule> kRules = {
      {"delivered, packets cut", Verdict::Delivered,
       [](F f) { return f.log.sums().ftt + f.log.sums().ppr + f.log.sums().rtn > 0 && cut_leg(f) != nullptr; },
       [](F f) {
         return fmt::format("Every page was confirmed, after {} failed trainings: {}.", f.log.sums().ftt,
                            words_of_cut(f));
       },
       kCutAdvice},
      {"delivered, small datagrams", Verdict::Delivered,
       [](F f) { return f.log.sums().ftt >= kManyRepeats && small_leg(f); },
       [](F f) {
         return fmt::format("Every page was confirmed, after {} failed trainings: {}.", f.log.sums().ftt,
                            words_of_small(f));
       },
       kSmallAdvice},
      {"delivered after trouble", Verdict::Delivered,
       [](F f) { return f.log.sums().rtn + f.log.sums().ftt + f.log.sums().ppr >= kManyRepeats; },
       [](F f) {
         const auto& sums = f.log.sums();
         return fmt::format("Every page was confirmed, after {} failed trainings, {} ECM repeats and {} refused pages.",
                            sums.ftt, sums.ppr, sums.rtn);
       },
       "The line or the network is poor: look at loss and slips before it gets worse."},
      {"delivered", Verdict::Delivered, [](F) { return true; },
       [](F) { return std::string("Every page was confirmed, and the machines said goodbye."); }, ""},

      {"line down", Verdict::InDoubt, is_line_down,
       [](F f) {
         return fmt::format("The last page was {}, and then {}.",
                            f.log.outcome().is_confirmed() ? "confirmed" : "sent, but not confirmed", words_of_line(f));
       },
       "Ask the recipient whether all pages are there, and mend that line (spangatectl spans, doctor)."},
      {"confirmation not heard", Verdict::InDoubt, [](F f) { return f.log.outcome().is_unheard(); },
       [](F f) {
         return fmt::format(
             "The last page was confirmed, but its sender seems not to have heard that: it asked {} times, and gave "
             "up.",
             f.log.outcome().commands());
       },
       "The page is there, but the sender may report a failure and send it again: look at the way back to it."},
      {"no goodbye", Verdict::InDoubt, [](F f) { return f.log.outcome().is_confirmed(); },
       [](F f) {
         return fmt::format(
             "The last page was confirmed, but the call was ended by the {} before the goodbye (DCN) was seen.",
             ender(f));
       },
       "The pages are there; if it happens again and again, one machine hangs up too early."},
      {"no confirmation, loss", Verdict::InDoubt, [](F f) { return f.loss || f.log.sums().slips > 0; },
       [](F f) { return fmt::format("The last page was sent, but no confirmation was seen: {}.", words_of_hurt(f)); },
       "Ask the recipient, and mend the network or the line's clock."},
      {"no confirmation", Verdict::InDoubt, [](F) { return true; },
       [](F f) {
         return fmt::format("The last page was sent, but no confirmation was seen before the call was ended by the {}.",
                            ender(f));
       },
       "Ask the recipient whether all pages are there."},

      {"line down", Verdict::Unknown, is_line_down, words_of_dead_line, kLineAdvice},
      {"hung up here", Verdict::Unknown, was_hung_up, words_of_hung_up, kHungUpAdvice},
      {"dialog lost", Verdict::Unknown, lost_dialog, words_of_lost_dialog, kLostDialogAdvice},
      {"relayed", Verdict::Unknown, [](F f) { return f.t38_since && !f.t38_heard_nothing; },
       [](F) { return std::string("T.38 was agreed upon, but no T.30 frame was seen."); },
       "Is there a fax machine at both ends, and does each hear the other? Look at the packets in \"media\"."},
      {"no T.38 packet", Verdict::Unknown, [](F f) { return f.t38_heard_nothing; },
       [](F) { return std::string("T.38 was agreed upon, but the peer's packets never came."); },
       "A firewall or NAT keeps UDP from the port, or the peer has another address than it says: look there."},
      {"nothing came", Verdict::Unknown, [](F f) { return unheard_leg(f) != nullptr; }, words_of_unheard,
       kUnheardAdvice},
      {"modem or Super G3", Verdict::Unknown, [](F f) { return f.log.sums().ansam; },
       [](F) {
         return std::string("The answerer spoke V.8 (a Super G3 fax or a modem), and the call went on as G.711.");
       },
       "For faxes leave sg3 = \"lower-to-g3\"; for modems nothing is to be done."},
      {"T.38 waited for", Verdict::Unknown, waits_to_be_asked,
       [](F f) {
         return fmt::format(
             "A fax machine called, none answered it in G.711, and nobody asked the called side{} for T.38.",
             words_of_trunk(f.legs[1].trunk));
       },
       "Is the called number that of a fax machine? One that speaks T.38 only waits for our offer: set t38 = \"cng\"."},
      {"nobody answered as a fax", Verdict::Unknown, [](F f) { return f.log.sums().cng; },
       [](F) { return std::string("A fax machine called, but none answered it."); },
       "Is the called number that of a fax machine?"},
      {"only a tone", Verdict::Unknown, [](F) { return true; },
       [](F) { return std::string("A fax tone was heard, and then nothing of a fax."); },
       "If it was a fax: did a person or a voice menu call its number?"},

      {"line down", Verdict::Failed, is_line_down, words_of_dead_line, kLineAdvice},
      {"hung up here", Verdict::Failed, was_hung_up, words_of_hung_up, kHungUpAdvice},
      {"dialog lost", Verdict::Failed, lost_dialog, words_of_lost_dialog, kLostDialogAdvice},
      {"no T.38 packet", Verdict::Failed, [](F f) { return f.t38_heard_nothing; },
       [](F) { return std::string("T.38 was agreed upon, but the peer's packets never came."); },
       "A firewall or NAT keeps UDP from the port, or the peer has another address than it says: look there."},
      {"T.38 not taken", Verdict::Failed,
       [](F f) { return is_unanswered(f) && silent_leg(f).was_refused && !silent_leg(f).has_t38; },
       [](F f) {
         return fmt::format("The {} side{} never answered DIS in G.711: it had asked for T.38, and we refused that.",
                            silent_side(f), words_of_trunk(silent_leg(f).trunk));
       },
       "A machine that speaks T.38 only: set t38 = \"peer\" or \"preamble\" instead of \"never\", or a longer "
       "t38_offer_window."},
      {"T.38 waited for", Verdict::Failed,
       [](F f) { return is_given_up(f, kSomeRepeats) && silent_leg(f).is_left_to_ask && !silent_leg(f).has_t38; },
       [](F f) {
         return fmt::format(
             "The {0} side{1} never answered DIS in G.711, and nobody asked for T.38: we waited for its offer, and it "
             "perhaps for ours.",
             silent_side(f), words_of_trunk(silent_leg(f).trunk));
       },
       "A machine that speaks T.38 only waits to be asked: set t38 = \"preamble\" for that trunk (where it is so "
       "already, spangatectl memory tells what is held back)."},
      {"nothing came", Verdict::Failed, [](F f) { return is_unanswered(f) && unheard_leg(f) == &silent_leg(f); },
       words_of_unheard, kUnheardAdvice},
      {"peer asked late", Verdict::Failed, [](F f) { return is_late(f, LateChange::Why::PeerAsked); },
       [](F f) {
         return fmt::format("The peer{} asked for T.38 {}.", words_of_trunk(f.late_change->trunk), when_late(f));
       },
       "Ask earlier (t38 = \"ced\" or \"at-once\"), or set t38_offer_window for this trunk and stay in pass-through."},
      {"we asked late", Verdict::Failed, [](F f) { return is_late(f, LateChange::Why::WeAsked); },
       [](F f) {
         return fmt::format("Our offer of T.38{} brought it {}.", words_of_trunk(f.late_change->trunk), when_late(f));
       },
       "Ask earlier (t38 = \"ced\" or \"at-once\"), or not at all (t38 = \"never\") and stay in pass-through."},
      {"T.38 answered late", Verdict::Failed, [](F f) { return is_late(f, LateChange::Why::Answered); },
       [](F f) {
         return fmt::format(
             "The peer{} took {:.1f} s to answer our T.38 offer: it came {}.", words_of_trunk(f.late_change->trunk),
             seconds(f.late_change->at - f.late_change->offered.value_or(f.late_change->at)), when_late(f));
       },
       "Ask earlier (t38 = \"ced\" or \"at-once\"), or not at all (t38 = \"never\") and stay in pass-through."},
      {"T.38 late after 491", Verdict::Failed, [](F f) { return is_late(f, LateChange::Why::Glare); },
       [](F f) {
         return fmt::format("Both sides asked for T.38 at once (491), and our second offer{} brought it {}.",
                            words_of_trunk(f.late_change->trunk), when_late(f));
       },
       "Let only one side ask: t38 = \"peer\" for this trunk where the peer does, else \"ced\" or \"at-once\"."},
      {"peer fell silent", Verdict::Failed, [](F f) { return f.fell_silent.has_value(); },
       [](F f) {
         return fmt::format("The peer of {} fell silent: the last that was seen is {} at {:.1f} s.",
                            f.legs[*f.fell_silent].name, f.log.last_frame().empty() ? "no frame" : f.log.last_frame(),
                            seconds(f.log.last_frame_at()));
       },
       "Look for the reason at the peer, which is gone or cut off; if its machine is only slow, raise [media] "
       "t38_timeout."},
      {"session expired", Verdict::Failed, [](F f) { return f.peer_gone == call::PeerGone::SessionExpired; },
       [](F f) {
         return fmt::format("The peer did not refresh the session in time (RFC 4028): the call was ended in {}.",
                            page_now(f));
       },
       "The peer or a proxy on the way is gone, or keeps UPDATE and re-INVITE from us: look there."},
      {"never acknowledged", Verdict::Failed, [](F f) { return f.peer_gone == call::PeerGone::NotAcknowledged; },
       [](F f) {
         return fmt::format("The peer never acknowledged our answer (no ACK to our 200): the call was ended in {}.",
                            page_now(f));
       },
       "Its ACK goes elsewhere: look at the Contact and Record-Route that it got, and at NAT and proxies on the way."},
      {"ended by a failure", Verdict::Failed, was_ended_by_failure,
       [](F f) {
         return fmt::format("The {} ended the call with cause {} ({}) in {}.",
                            f.released_by == ReleasedBy::Called ? "called side" : ender(f), f.cause.q850,
                            text_of(f.cause), page_now(f));
       },
       "The machines did not do that: the cause says what failed on that side. Look there; the log has the lines of "
       "this call."},
      // CNG is a machine's word too: then it is there, and does not answer.
      {"no word in T.38", Verdict::Failed,
       [](F f) { return is_given_up(f, kManyRepeats) && !f.log.sums().cng && silent_leg(f).has_t38; },
       [](F f) {
         return fmt::format(
             "The {} side{} never answered DIS in T.38: its packets came, and no frame of a fax machine in them.",
             silent_side(f), words_of_trunk(silent_leg(f).trunk));
       },
       "Is there a fax machine behind it, and does it hear ours? Where it is one, stay in pass-through (t38 = "
       "\"never\")."},
      {"no word", Verdict::Failed, [](F f) { return is_given_up(f, kManyRepeats) && !f.log.sums().cng; },
       [](F f) {
         return fmt::format("The {} side never answered DIS: no fax machine there, or its frames do not arrive.",
                            silent_side(f));
       },
       "Did a person call? If it was a machine: look at the way from it, its level and loss."},
      {"packets cut", Verdict::Failed, [](F f) { return cut_leg(f) != nullptr; },
       [](F f) { return fmt::format("The fax did not get through: {}.", words_of_cut(f)); }, kCutAdvice},
      {"slips", Verdict::Failed, [](F f) { return f.log.sums().slips > 0; },
       [](F f) { return fmt::format("The timeslot slipped {} times during the fax.", f.log.sums().slips); },
       "No page survives a slip: mend the span's clock (spangatectl doctor)."},
      {"loss in T.38", Verdict::Failed, [](F f) { return was_harmed(f, true); },
       [](F f) { return fmt::format("{} beyond repair ({} were recovered).", words_of_loss(f), f.loss->recovered); },
       "Mend the network on that leg, or have its peer send more redundancy or FEC ([fax] redundancy is what we "
       "send)."},
      {"loss in G.711", Verdict::Failed, [](F f) { return was_harmed(f, false); },
       [](F f) { return fmt::format("{}{}.", words_of_loss(f), why_g711(f.legs[f.loss->leg])); },
       "G.711 needs a network without loss: on that leg use T.38 where the peer can, or rtp_redundancy where it knows "
       "RFC 2198."},
      {"jitter in G.711", Verdict::Failed, [](F f) { return jittery_leg(f) != nullptr; },
       [](F f) {
         const FaxLeg& leg = *jittery_leg(f);
         return fmt::format("G.711 from {} came with a jitter of {:.0f} ms{}.", leg.name, leg.jitter_ms, why_g711(leg));
       },
       "Raise [media] fax_jitter to 100 ms or more."},
      {"clock in G.711", Verdict::Failed, [](F f) { return drifting_leg(f) != nullptr && f.log.sums().cfr > 0; },
       [](F f) {
         const FaxLeg& leg = *drifting_leg(f);
         return fmt::format("G.711 from {} comes from a clock that is {:.0f} ppm off{}.", leg.name, leg.drift_ppm,
                            why_g711(leg));
       },
       "Use T.38 on that leg, or have its peer take its clock from the network."},
      {"small datagrams", Verdict::Failed,
       [](F f) { return failed_to_train(f) && f.log.sums().ftt > 0 && small_leg(f); },
       [](F f) { return fmt::format("Training failed {} times: {}.", f.log.sums().ftt, words_of_small(f)); },
       kSmallAdvice},
      {"training failed", Verdict::Failed, [](F f) { return failed_to_train(f) && f.log.sums().ftt > 0; },
       [](F f) {
         return fmt::format("Training failed {} times, from {} down to {} bit/s.", f.log.sums().ftt,
                            f.log.document().first_bit_rate, f.log.document().bit_rate);
       },
       "The line is noisy or echoes: try max_bit_rate = 9600, and look at the levels."},
      {"training unanswered", Verdict::Failed, [](F f) { return failed_to_train(f) && f.log.sums().dcn == 0; },
       [](F f) {
         return fmt::format("The called machine did not answer the training (DCS was sent {} times).",
                            f.log.sums().dcs);
       },
       "It does not hear the caller well: look at the way towards it, its level and echo canceller."},
      {"capabilities", Verdict::Failed,
       [](F f) { return f.log.sums().dcs == 0 && f.log.sums().dis > 0 && f.log.sums().dcn > 0 && !f.silent_leg; },
       [](F) { return std::string("The machines found nothing in common, and said goodbye after DIS."); },
       "Do [fax] modems or ecm leave out what they need? One of them may want a password or polling."},
      {"DIS unanswered", Verdict::Failed,
       [](F f) { return f.log.sums().dcs == 0 && (f.log.sums().dis >= kManyRepeats || is_given_up(f, kManyRepeats)); },
       [](F f) {
         return fmt::format("The {} machine did not answer DIS, which was sent {} times{}.",
                            f.silent_leg == 1U ? "called" : "caller's", f.log.sums().dis,
                            is_in_g711(f) ? why_g711(f.refused_with, f.offer_unanswered) : "");
       },
       "It does not hear the called machine, or is no fax: look at the way towards the caller."},
      {"hung up before the document", Verdict::Failed, [](F f) { return f.log.sums().dcs == 0; },
       [](F f) {
         return fmt::format("The call was ended by the {} before the caller's machine answered DIS.", ender(f));
       },
       "Did a person call, or a machine give up? Try again."},
      {"ECM gave up", Verdict::Failed, [](F f) { return f.log.sums().err > 0 || f.log.sums().ppr >= 4; },
       [](F f) {
         return fmt::format("Error correction did not get {} across in {} repeats.", page_now(f), f.log.sums().ppr);
       },
       "The line is poor: look at its errors and slips, or try max_bit_rate = 9600."},
      {"page refused", Verdict::Failed, [](F f) { return f.log.outcome().is_refused() || f.log.sums().rtn > 0; },
       [](F f) {
         return fmt::format("The called machine refused a page as unreadable (RTN){}.",
                            f.log.document().ecm ? "" : ", and error correction was off");
       },
       "Leave ECM on in [fax] and in the machines; look at the line's errors and slips."},
      {"hung up in a page", Verdict::Failed, [](F f) { return f.log.is_in_page(); },
       [](F f) { return fmt::format("The call was ended by the {} in the middle of {}.", ender(f), page_now(f)); },
       "A machine out of paper or memory, or a person, does that: try again, and ask there if it stays so."},
      {"page unanswered", Verdict::Failed,
       [](F f) { return f.log.last_frame().ends_with("MPS") || f.log.last_frame().ends_with("EOM"); },
       [](F f) {
         return fmt::format("{} was sent and not confirmed; the {} ended the call.", f.log.last_frame(), ender(f));
       },
       "The sender does not hear the receiver: look at the way back, its loss and level."},
      {"broken off", Verdict::Failed, [](F) { return true; },
       [](F f) {
         return fmt::format(
             "The fax ended before its last page: the last that was seen is {} at {:.1f} s, and the {} ended "
             "the call.",
             f.log.last_frame(), seconds(f.log.last_frame_at()), ender(f));
       },
       "spangatectl fax ID shows how far it came; the machine that spoke last was not understood, or gave up."},
  };
  return kRules;
}

}  // namespace

FaxDiagnosis diagnose(const FaxFacts& facts) {
  for (const Rule& rule : rules()) {
    if (rule.verdict != facts.verdict || !rule.fits(facts)) continue;
    return {facts.verdict, std::string(rule.name), rule.cause(facts), std::string(rule.advice)};
  }
  return {.verdict = facts.verdict, .rule = {}, .cause = {}, .advice = {}};
}

FaxDiagnosis under_way() {
  return {.verdict = Verdict::Unknown, .rule = "under way", .cause = "The call is still up.", .advice = {}};
}

FaxDiagnosis judge(const call::Record& record, Counters& counters) {
  FaxDiagnosis fax = diagnose(fax_facts_of(record));
  const Log log(fmt::format("call={}", record.call));
  const auto line = fmt::format("fax verdict=\"{}\" pages={} bit_rate={} cause=\"{}\" advice=\"{}\"", name(fax.verdict),
                                record.media.fax.pages, record.media.fax.bit_rate, fax.cause, fax.advice);
  fax.verdict == Verdict::Failed ? log.warning("{}", line) : log.info("{}", line);
  counters.get(fmt::format("fax.{}", counter_word(fax.verdict))).add();
  return fax;
}

std::vector<std::string_view> fax_rule_names() {
  std::vector<std::string_view> names;
  for (const Rule& rule : rules()) names.push_back(rule.name);
  return names;
}

}  // namespace sg::fax
