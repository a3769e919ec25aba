#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fsm.h"
#include "base/reactor.h"
#include "gateway/call/media_description.h"
#include "gateway/sip/hold.h"
#include "gateway/sip/sdp.h"

namespace sg::sip {

// Whose offer is open, and which message is to answer it.
enum class OfferState : uint8_t {
  New,
  // By the first INVITE:
  Invited,   // the peer's has an offer
  Asked,     // the peer's has none: our first description is the offer
  Inviting,  // ours has an offer
  Asking,    // ours has none: its 200 has the peer's
  Settled,   // none is open
  // Ours:
  Offering,      // in a re-INVITE
  Refreshing,    // so too; it changes nothing
  Holding,       // so too; it changes the direction
  OfferingLate,  // in a response, reliable or 200: PRACK or ACK answers it
  // The peer's, for us to answer or refuse:
  AnsweringInvite,    // in a re-INVITE
  AnsweringUpdate,    // in UPDATE
  AnsweringPrack,     // in PRACK
  AnsweringResponse,  // in the 200 to our INVITE: ACK has our answer
};

enum class OfferEvent : uint8_t {
  // Of the first INVITE
  Invited,
  Asked,
  Invite,
  Ask,
  Describe,  // by us: an answer, or the offer where none came
  // Ours
  Offer,
  Refresh,
  Hold,
  OfferWanted,  // a re-INVITE without SDP: its 200 has our offer
  Answered,
  Refused,
  // The peer's
  PeerInvite,
  PeerUpdate,
  PeerPrack,
  PeerResponse,
  Answer,  // by us, or our refusal
};

std::string_view name_of(OfferState state);
std::string_view name_of(OfferEvent event);

// Offer and answer in one dialog (RFC 3264, RFC 6337): whose offer is open, what either side has described, and the SDP
// that says so. It sends nothing: descriptions and SDP go in and come out, and the leg carries them in messages.
// Owned by its SipLeg; signalling thread only.
class OfferExchange {
 public:
  static const FsmTable<OfferState, OfferEvent>& table();

  OfferExchange(const Reactor& clock, Counters& counters);
  // Once the dialog has its Call-ID.
  void set_log(Log log) { fsm_.set_log(std::move(log)); }

  OfferState state() const { return fsm_.state(); }
  bool is_settled() const { return state() == OfferState::Settled; }
  // An offer of ours went out in a response, and PRACK or ACK is to bring the answer.
  bool awaits_late_answer() const { return state() == OfferState::OfferingLate; }
  // The peer's description that stands.
  const std::optional<Sdp>& remote() const { return remote_; }
  // The peer's offer that waits for answer() or refuse().
  const std::optional<Sdp>& peer_offer() const { return peer_offer_; }
  // The message that it came in: PeerInvite, PeerUpdate, PeerPrack or PeerResponse.
  OfferEvent peer_offer_came_by() const { return peer_offer_by_; }
  Hold& hold() { return hold_; }
  // Audio is described, and the peer is still to be told that it is on hold, or no longer.
  bool is_hold_due() const { return hold_.is_due() && ours_ && ours_->audio; }

  // The first INVITE. Ours: its SDP, empty without an offer.
  std::string invite(const std::optional<call::MediaDescription>& offer);
  // The peer's.
  void on_invited(std::optional<Sdp> offer);
  // Our first description, for a response to it; once given it stands. Empty: there is none yet.
  std::string describe(const std::optional<call::MediaDescription>& media);
  // Nothing has been described yet, and our description would be an offer.
  bool would_offer() const { return state() == OfferState::Asked; }

  // Offers of ours, the SDP of a re-INVITE. Not set: there is no moment for one now.
  std::optional<std::string> offer(const call::MediaDescription& media);
  std::optional<std::string> offer_refresh();
  std::optional<std::string> offer_hold();
  // An answer to INVITE or re-INVITE. Set: what it describes that was not known already.
  std::optional<call::MediaDescription> on_answered(Sdp answer);
  // The re-INVITE was refused, or its answer has no SDP: what stood stands again.
  void on_refused();

  // A re-INVITE without SDP: whether its 200 may have an offer of ours now. If so offer_late() writes it.
  bool on_offer_wanted() { return fsm_.accepts(OfferEvent::OfferWanted); }
  // `wanted`: what the call wants; not set: what stands is offered again.
  std::string offer_late(std::optional<call::MediaDescription> wanted);
  // What PRACK or ACK has for it. True: the call does not know it yet.
  bool on_late_answer(Sdp answer);
  // ACK has nothing: what stood stands again. True: the call had wanted that offer.
  bool on_no_late_answer();

  // What becomes of an offer of the peer's.
  struct Reply {
    int status = 0;  // of the response; 0: peer_offer() waits for the call
    std::string sdp{};
  };
  Reply on_offer(OfferEvent how, Sdp offer);
  // The SDP that answers peer_offer().
  std::string answer(const call::MediaDescription& media);
  void refuse();

 private:
  void enter(OfferState state) { fsm_.enter(state, clock_.now()); }
  // The status for a peer's offer that comes now.
  int status_of_refusal() const;

  const Reactor& clock_;
  Fsm<OfferState, OfferEvent> fsm_;
  SdpSession sdp_;
  Hold hold_;
  std::optional<Sdp> remote_, peer_offer_;
  OfferEvent peer_offer_by_ = OfferEvent::PeerInvite;
  std::optional<call::MediaDescription> ours_;  // as last described, without hold
  std::string first_;
  // Of the late offer that is open.
  std::optional<call::MediaDescription> before_late_offer_;
  bool is_late_offer_wanted_ = false;
};

}  // namespace sg::sip
