// The messages that carry offers and answers of a SipLeg once its first INVITE has said what it had to: re-INVITE,
// UPDATE, PRACK, and the ACK of an INVITE without SDP (RFC 3264, RFC 6337).
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <utility>

#include "gateway/sip/headers.h"
#include "gateway/sip/intake.h"
#include "gateway/sip/sip_leg.h"
#include "gateway/sip/sip_words.h"

namespace sg::sip {
namespace {

// A response that Sofia made itself, as none came.
bool is_own(const sip_t* response) {
  return !response || ::nta_sip_is_internal(response);
}

// Timer B's, or that of our giving up.
bool is_timeout(int status, const sip_t* response) {
  return is_own(response) && (status == 408 || status == 487);
}

// What became of a request of ours, in the peer's words.
int told_status(int status, const sip_t* response) {
  if (is_timeout(status, response)) return 408;
  const bool is_theirs = response && response->sip_status && response->sip_status->st_status == status;
  return refusal_of(is_theirs ? true_status(*response) : status);
}

// RFC 3261 section 14.2 and RFC 3311 section 5.2 have it go with 500.
const char* retry_after(int status) {
  return status == 500 ? "2" : nullptr;
}

}  // namespace

std::optional<Sdp> SipLeg::read(const sip_t& message) {
  auto body = read_sdp_body(message);
  if (body.empty()) return std::nullopt;
  auto sdp = parse_sdp(body);
  if (!sdp) {
    log_.warning("unreadable SDP: {}", sdp.error().message);
    return std::nullopt;
  }
  return std::move(*sdp);
}

int SipLeg::fault_of_body(const sip_t& message, const std::optional<Sdp>& sdp) {
  if (sdp || !message.sip_payload) return 0;
  if (!read_sdp_body(message).empty()) return 400;
  return must_understand_body(message) ? 415 : 0;
}

// Ours.

void SipLeg::send_reinvite(const std::string& sdp) {
  ::nua_invite(handle_, SIPTAG_CONTENT_TYPE_STR(kSdpType), SIPTAG_PAYLOAD_STR(sdp.c_str()), TAG_END());
  answer_timer_.arm(path_.reinvite_patience, [this] { cancel_reinvite(); });
}

// Sofia's timer B (64 times T1, 32 s) would take the whole dialog with it. That a re-INVITE has no answer leaves the
// session as it was (RFC 3261 section 14.1), so we are quicker.
// Section 9.1 has a CANCEL wait for a provisional response, lest it overtake its INVITE. After 31 s it cannot any more,
// and without one the dialog is lost (CANCEL_2543: Sofia ends the transaction at once, with 487).
void SipLeg::cancel_reinvite() {
  if (!is_established()) return;
  log_.warning("our re-INVITE has no answer after {} ms", path_.reinvite_patience.count());
  is_cancelling_ = true;
  ::nua_cancel(handle_, NTATAG_CANCEL_2543(1), TAG_END());
}

void SipLeg::offer(const call::MediaDescription& media) {
  const bool may_send = is_established() && !is_cancelling_ && !has_lost_dialog_;
  if (auto sdp = may_send ? offers_.offer(media) : std::nullopt) return send_reinvite(*sdp);
  // An exchange is under way: glare, as if the peer had said so.
  path_.root.post(lifetime_.guard([this] {
    if (listener_ && is_established()) listener_->on_offer_refused(491);
  }));
}

void SipLeg::on_reinvite_response(int status, const sip_t* sip) {
  if (status < 200) return;
  answer_timer_.cancel();
  if (status < 300) ::nua_ack(handle_, TAG_END());
  const OfferState asked = offers_.state();
  const bool is_media = asked == OfferState::Offering, is_hold = asked == OfferState::Holding;
  if (!is_media && !is_hold && asked != OfferState::Refreshing) return;
  const int told = status < 300 ? 0 : told_status(status, sip);
  // RFC 3261 section 12.2.1.2, RFC 4028 section 10. A hold that nobody answers leaves the call as it was.
  const bool is_lost = told && call::ends_dialog(told) && !(is_hold && is_timeout(status, sip));
  if (is_lost && !is_media) return end_dialog(call::cause_of_sip(told));
  auto described = sip && status < 300 ? read(*sip) : std::nullopt;
  const bool is_taken = described.has_value();
  is_taken ? void(offers_.on_answered(std::move(*described))) : offers_.on_refused();
  if (is_taken && (is_media || is_hold)) refresh();
  if (is_hold) return on_hold_answered(is_taken, told);
  if (!is_media) return;
  if (is_taken) {
    if (listener_) listener_->on_offer_answered(remote()->media);
    return;
  }
  // Timer B was quicker all the same: Sofia has forgotten the dialog. The media may flow, so the call goes on as long
  // as it does.
  has_lost_dialog_ = status == 408 && is_own(sip) && is_established();
  if (listener_) listener_->on_offer_refused(told ? told : 488);
}

// A refused or unanswered UPDATE of ours, which may be a refresh.
void SipLeg::on_update_response(int status, const sip_t* sip) {
  if (!is_established() || status < 300 || is_own(sip)) return;
  const int told = told_status(status, sip);
  if (call::ends_dialog(told)) end_dialog(call::cause_of_sip(told));
}

void SipLeg::refresh() {
  if (auto named = dialog()) farewell_.set_tags(*named);
  refresh_.restart(handle_);
}

void SipLeg::send_refresh() {
  if (!is_established() || is_exchanging()) return;
  if (auto sdp = offers_.offer_refresh()) send_reinvite(*sdp);
}

// The peer's.

void SipLeg::on_reinvite(const sip_t& request) {
  invite_.save(path_.nua);
  entry_.note_hosts(request);
  note_connected(request);
  auto offer = read(request);
  if (int fault = fault_of_body(request, offer)) return reply(OfferEvent::PeerInvite, fault, {});
  if (offer) return take_offer(OfferEvent::PeerInvite, std::move(*offer));
  if (!offers_.on_offer_wanted()) return reply(OfferEvent::PeerInvite, 491, {});
  auto wanted = listener_ ? listener_->on_offer_wanted() : std::nullopt;
  reply(OfferEvent::PeerInvite, 200, offers_.offer_late(std::move(wanted)));
}

void SipLeg::on_update(const sip_t& request) {
  update_.save(path_.nua);
  entry_.note_hosts(request);
  note_connected(request);
  auto offer = read(request);
  if (int fault = fault_of_body(request, offer)) return answer_request(update_, fault, {});
  if (!offer) return answer_request(update_, 200, {});
  take_offer(OfferEvent::PeerUpdate, std::move(*offer));
}

// RFC 3262 section 5: PRACK has the answer to an offer in the response that it acknowledges, or an offer of its own
// once that of the INVITE was answered reliably.
void SipLeg::on_prack(const sip_t& request) {
  prack_.save(path_.nua);
  auto described = read(request);
  if (int fault = fault_of_body(request, described)) return answer_request(prack_, fault, {});
  if (described && !offers_.awaits_late_answer()) return take_offer(OfferEvent::PeerPrack, std::move(*described));
  answer_request(prack_, 200, {});
  if (described) on_late_answer(std::move(*described));
}

void SipLeg::take_offer(OfferEvent how, Sdp offer) {
  auto answer = offers_.on_offer(how, std::move(offer));
  if (answer.status != 0) return reply(how, answer.status, answer.sdp);
  if (listener_) listener_->on_offer(offers_.peer_offer()->media);
}

void SipLeg::answer_offer(const call::MediaDescription& media) {
  if (!offers_.peer_offer()) return;
  const OfferEvent how = offers_.peer_offer_came_by();
  reply(how, 200, offers_.answer(media));
  tell_held();
}

void SipLeg::refuse_offer(int status) {
  if (!offers_.peer_offer()) return;
  const OfferEvent how = offers_.peer_offer_came_by();
  offers_.refuse();
  reply(how, status, {});
}

void SipLeg::reply(OfferEvent how, int status, const std::string& sdp) {
  switch (how) {
    case OfferEvent::PeerUpdate:
      return answer_request(update_, status, sdp);
    case OfferEvent::PeerPrack:
      return answer_request(prack_, status, sdp);
    case OfferEvent::PeerResponse:
      ::nua_ack(handle_, TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR(kSdpType)), SIPTAG_PAYLOAD_STR(or_null(sdp)),
                TAG_END());
      // An offer in a 200 cannot be refused, only the call ended.
      if (status >= 300) end_dialog(call::cause_of_sip(status));
      return;
    default:
      respond(status, sdp, {}, retry_after(status));
      invite_.reset();
  }
}

