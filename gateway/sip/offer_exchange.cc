#include "gateway/sip/offer_exchange.h"

#include <utility>

#include "gateway/sip/sip_words.h"

namespace sg::sip {
namespace {

// RFC 8866 section 5.2: it is to fit 63 bits in most implementations.
uint64_t random_session_id() {
  return random_number() >> 2;
}

// Where an offer of the peer's leads to.
OfferState state_of_answering(OfferEvent how) {
  switch (how) {
    case OfferEvent::PeerUpdate:
      return OfferState::AnsweringUpdate;
    case OfferEvent::PeerPrack:
      return OfferState::AnsweringPrack;
    case OfferEvent::PeerResponse:
      return OfferState::AnsweringResponse;
    default:
      return OfferState::AnsweringInvite;
  }
}

}  // namespace

std::string_view name_of(OfferState state) {
  switch (state) {
    case OfferState::New:
      return "New";
    case OfferState::Invited:
      return "Invited";
    case OfferState::Asked:
      return "Asked";
    case OfferState::Inviting:
      return "Inviting";
    case OfferState::Asking:
      return "Asking";
    case OfferState::Settled:
      return "Settled";
    case OfferState::Offering:
      return "Offering";
    case OfferState::Refreshing:
      return "Refreshing";
    case OfferState::Holding:
      return "Holding";
    case OfferState::OfferingLate:
      return "OfferingLate";
    case OfferState::AnsweringInvite:
      return "AnsweringInvite";
    case OfferState::AnsweringUpdate:
      return "AnsweringUpdate";
    case OfferState::AnsweringPrack:
      return "AnsweringPrack";
    case OfferState::AnsweringResponse:
      return "AnsweringResponse";
  }
  return "?";
}

std::string_view name_of(OfferEvent event) {
  switch (event) {
    case OfferEvent::Invited:
      return "Invited";
    case OfferEvent::Asked:
      return "Asked";
    case OfferEvent::Invite:
      return "Invite";
    case OfferEvent::Ask:
      return "Ask";
    case OfferEvent::Describe:
      return "Describe";
    case OfferEvent::Offer:
      return "Offer";
    case OfferEvent::Refresh:
      return "Refresh";
    case OfferEvent::Hold:
      return "Hold";
    case OfferEvent::OfferWanted:
      return "OfferWanted";
    case OfferEvent::Answered:
      return "Answered";
    case OfferEvent::Refused:
      return "Refused";
    case OfferEvent::PeerInvite:
      return "PeerInvite";
    case OfferEvent::PeerUpdate:
      return "PeerUpdate";
    case OfferEvent::PeerPrack:
      return "PeerPrack";
    case OfferEvent::PeerResponse:
      return "PeerResponse";
    case OfferEvent::Answer:
      return "Answer";
  }
  return "?";
}

const FsmTable<OfferState, OfferEvent>& OfferExchange::table() {
  using S = OfferState;
  using E = OfferEvent;
  static const FsmTable<OfferState, OfferEvent> kTable{
      "offer",
      {{S::New, {E::Invited, E::Asked, E::Invite, E::Ask}, {S::Invited, S::Asked, S::Inviting, S::Asking}},
       {S::Invited, {E::Describe}, {S::Settled}},
       {S::Asked, {E::Describe}, {S::OfferingLate}},
       {S::Inviting, {E::Answered}, {S::Settled}},
       {S::Asking, {E::Answered, E::PeerResponse}, {S::AnsweringResponse}},
       // The peer's answer to an INVITE comes again with the 200, and from each fork.
       {S::Settled,
        {E::Answered, E::Offer, E::Refresh, E::Hold, E::OfferWanted, E::PeerInvite, E::PeerUpdate, E::PeerPrack},
        {S::Offering, S::Refreshing, S::Holding, S::OfferingLate, S::AnsweringInvite, S::AnsweringUpdate,
         S::AnsweringPrack}},
       {S::Offering, {E::Answered, E::Refused}, {S::Settled}},
       {S::Refreshing, {E::Answered, E::Refused}, {S::Settled}},
       {S::Holding, {E::Answered, E::Refused}, {S::Settled}},
       // Another re-INVITE may come before the ACK of the one before.
       {S::OfferingLate, {E::Answered, E::Refused, E::OfferWanted}, {S::Settled}},
       {S::AnsweringInvite, {E::Answer}, {S::Settled}},
       {S::AnsweringUpdate, {E::Answer, E::Answered}, {S::Settled}},
       {S::AnsweringPrack, {E::Answer}, {S::Settled}},
       {S::AnsweringResponse, {E::Answer}, {S::Settled}}}};
  return kTable;
}

OfferExchange::OfferExchange(const Reactor& clock, Counters& counters)
    : clock_(clock), fsm_(table(), OfferState::New, counters), sdp_(random_session_id()) {}

std::string OfferExchange::invite(const std::optional<call::MediaDescription>& offer) {
  if (!fsm_.accepts(offer ? OfferEvent::Invite : OfferEvent::Ask)) return {};
  enter(offer ? OfferState::Inviting : OfferState::Asking);
  ours_ = offer;
  return offer ? sdp_.offer(*offer) : std::string{};
}

void OfferExchange::on_invited(std::optional<Sdp> offer) {
  if (!fsm_.accepts(offer ? OfferEvent::Invited : OfferEvent::Asked)) return;
  enter(offer ? OfferState::Invited : OfferState::Asked);
  remote_ = std::move(offer);
}

std::string OfferExchange::describe(const std::optional<call::MediaDescription>& media) {
  if (!media || !first_.empty() || !fsm_.accepts(OfferEvent::Describe)) return first_;
  ours_ = media;
  first_ = would_offer() ? sdp_.offer(*media) : sdp_.answer(*remote_, *media);
  enter(would_offer() ? OfferState::OfferingLate : OfferState::Settled);
  return first_;
}

// Ours.

std::optional<std::string> OfferExchange::offer(const call::MediaDescription& media) {
  if (!fsm_.accepts(OfferEvent::Offer)) return std::nullopt;
  enter(OfferState::Offering);
  ours_ = media;
  hold_.on_offered(media);
  return sdp_.offer(media);
}

std::optional<std::string> OfferExchange::offer_refresh() {
  if (!fsm_.accepts(OfferEvent::Refresh)) return std::nullopt;
  enter(OfferState::Refreshing);
  return sdp_.current();
}

std::optional<std::string> OfferExchange::offer_hold() {
  if (!fsm_.accepts(OfferEvent::Hold)) return std::nullopt;
  enter(OfferState::Holding);
  return sdp_.offer(hold_.offer(*ours_, remote_ ? &remote_->media : nullptr));
}

std::optional<call::MediaDescription> OfferExchange::on_answered(Sdp answer) {
  if (!fsm_.accepts(OfferEvent::Answered)) return std::nullopt;
  const auto answered = state();
  const bool is_open = answered == OfferState::Inviting || answered == OfferState::Offering ||
                       answered == OfferState::Refreshing || answered == OfferState::Holding;
  if (is_open) enter(OfferState::Settled);
  if (answered == OfferState::Refreshing) return std::nullopt;
  if (answered == OfferState::Holding) hold_.on_told();
  const bool is_new = !remote_ || remote_->media != answer.media;
  remote_ = std::move(answer);
  return is_new ? std::optional(remote_->media) : std::nullopt;
}

void OfferExchange::on_refused() {
  if (!fsm_.accepts(OfferEvent::Refused)) return;
  if (state() != OfferState::Refreshing) sdp_.roll_back();
  enter(OfferState::Settled);
}

// A re-INVITE without SDP: the 200 has our offer, and ACK the answer (RFC 3261 section 14.2).

std::string OfferExchange::offer_late(std::optional<call::MediaDescription> wanted) {
  if (is_settled()) enter(OfferState::OfferingLate);
  before_late_offer_ = ours_;
  is_late_offer_wanted_ = wanted.has_value();
  if (wanted) ours_ = std::move(wanted);
  if (!ours_) return sdp_.current();
  // What we want ourselves, not what the peer's hold made of it (RFC 6337 section 5.3).
  if (ours_->audio) ours_->audio->direction = call::Direction::SendRecv;
  return sdp_.offer(hold_.applied_to(*ours_));
}

bool OfferExchange::on_late_answer(Sdp answer) {
  if (!fsm_.accepts(OfferEvent::Answered)) return false;
  enter(OfferState::Settled);
  before_late_offer_.reset();
  const bool is_new = std::exchange(is_late_offer_wanted_, false) || !remote_ || remote_->media != answer.media;
  remote_ = std::move(answer);
  return is_new;
}

bool OfferExchange::on_no_late_answer() {
  if (!fsm_.accepts(OfferEvent::Refused)) return false;
  enter(OfferState::Settled);
  sdp_.roll_back();
  ours_ = std::exchange(before_late_offer_, std::nullopt);
  return std::exchange(is_late_offer_wanted_, false);
}

// The peer's.

OfferExchange::Reply OfferExchange::on_offer(OfferEvent how, Sdp offer) {
  if (!fsm_.accepts(how)) return {.status = status_of_refusal()};
  // An offer in a 200 is answered by the call in any case: nothing of it stands yet.
  if (how != OfferEvent::PeerResponse && remote_ && offer.media == remote_->media) {
    // It changes nothing of what we carry. Its m-lines may be more or fewer than before, and each has its answer
    // (RFC 3264 section 6); if they are the same, so is what stands, with its version.
    remote_ = std::move(offer);
    return {.status = 200, .sdp = ours_ ? sdp_.answer(*remote_, hold_.applied_to(*ours_)) : sdp_.current()};
  }
  enter(state_of_answering(how));
  peer_offer_ = std::move(offer);
  peer_offer_by_ = how;
  return {};
}

// RFC 3311 section 5.2.
int OfferExchange::status_of_refusal() const {
  switch (state()) {
    case OfferState::Inviting:
    case OfferState::Asking:
    case OfferState::Offering:
    case OfferState::Refreshing:
    case OfferState::Holding:
    case OfferState::OfferingLate:
      return 491;
    default:
      return 500;
  }
}

std::string OfferExchange::answer(const call::MediaDescription& media) {
  if (!peer_offer_ || !fsm_.accepts(OfferEvent::Answer)) return {};
  enter(OfferState::Settled);
  ours_ = media;
  hold_.on_answered(media);
  first_ = sdp_.answer(*peer_offer_, hold_.applied_to(media));
  remote_ = std::exchange(peer_offer_, std::nullopt);
  return first_;
}

void OfferExchange::refuse() {
  if (!peer_offer_ || !fsm_.accepts(OfferEvent::Answer)) return;
  enter(OfferState::Settled);
  peer_offer_.reset();
}

}  // namespace sg::sip
