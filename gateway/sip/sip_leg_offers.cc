// Offers and answers of a SipLeg once its first INVITE has said what it had to: re-INVITE, UPDATE, PRACK, and the
// answers that come in ACK (RFC 3264, RFC 6337).

#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <algorithm>
#include <utility>

#include "gateway/sip/headers.h"
#include "gateway/sip/intake.h"
#include "gateway/sip/sip_leg_impl.h"
#include "gateway/sip/sip_words.h"

namespace sg::sip {
namespace {

// The codec that the peer named first is the one in use: whoever answers in our order leaves it so.
void put_first(std::vector<call::AudioCodec>& codecs, const std::optional<Sdp>& remote) {
  if (!remote || !remote->media.audio || remote->media.audio->codecs.empty()) return;
  const auto law = remote->media.audio->codecs.front().law;
  std::stable_partition(codecs.begin(), codecs.end(), [&](const call::AudioCodec& codec) { return codec.law == law; });
}

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

}  // namespace

// Ours.

bool SipLeg::Impl::is_exchanging() const {
  return exchange_ != Exchange::None || awaits_late_answer_ || is_cancelling_;
}

void SipLeg::Impl::send_reinvite(Exchange how, const std::string& sdp) {
  exchange_ = how;
  ::nua_invite(handle_, SIPTAG_CONTENT_TYPE_STR(kSdpType), SIPTAG_PAYLOAD_STR(sdp.c_str()), TAG_END());
  answer_timer_.arm(path_.reinvite_patience, [this] { cancel_reinvite(); });
}

// Sofia's timer B (64 times T1, 32 s) would take the whole dialog with it. That a re-INVITE has no answer leaves the
// session as it was (RFC 3261 section 14.1), so we are quicker.
// Section 9.1 has a CANCEL wait for a provisional response, lest it overtake its INVITE. After 31 s it cannot any more,
// and without one the dialog is lost (CANCEL_2543: Sofia ends the transaction at once, with 487).
void SipLeg::Impl::cancel_reinvite() {
  if (state_ != State::Established) return;
  log_.warning("our re-INVITE has no answer after {} ms", path_.reinvite_patience.count());
  is_cancelling_ = true;
  ::nua_cancel(handle_, NTATAG_CANCEL_2543(1), TAG_END());
}

void SipLeg::Impl::offer(const call::MediaDescription& media) {
  if (state_ != State::Established || is_exchanging() || has_lost_dialog_) {
    // An exchange is under way: glare, as if the peer had said so.
    path_.root.post([this, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired() && listener && state_ == State::Established) listener->on_offer_refused(491);
    });
    return;
  }
  ours_ = media;
  // A description of ours that goes both ways ends a hold of ours.
  if (media.audio) wants_hold_ = has_held_ = false;
  send_reinvite(Exchange::Ours, sdp_.offer(media));
}

void SipLeg::Impl::on_offer_response(int status, const sip_t* sip) {
  if (status < 200) return;
  answer_timer_.cancel();
  if (status < 300) ::nua_ack(handle_, TAG_END());
  const int told = status < 300 ? 0 : told_status(status, sip);
  auto described = sip && status < 300 ? read(*sip) : std::nullopt;
  // RFC 3261 section 12.2.1.2, RFC 4028 section 10. A hold that nobody answers leaves the call as it was.
  const bool is_hold = exchange_ == Exchange::Hold;
  const bool is_lost = told && call::ends_dialog(told) && !(is_hold && is_timeout(status, sip));
  if (is_lost && (is_hold || exchange_ == Exchange::Refresh)) return end_dialog(call::cause_of_sip(told), 0);
  if (is_hold) return on_hold_response(told, std::move(described));
  if (std::exchange(exchange_, Exchange::None) != Exchange::Ours) return;
  if (described) {
    remote_ = std::move(described);
    refresh();
    if (listener) listener->on_offer_answered(remote_->media);
    return;
  }
  sdp_.roll_back();
  // Timer B was quicker all the same: Sofia has forgotten the dialog. The media may flow, so the call goes on as long
  // as it does.
  has_lost_dialog_ = status == 408 && is_own(sip) && state_ == State::Established;
  if (listener) listener->on_offer_refused(told ? told : 488);
}

// A refused or unanswered UPDATE of ours, which may be a refresh.
void SipLeg::Impl::on_update_response(int status, const sip_t* sip) {
  if (state_ != State::Established || status < 300 || is_own(sip)) return;
  const int told = told_status(status, sip);
  if (call::ends_dialog(told)) end_dialog(call::cause_of_sip(told), 0);
}

// The peer's.

void SipLeg::Impl::take_offer(Sdp offer, Exchange how) {
  exchange_ = how;
  peer_offer_ = std::move(offer);
  if (listener) listener->on_offer(peer_offer_->media);
}