void SipLeg::answer_request(SavedRequest& request, int status, const std::string& sdp) {
  ::nua_respond(handle_, status, ::sip_status_phrase(status), NUTAG_WITH(request.message()),
                TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR(kSdpType)), SIPTAG_PAYLOAD_STR(or_null(sdp)),
                TAG_IF(status == 415, SIPTAG_ACCEPT_STR(kSdpType)), SIPTAG_RETRY_AFTER_STR(retry_after(status)),
                TAG_END());
  request.reset();
}

// A re-INVITE without SDP: the 200 had our offer, and ACK has the answer.

void SipLeg::on_ack(const sip_t& ack) {
  refresh();
  if (!offers_.awaits_late_answer()) return;
  auto answer = read(ack);
  if (int fault = fault_of_body(ack, answer)) return end_dialog(call::cause_of_sip(fault));
  if (answer) return on_late_answer(std::move(*answer));
  log_.warning("an ACK without the answer that is due in it");
  // The call was never described; or it was, and then what stood stands: some peers take such an INVITE for a refresh.
  if (!remote()) return end_dialog(call::kInterworking);
  if (offers_.on_no_late_answer() && listener_) listener_->on_offer_refused(488);
}

void SipLeg::on_late_answer(Sdp answer) {
  auto life = lifetime_.watch();
  if (offers_.on_late_answer(std::move(answer)) && listener_) listener_->on_offer_answered(remote()->media);
  if (!life.is_over()) tell_held();
}

// Hold.

void SipLeg::tell_held() {
  if (!is_established() || !remote()) return;
  auto is_held = offers_.hold().on_described(remote()->media);
  if (!is_held) return;
  path_.root.post(lifetime_.guard([this, is_held = *is_held] {
    if (!listener_) return;
    is_held ? listener_->on_held() : listener_->on_retrieved();
  }));
}

void SipLeg::hold() {
  offers_.hold().want(true);
  send_hold();
}

void SipLeg::retrieve() {
  offers_.hold().want(false);
  send_hold();
}

void SipLeg::send_hold() {
  if (!is_established() || !offers_.is_hold_due()) return;
  if (is_exchanging()) return hold_timer_.arm(500ms, [this] { send_hold(); });
  if (auto sdp = offers_.offer_hold()) send_reinvite(*sdp);
}

void SipLeg::on_hold_answered(bool is_taken, int refused_with) {
  if (!is_taken && refused_with != 491) return;
  // RFC 3261 section 14.1: who owns the Call-ID waits longer. Or it is to be otherwise again by now.
  auto slots = static_cast<int>(random_number() % 100);
  Duration pause = has_called_ ? 2100ms + slots * 19ms : slots * 20ms;
  hold_timer_.arm(is_taken ? Duration::zero() : pause, [this] { send_hold(); });
}

}  // namespace sg::sip
