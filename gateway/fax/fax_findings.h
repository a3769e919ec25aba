#pragma once

#include <string>
#include <string_view>

#include "gateway/fax/fax_facts.h"

// What the rules of the verdict look for in the facts, and how that is said. Pure functions; those that tell of a leg
// give null where there is none.
namespace sg::fax {

double in_seconds(FaxFacts::Milliseconds time);
// " (trunk carrier)"; empty where it is not known.
std::string words_of_trunk(const std::string& trunk);
// "PPS-MPS", of the frame that was seen last; "no frame".
std::string_view last_word(const FaxFacts& f);
// "page 2": where the fax had come to.
std::string page_now(const FaxFacts& f);

// How the call ended.
bool was_hung_up(const FaxFacts& f);  // by the gateway, for reasons of its own
std::string words_of_hung_up(const FaxFacts& f);
bool was_ended_by_failure(const FaxFacts& f);
std::string_view ender(const FaxFacts& f);  // "caller", "operator (spangatectl hangup)"
bool lost_dialog(const FaxFacts& f);        // by our offer of T.38
std::string words_of_lost_dialog(const FaxFacts& f);

// Its lines.
bool is_line_down(const FaxFacts& f);
// "span 1 (caller's side) went into alarm (RED) 11.3 s after the answer"
std::string words_of_line(const FaxFacts& f);
std::string words_of_dead_line(const FaxFacts& f);

// How it got to T.38, or did not.
bool is_late(const FaxFacts& f, LateChange::Why why);
std::string when_late(const FaxFacts& f);
bool is_in_g711(const FaxFacts& f);
std::string why_g711(int refused_with, bool offer_unanswered);  // " (the peer refused T.38 with 488)"
std::string why_g711(const FaxLeg& leg);
// A machine called, and whoever answered speaks RTP and has not been asked whether it would speak T.38.
bool waits_to_be_asked(const FaxFacts& f);

// Who said nothing.
// One machine said DIS, and the other side never anything. Where none of its frames is known, neither the machines'
// capabilities nor what harms frames can be to blame.
bool is_unanswered(const FaxFacts& f);
// So long that the side which is called waits in vain: not somebody who hung up at once.
bool is_given_up(const FaxFacts& f, int dis);
const FaxLeg& silent_leg(const FaxFacts& f);  // of a fax that is_unanswered()
std::string_view silent_side(const FaxFacts& f);
// The first leg of which a packet should have come and none did.
const FaxLeg* unheard_leg(const FaxFacts& f);
std::string words_of_unheard(const FaxFacts& f);

// What was harmed on the way.
bool was_harmed(const FaxFacts& f, bool in_t38);
std::string words_of_loss(const FaxFacts& f);
std::string words_of_impairment(const FaxFacts& f);  // losses and slips
const FaxLeg* jittery_leg(const FaxFacts& f);        // in G.711, the worse one
const FaxLeg* drifting_leg(const FaxFacts& f);
// The training check came to nothing.
bool failed_to_train(const FaxFacts& f);
// The leg whose peer takes, by its own word, datagrams that hold less than the first training wanted, or less than it
// got.
const FaxLeg* small_leg(const FaxFacts& f);
std::string words_of_small(const FaxFacts& f);
// The leg whose peer's packets came cut.
const FaxLeg* cut_leg(const FaxFacts& f);
std::string words_of_cut(const FaxFacts& f);

}  // namespace sg::fax