// Whom we hold stays so, whatever it offers meanwhile.
call::MediaDescription SipLeg::Impl::as_told(call::MediaDescription media) const {
  if (has_held_ && media.audio && media.audio->direction == call::Direction::SendRecv)
    media.audio->direction = call::Direction::SendOnly;
  if (has_held_ && media.audio && media.audio->direction == call::Direction::RecvOnly)
    media.audio->direction = call::Direction::Inactive;
  return media;
}

// An offer that changes nothing of what we carry. Its m-lines may be more or fewer than before, and each has its answer
// (RFC 3264 section 6); if they are the same, so is what stands, with its version.
std::string SipLeg::Impl::answer_again(Sdp offer) {
  remote_ = std::move(offer);
  return ours_ ? sdp_.answer(*remote_, as_told(*ours_)) : sdp_.current();
}

int SipLeg::Impl::fault_of_body(const sip_t& message, const std::optional<Sdp>& sdp) {
  if (sdp || !message.sip_payload) return 0;
  if (!read_sdp_body(message).empty()) return 400;
  return must_understand_body(message) ? 415 : 0;
}

void SipLeg::Impl::on_reinvite(const sip_t& request) {
  invite_.save(path_.nua);
  note_hosts(request);
  note_connected(request);
  auto answer = [this](int status, const std::string& sdp) {
    respond(status, sdp);
    invite_.reset();
  };
  auto offer = read(request);
  if (int fault = fault_of_body(request, offer)) return answer(fault, {});
  if (!offer) return answer(200, late_offer());
  if (remote_ && offer->media == remote_->media) return answer(200, answer_again(std::move(*offer)));
  take_offer(std::move(*offer), Exchange::PeerInvite);
}

void SipLeg::Impl::answer_request(SavedRequest& request, int status, const std::string& sdp) {
  ::nua_respond(handle_, status, ::sip_status_phrase(status), NUTAG_WITH(request.message()),
                TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR(kSdpType)), SIPTAG_PAYLOAD_STR(or_null(sdp)),
                TAG_IF(status == 415, SIPTAG_ACCEPT_STR(kSdpType)), TAG_IF(status == 500, SIPTAG_RETRY_AFTER_STR("2")),
                TAG_END());
  request.reset();
}

void SipLeg::Impl::on_update(const sip_t& request) {
  update_.save(path_.nua);
  note_hosts(request);
  note_connected(request);
  auto offer = read(request);
  if (int fault = fault_of_body(request, offer)) return answer_request(update_, fault, {});
  if (!offer) return answer_request(update_, 200, {});
  // RFC 3311 section 5.2.
  const bool is_ours_open = exchange_ == Exchange::Ours || exchange_ == Exchange::Refresh ||
                            exchange_ == Exchange::Hold || awaits_late_answer_ ||
                            (state_ == State::Calling && !remote_);
  if (is_ours_open) return answer_request(update_, 491, {});
  take_request_offer(update_, std::move(*offer), Exchange::PeerUpdate);
}

// RFC 3262 section 5: PRACK has the answer to an offer in the response that it acknowledges, or an offer of its own
// once that of the INVITE was answered reliably.
void SipLeg::Impl::on_prack(const sip_t& request) {
  prack_.save(path_.nua);
  auto described = read(request);
  if (int fault = fault_of_body(request, described)) return answer_request(prack_, fault, {});
  if (!described || awaits_late_answer_) {
    answer_request(prack_, 200, {});
    if (described) on_answer_to_late_offer(std::move(*described));
    return;
  }
  take_request_offer(prack_, std::move(*described), Exchange::PeerPrack);
}

void SipLeg::Impl::take_request_offer(SavedRequest& request, Sdp offer, Exchange how) {
  if (exchange_ != Exchange::None || (state_ == State::Called && first_answer_.empty()))
    return answer_request(request, 500, {});
  if (remote_ && offer.media == remote_->media) return answer_request(request, 200, answer_again(std::move(offer)));
  take_offer(std::move(offer), how);
}

void SipLeg::Impl::answer_offer(const call::MediaDescription& media) {
  if (!peer_offer_) return;
  ours_ = media;
  has_held_ = wants_hold_ && media.audio;
  auto sdp = sdp_.answer(*peer_offer_, as_told(media));
  remote_ = std::exchange(peer_offer_, std::nullopt);
  if (state_ == State::Called) first_answer_ = sdp;
  switch (std::exchange(exchange_, Exchange::None)) {
    case Exchange::PeerInvite:
      respond(200, sdp);
      invite_.reset();
      break;
    case Exchange::PeerUpdate:
      answer_request(update_, 200, sdp);
      break;
    case Exchange::PeerPrack:
      answer_request(prack_, 200, sdp);
      break;
    case Exchange::PeerAnswer200:
      ::nua_ack(handle_, SIPTAG_CONTENT_TYPE_STR(kSdpType), SIPTAG_PAYLOAD_STR(sdp.c_str()), TAG_END());
      break;
    default:
      break;
  }
  tell_held();
}

