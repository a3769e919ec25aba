#include "gateway/fax/fax_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "gateway/call/cause.h"
#include "gateway/fax/fax_findings.h"

namespace sg::fax {
namespace {

using Verdict = FaxOutcome::Verdict;

// T.30 clause 5.2: with a T1 of 35 s and DIS every 3 s or so, two unanswered ones are chance.
constexpr int kManyRepeats = 3;
constexpr int kSomeRepeats = 2;  // more than somebody hears who hangs up at the squeal

constexpr std::string_view kSmallAdvice =
    "If it takes more than it tells, or less, say so: t38_peer_max_datagram = 400 for its trunk; else max_bit_rate = "
    "9600 or 7200.";
constexpr std::string_view kCutAdvice =
    "Its peer takes our datagrams for smaller than we tell ([fax] max_datagram): raise the limit there (Asterisk: "
    "t38_udptl_maxdatagram), or set max_bit_rate = 4800.";
constexpr std::string_view kUnheardAdvice =
    "A firewall or NAT keeps UDP from the port, or the peer has another address than it says, or does not send: look "
    "there.";
constexpr std::string_view kLineAdvice =
    "Mend that line (spangatectl spans, doctor): RED is that nothing arrives (its far end is off, or the cable), "
    "YELLOW that the far end does not hear us, REMOVED a card that is gone.";
constexpr std::string_view kHungUpAdvice = "Nothing was wrong with the fax: send it again.";
constexpr std::string_view kLostDialogAdvice =
    "The peer, or a proxy on the way, has lost the call: look for the reason there, or set t38 = \"peer\".";

}  // namespace

const std::vector<FaxRule>& fax_rules() {
  using F = const FaxFacts&;
  static const std::vector<FaxRule> kRules = {
      {RuleId::DeliveredPacketsCut, Verdict::Delivered,
       [](F f) { return f.log.sums().ftt + f.log.sums().ppr + f.log.sums().rtn > 0 && cut_leg(f) != nullptr; },
       [](F f) {
         return fmt::format("Every page was confirmed, after {} failed trainings: {}.", f.log.sums().ftt,
                            words_of_cut(f));
       },
       kCutAdvice},
      {RuleId::DeliveredSmallDatagrams, Verdict::Delivered,
       [](F f) { return f.log.sums().ftt >= kManyRepeats && small_leg(f); },
       [](F f) {
         return fmt::format("Every page was confirmed, after {} failed trainings: {}.", f.log.sums().ftt,
                            words_of_small(f));
       },
       kSmallAdvice},
      {RuleId::DeliveredAfterTrouble, Verdict::Delivered,
       [](F f) { return f.log.sums().rtn + f.log.sums().ftt + f.log.sums().ppr >= kManyRepeats; },
       [](F f) {
         const auto& sums = f.log.sums();
         return fmt::format("Every page was confirmed, after {} failed trainings, {} ECM repeats and {} refused pages.",
                            sums.ftt, sums.ppr, sums.rtn);
       },
       "The line or the network is poor: look at loss and slips before it gets worse."},
      {RuleId::Delivered, Verdict::Delivered, [](F) { return true; },
       [](F) { return std::string("Every page was confirmed, and the machines said goodbye."); }, ""},

      {RuleId::LineDown, Verdict::InDoubt, is_line_down,
       [](F f) {
         return fmt::format("The last page was {}, and then {}.",
                            f.log.outcome().is_confirmed() ? "confirmed" : "sent, but not confirmed", words_of_line(f));
       },
       "Ask the recipient whether all pages are there, and mend that line (spangatectl spans, doctor)."},
      {RuleId::ConfirmationNotHeard, Verdict::InDoubt, [](F f) { return f.log.outcome().is_unheard(); },
       [](F f) {
         return fmt::format(
             "The last page was confirmed, but its sender seems not to have heard that: it asked {} times, and gave "
             "up.",
             f.log.outcome().commands());
       },
       "The page is there, but the sender may report a failure and send it again: look at the way back to it."},
      {RuleId::NoGoodbye, Verdict::InDoubt, [](F f) { return f.log.outcome().is_confirmed(); },
       [](F f) {
         return fmt::format(
             "The last page was confirmed, but the call was ended by the {} before the goodbye (DCN) was seen.",
             ender(f));
       },
       "The pages are there; if it happens again and again, one machine hangs up too early."},
      {RuleId::NoConfirmationLoss, Verdict::InDoubt, [](F f) { return f.loss || f.log.sums().slips > 0; },
       [](F f) {
         return fmt::format("The last page was sent, but no confirmation was seen: {}.", words_of_impairment(f));
       },
       "Ask the recipient, and mend the network or the line's clock."},
      {RuleId::NoConfirmation, Verdict::InDoubt, [](F) { return true; },
       [](F f) {
         return fmt::format("The last page was sent, but no confirmation was seen before the call was ended by the {}.",
                            ender(f));
       },
       "Ask the recipient whether all pages are there."},

      {RuleId::LineDown, Verdict::Unknown, is_line_down, words_of_dead_line, kLineAdvice},
      {RuleId::HungUpHere, Verdict::Unknown, was_hung_up, words_of_hung_up, kHungUpAdvice},
      {RuleId::DialogLost, Verdict::Unknown, lost_dialog, words_of_lost_dialog, kLostDialogAdvice},
      {RuleId::Relayed, Verdict::Unknown, [](F f) { return f.t38_since && !f.t38_heard_nothing; },
       [](F) { return std::string("T.38 was agreed upon, but no T.30 frame was seen."); },
       "Is there a fax machine at both ends, and does each hear the other? Look at the packets in \"media\"."},
      {RuleId::NoT38Packet, Verdict::Unknown, [](F f) { return f.t38_heard_nothing; },
       [](F) { return std::string("T.38 was agreed upon, but the peer's packets never came."); },
       "A firewall or NAT keeps UDP from the port, or the peer has another address than it says: look there."},
      {RuleId::NothingCame, Verdict::Unknown, [](F f) { return unheard_leg(f) != nullptr; }, words_of_unheard,
       kUnheardAdvice},
      {RuleId::ModemOrSuperG3, Verdict::Unknown, [](F f) { return f.log.sums().ansam; },
       [](F) {
         return std::string("The answerer spoke V.8 (a Super G3 fax or a modem), and the call went on as G.711.");
       },
       "For faxes leave sg3 = \"lower-to-g3\"; for modems nothing is to be done."},
      {RuleId::T38WaitedFor, Verdict::Unknown, waits_to_be_asked,
       [](F f) {
         return fmt::format(
             "A fax machine called, none answered it in G.711, and nobody asked the called side{} for T.38.",
             words_of_trunk(f.legs[1].trunk));
       },
       "Is the called number that of a fax machine? One that speaks T.38 only waits for our offer: set t38 = \"cng\"."},
      {RuleId::NobodyAnsweredAsFax, Verdict::Unknown, [](F f) { return f.log.sums().cng; },
       [](F) { return std::string("A fax machine called, but none answered it."); },
       "Is the called number that of a fax machine?"},
      {RuleId::OnlyATone, Verdict::Unknown, [](F) { return true; },
       [](F) { return std::string("A fax tone was heard, and then nothing of a fax."); },
       "If it was a fax: did a person or a voice menu call its number?"},

      {RuleId::LineDown, Verdict::Failed, is_line_down, words_of_dead_line, kLineAdvice},
      {RuleId::HungUpHere, Verdict::Failed, was_hung_up, words_of_hung_up, kHungUpAdvice},
      {RuleId::DialogLost, Verdict::Failed, lost_dialog, words_of_lost_dialog, kLostDialogAdvice},
      {RuleId::NoT38Packet, Verdict::Failed, [](F f) { return f.t38_heard_nothing; },
       [](F) { return std::string("T.38 was agreed upon, but the peer's packets never came."); },
       "A firewall or NAT keeps UDP from the port, or the peer has another address than it says: look there."},
      {RuleId::T38NotTaken, Verdict::Failed,
       [](F f) { return is_unanswered(f) && silent_leg(f).was_refused && !silent_leg(f).has_t38; },
       [](F f) {
         return fmt::format("The {} side{} never answered DIS in G.711: it had asked for T.38, and we refused that.",
                            silent_side(f), words_of_trunk(silent_leg(f).trunk));
       },
       "A machine that speaks T.38 only: set t38 = \"peer\" or \"preamble\" instead of \"never\", or a longer "
       "t38_offer_window."},
      {RuleId::T38WaitedFor, Verdict::Failed,
       [](F f) { return is_given_up(f, kSomeRepeats) && silent_leg(f).is_left_to_ask && !silent_leg(f).has_t38; },
       [](F f) {
         return fmt::format(
             "The {0} side{1} never answered DIS in G.711, and nobody asked for T.38: we waited for its offer, and it "
             "perhaps for ours.",
             silent_side(f), words_of_trunk(silent_leg(f).trunk));
       },
       "A machine that speaks T.38 only waits to be asked: set t38 = \"preamble\" for that trunk (where it is so "
       "already, spangatectl memory tells what is held back)."},
      {RuleId::NothingCame, Verdict::Failed, [](F f) { return is_unanswered(f) && unheard_leg(f) == &silent_leg(f); },
       words_of_unheard, kUnheardAdvice},
      {RuleId::PeerAskedLate, Verdict::Failed, [](F f) { return is_late(f, LateChange::Why::PeerAsked); },
       [](F f) {
         return fmt::format("The peer{} asked for T.38 {}.", words_of_trunk(f.late_change->trunk), when_late(f));
       },
       "Ask earlier (t38 = \"ced\" or \"at-once\"), or set t38_offer_window for this trunk and stay in pass-through."},
      {RuleId::WeAskedLate, Verdict::Failed, [](F f) { return is_late(f, LateChange::Why::WeAsked); },
       [](F f) {
         return fmt::format("Our offer of T.38{} brought it {}.", words_of_trunk(f.late_change->trunk), when_late(f));
       },
       "Ask earlier (t38 = \"ced\" or \"at-once\"), or not at all (t38 = \"never\") and stay in pass-through."},
      {RuleId::T38AnsweredLate, Verdict::Failed, [](F f) { return is_late(f, LateChange::Why::Answered); },
       [](F f) {
         return fmt::format(
             "The peer{} took {:.1f} s to answer our T.38 offer: it came {}.", words_of_trunk(f.late_change->trunk),
             in_seconds(f.late_change->at - f.late_change->offered.value_or(f.late_change->at)), when_late(f));
       },
       "Ask earlier (t38 = \"ced\" or \"at-once\"), or not at all (t38 = \"never\") and stay in pass-through."},
      {RuleId::T38LateAfterGlare, Verdict::Failed, [](F f) { return is_late(f, LateChange::Why::Glare); },
       [](F f) {
         return fmt::format("Both sides asked for T.38 at once (491), and our second offer{} brought it {}.",
                            words_of_trunk(f.late_change->trunk), when_late(f));
       },
       "Let only one side ask: t38 = \"peer\" for this trunk where the peer does, else \"ced\" or \"at-once\"."},
      {RuleId::PeerFellSilent, Verdict::Failed, [](F f) { return f.fell_silent.has_value(); },
       [](F f) {
         return fmt::format("The peer of {} fell silent: the last that was seen is {} at {:.1f} s.",
                            f.legs[*f.fell_silent].name, last_word(f), in_seconds(f.log.last_frame_at()));
       },
       "Look for the reason at the peer, which is gone or cut off; if its machine is only slow, raise [media] "
       "t38_timeout."},
      {RuleId::SessionExpired, Verdict::Failed, [](F f) { return f.peer_gone == call::PeerGone::SessionExpired; },
       [](F f) {
         return fmt::format("The peer did not refresh the session in time (RFC 4028): the call was ended in {}.",
                            page_now(f));
       },
       "The peer or a proxy on the way is gone, or keeps UPDATE and re-INVITE from us: look there."},
      {RuleId::NeverAcknowledged, Verdict::Failed, [](F f) { return f.peer_gone == call::PeerGone::NotAcknowledged; },
       [](F f) {
         return fmt::format("The peer never acknowledged our answer (no ACK to our 200): the call was ended in {}.",
                            page_now(f));
       },
       "Its ACK goes elsewhere: look at the Contact and Record-Route that it got, and at NAT and proxies on the way."},
      {RuleId::EndedByFailure, Verdict::Failed, was_ended_by_failure,
       [](F f) {
         return fmt::format("The {} ended the call with cause {} ({}) in {}.",
                            f.released_by == call::ReleasedBy::Called ? "called side" : ender(f), f.cause.q850,
                            text_of(f.cause), page_now(f));
       },
       "The machines did not do that: the cause says what failed on that side. Look there; the log has the lines of "
       "this call."},
      // CNG is a machine's word too: then it is there, and does not answer.
      {RuleId::NoWordInT38, Verdict::Failed,
       [](F f) { return is_given_up(f, kManyRepeats) && !f.log.sums().cng && silent_leg(f).has_t38; },
       [](F f) {
         return fmt::format(
             "The {} side{} never answered DIS in T.38: its packets came, and no frame of a fax machine in them.",
             silent_side(f), words_of_trunk(silent_leg(f).trunk));
       },
       "Is there a fax machine behind it, and does it hear ours? Where it is one, stay in pass-through (t38 = "
       "\"never\")."},
      {RuleId::NoWord, Verdict::Failed, [](F f) { return is_given_up(f, kManyRepeats) && !f.log.sums().cng; },
       [](F f) {
         return fmt::format("The {} side never answered DIS: no fax machine there, or its frames do not arrive.",
                            silent_side(f));
       },
       "Did a person call? If it was a machine: look at the way from it, its level and loss."},
      {RuleId::PacketsCut, Verdict::Failed, [](F f) { return cut_leg(f) != nullptr; },
       [](F f) { return fmt::format("The fax did not get through: {}.", words_of_cut(f)); }, kCutAdvice},
      {RuleId::Slips, Verdict::Failed, [](F f) { return f.log.sums().slips > 0; },
       [](F f) { return fmt::format("The timeslot slipped {} times during the fax.", f.log.sums().slips); },
       "No page survives a slip: mend the span's clock (spangatectl doctor)."},
      {RuleId::LossInT38, Verdict::Failed, [](F f) { return was_harmed(f, true); },
       [](F f) { return fmt::format("{} beyond repair ({} were recovered).", words_of_loss(f), f.loss->recovered); },
       "Mend the network on that leg, or have its peer send more redundancy or FEC ([fax] redundancy is what we "
       "send)."},
      {RuleId::LossInG711, Verdict::Failed, [](F f) { return was_harmed(f, false); },
       [](F f) { return fmt::format("{}{}.", words_of_loss(f), why_g711(f.legs[f.loss->leg])); },
       "G.711 needs a network without loss: on that leg use T.38 where the peer can, or rtp_redundancy where it knows "
       "RFC 2198."},
      {RuleId::JitterInG711, Verdict::Failed, [](F f) { return jittery_leg(f) != nullptr; },
       [](F f) {
         const FaxLeg& leg = *jittery_leg(f);
         return fmt::format("G.711 from {} came with a jitter of {:.0f} ms{}.", leg.name, leg.jitter_ms, why_g711(leg));
       },
       "Raise [media] fax_jitter to 100 ms or more."},
      {RuleId::ClockInG711, Verdict::Failed, [](F f) { return drifting_leg(f) != nullptr && f.log.sums().cfr > 0; },
       [](F f) {
         const FaxLeg& leg = *drifting_leg(f);
         return fmt::format("G.711 from {} comes from a clock that is {:.0f} ppm off{}.", leg.name, leg.drift_ppm,
                            why_g711(leg));
       },
       "Use T.38 on that leg, or have its peer take its clock from the network."},
      {RuleId::SmallDatagrams, Verdict::Failed,
       [](F f) { return failed_to_train(f) && f.log.sums().ftt > 0 && small_leg(f); },
       [](F f) { return fmt::format("Training failed {} times: {}.", f.log.sums().ftt, words_of_small(f)); },
       kSmallAdvice},
      {RuleId::TrainingFailed, Verdict::Failed, [](F f) { return failed_to_train(f) && f.log.sums().ftt > 0; },
       [](F f) {
         return fmt::format("Training failed {} times, from {} down to {} bit/s.", f.log.sums().ftt,
                            f.log.document().first_bit_rate, f.log.document().bit_rate);
       },
       "The line is noisy or echoes: try max_bit_rate = 9600, and look at the levels."},
      {RuleId::TrainingUnanswered, Verdict::Failed, [](F f) { return failed_to_train(f) && f.log.sums().dcn == 0; },
       [](F f) {
         return fmt::format("The called machine did not answer the training (DCS was sent {} times).",
                            f.log.sums().dcs);
       },
       "It does not hear the caller well: look at the way towards it, its level and echo canceller."},
      {RuleId::Capabilities, Verdict::Failed,
       [](F f) { return f.log.sums().dcs == 0 && f.log.sums().dis > 0 && f.log.sums().dcn > 0 && !f.silent_leg; },
       [](F) { return std::string("The machines found nothing in common, and said goodbye after DIS."); },
       "Do [fax] modems or ecm leave out what they need? One of them may want a password or polling."},
      {RuleId::DisUnanswered, Verdict::Failed,
       [](F f) { return f.log.sums().dcs == 0 && (f.log.sums().dis >= kManyRepeats || is_given_up(f, kManyRepeats)); },
       [](F f) {
         return fmt::format("The {} machine did not answer DIS, which was sent {} times{}.",
                            f.silent_leg == 1U ? "called" : "caller's", f.log.sums().dis,
                            is_in_g711(f) ? why_g711(f.refused_with, f.offer_unanswered) : "");
       },
       "It does not hear the called machine, or is no fax: look at the way towards the caller."},
      {RuleId::HungUpBeforeDocument, Verdict::Failed, [](F f) { return f.log.sums().dcs == 0; },
       [](F f) {
         return fmt::format("The call was ended by the {} before the caller's machine answered DIS.", ender(f));
       },
       "Did a person call, or a machine give up? Try again."},
      {RuleId::EcmGaveUp, Verdict::Failed, [](F f) { return f.log.sums().err > 0 || f.log.sums().ppr >= 4; },
       [](F f) {
         return fmt::format("Error correction did not get {} across in {} repeats.", page_now(f), f.log.sums().ppr);
       },
       "The line is poor: look at its errors and slips, or try max_bit_rate = 9600."},
      {RuleId::PageRefused, Verdict::Failed, [](F f) { return f.log.outcome().is_refused() || f.log.sums().rtn > 0; },
       [](F f) {
         return fmt::format("The called machine refused a page as unreadable (RTN){}.",
                            f.log.document().ecm ? "" : ", and error correction was off");
       },
       "Leave ECM on in [fax] and in the machines; look at the line's errors and slips."},
      {RuleId::HungUpInPage, Verdict::Failed, [](F f) { return f.log.is_in_page(); },
       [](F f) { return fmt::format("The call was ended by the {} in the middle of {}.", ender(f), page_now(f)); },
       "A machine out of paper or memory, or a person, does that: try again, and ask there if it stays so."},
      {RuleId::PageUnanswered, Verdict::Failed,
       [](F f) { return f.log.last_frame() && (f.log.last_frame()->is_mps() || f.log.last_frame()->is_eom()); },
       [](F f) { return fmt::format("{} was sent and not confirmed; the {} ended the call.", last_word(f), ender(f)); },
       "The sender does not hear the receiver: look at the way back, its loss and level."},
      {RuleId::BrokenOff, Verdict::Failed, [](F) { return true; },
       [](F f) {
         return fmt::format(
             "The fax ended before its last page: the last that was seen is {} at {:.1f} s, and the {} ended "
             "the call.",
             last_word(f), in_seconds(f.log.last_frame_at()), ender(f));
       },
       "spangatectl fax ID shows how far it came; the machine that spoke last was not understood, or gave up."},
  };
  return kRules;
}

}  // namespace sg::fax