void SipLeg::Impl::refuse_offer(int status) {
  if (!peer_offer_) return;
  peer_offer_.reset();
  switch (std::exchange(exchange_, Exchange::None)) {
    case Exchange::PeerInvite:
      respond(status, {});
      invite_.reset();
      break;
    case Exchange::PeerUpdate:
      answer_request(update_, status, {});
      break;
    case Exchange::PeerPrack:
      answer_request(prack_, status, {});
      break;
    case Exchange::PeerAnswer200:
      // An offer in a 200 cannot be refused, only the call ended.
      ::nua_ack(handle_, TAG_END());
      end_dialog(call::cause_of_sip(status), 0);
      break;
    default:
      break;
  }
}

// A re-INVITE without SDP: the 200 has our offer, and ACK the answer (RFC 3261 section 14.2).

std::string SipLeg::Impl::late_offer() {
  awaits_late_answer_ = true;
  before_late_offer_ = ours_;
  auto wanted = listener ? listener->on_offer_wanted() : std::nullopt;
  is_late_offer_wanted_ = wanted.has_value();
  if (wanted) ours_ = std::move(wanted);
  if (!ours_) return sdp_.current();
  // What we want ourselves, not what the peer's hold made of it (RFC 6337 section 5.3).
  if (ours_->audio) ours_->audio->direction = call::Direction::SendRecv;
  return sdp_.offer(as_told(*ours_));
}

void SipLeg::Impl::on_ack(const sip_t& ack) {
  refresh();
  if (!awaits_late_answer_) return;
  auto answer = read(ack);
  if (int fault = fault_of_body(ack, answer)) return end_dialog(call::cause_of_sip(fault), 0);
  if (answer) return on_answer_to_late_offer(std::move(*answer));
  log_.warning("an ACK without the answer that is due in it");
  // The call was never described; or it was, and then what stood stands: some peers take such an INVITE for a refresh.
  if (!remote_) return end_dialog(call::kInterworking, 0);
  awaits_late_answer_ = false;
  sdp_.roll_back();
  ours_ = std::exchange(before_late_offer_, std::nullopt);
  if (std::exchange(is_late_offer_wanted_, false) && listener) listener->on_offer_refused(488);
}

void SipLeg::Impl::on_answer_to_late_offer(Sdp answer) {
  awaits_late_answer_ = false;
  before_late_offer_.reset();
  bool is_new = std::exchange(is_late_offer_wanted_, false) || !remote_ || remote_->media != answer.media;
  remote_ = std::move(answer);
  std::weak_ptr<bool> alive = alive_;
  if (is_new && listener) listener->on_offer_answered(remote_->media);
  if (!alive.expired()) tell_held();
}

// Hold. The peer's own is told by the direction of its offer; ours changes only the direction.

void SipLeg::Impl::tell_held() {
  if (state_ != State::Established || !remote_) return;
  // A fax has no hold.
  auto direction = remote_->media.audio ? remote_->media.audio->direction : call::Direction::SendRecv;
  bool is_held = direction == call::Direction::SendOnly || direction == call::Direction::Inactive;
  if (std::exchange(is_held_, is_held) == is_held) return;
  path_.root.post([this, alive = std::weak_ptr<bool>(alive_), is_held] {
    if (alive.expired() || !listener) return;
    is_held ? listener->on_held() : listener->on_retrieved();
  });
}

void SipLeg::Impl::hold(bool is_held) {
  wants_hold_ = is_held;
  send_hold();
}

void SipLeg::Impl::send_hold() {
  if (state_ != State::Established || wants_hold_ == has_held_ || !ours_ || !ours_->audio) return;
  if (is_exchanging()) {
    hold_timer_.arm(500ms, [this] { send_hold(); });
    return;
  }
  auto media = *ours_;
  media.audio->direction = wants_hold_ ? call::Direction::SendOnly : call::Direction::SendRecv;
  put_first(media.audio->codecs, remote_);
  send_reinvite(Exchange::Hold, sdp_.offer(media));
}

void SipLeg::Impl::on_hold_response(int told, std::optional<Sdp> described) {
  exchange_ = Exchange::None;
  if (described) {
    remote_ = std::move(described);
    has_held_ = !has_held_;
    refresh();
  } else {
    sdp_.roll_back();
    if (told != 491) return;
  }
  // RFC 3261 section 14.1: who owns the Call-ID waits longer. Or it is to be otherwise again by now.
  auto slots = static_cast<int>(random_number() % 100);
  Duration pause = asked_for_.empty() ? slots * 20ms : 2100ms + slots * 19ms;
  hold_timer_.arm(described ? Duration::zero() : pause, [this] { send_hold(); });
}

}  // namespace sg::sip
