#include "gateway/sip/sip_leg.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <utility>

#include "gateway/sip/headers.h"
#include "gateway/sip/sip_words.h"

namespace sg::sip {
namespace {

// How long a peer may take to confirm our BYE or CANCEL before the leg is called over. Sofia goes on retransmitting.
constexpr auto kReleasePatience = 2s;
// Seconds. RFC 3261 section 21.5.4 has the peer send nothing at all for so long: another call may be an emergency.
constexpr auto kRetryAfter = "1";

}  // namespace

SipLeg::SipLeg(Path path)
    : path_(std::move(path)),
      name_("sip " + path_.peer),
      log_(name_),
      fsm_(dialog_table(), DialogState::Idle, path_.counters, log_),
      entry_(path_.dialogs),
      offers_(path_.root, path_.counters),
      refresh_(path_.root, path_.session_expires, [this] { send_refresh(); }),
      release_timer_(path_.root),
      hold_timer_(path_.root),
      answer_timer_(path_.root),
      expiry_timer_(path_.root) {}

SipLeg::~SipLeg() {
  if (!handle_) return;
  ::nua_handle_bind(handle_, nullptr);
  // Ends what still stands: CANCEL, BYE, or 480 to an unanswered INVITE.
  ::nua_handle_destroy(handle_);
}

void SipLeg::on_event(nua_event_t event, int status, const sip_t* sip, tagi_t* tags) {
  if (state() == DialogState::Released) return;
  if (sip) farewell_.note(*sip);
  switch (event) {
    case nua_r_invite:
      return on_invite_response(status, sip);
    case nua_i_state:
      return on_state(status, tags);
    case nua_i_invite:
      // Below 200: Sofia has not answered it itself.
      if (sip && status < 200) on_reinvite(*sip);
      return;
    case nua_i_update:
      if (sip && status < 200) on_update(*sip);
      return;
    case nua_i_ack:
      if (sip) on_ack(*sip);
      return;
    case nua_i_prack:
      if (sip && status < 200) on_prack(*sip);
      return;
    case nua_r_update:
      return on_update_response(status, sip);
    case nua_r_cancel:
      if (status >= 200) is_cancelling_ = false;
      return;
    case nua_i_cancel:
    case nua_i_bye:
      return on_peer_hangs_up(sip);
    case nua_r_bye:
      if (status >= 200) on_bye_answered();
      return;
    case nua_i_refer:
      if (sip && status < 200) on_refer(*sip, tags);
      return;
    case nua_i_options:
      if (status < 200) ::nua_respond(handle_, SIP_200_OK, NUTAG_WITH_THIS(path_.nua), TAG_END());
      return;
    case nua_i_info:
      if (sip) on_info(*sip);
      return;
    default:
      return;
  }
}

// The end.

void SipLeg::release(call::Cause cause) {
  // Both sides may hang up at once.
  if (state() == DialogState::Releasing || state() == DialogState::Released) return;
  end_dialog(cause);
}

void SipLeg::end_dialog(const call::Cause& cause, int status) {
  if (!fsm_.accepts(DialogEvent::Release)) return;
  auto reason = reason_of(cause);
  if (!ended_dialog_) ended_dialog_ = dialog();
  switch (state()) {
    case DialogState::Calling:
      if (!handle_) break;
      ::nua_cancel(handle_, SIPTAG_REASON_STR(reason.c_str()), TAG_END());
      return start_releasing(cause, kReleasePatience);
    case DialogState::Called:
      if (status == 0) status = call::sip_status_of(cause);
      respond(status, {}, reason, status == 503 && cause.is_for_now ? kRetryAfter : nullptr);
      invite_.reset();
      break;
    case DialogState::Established: {
      if (has_lost_dialog_) {
        farewell_.say(path_.nua, reason);
        break;
      }
      // A subscription that is left open would keep the dialog alive.
      transfer_progress(503);
      auto extra = std::exchange(user_user_lines_, {});
      ::nua_bye(handle_, SIPTAG_REASON_STR(reason.c_str()), SIPTAG_HEADER_STR(or_null(extra)), TAG_END());
      return start_releasing(cause, kReleasePatience);
    }
    default:
      break;
  }
  // There is nobody to wait for.
  start_releasing(cause, 0s);
}

void SipLeg::start_releasing(const call::Cause& cause, Duration patience) {
  enter(DialogState::Releasing);
  cause_ = cause;
  release_timer_.arm(patience, [this] { finish(*cause_); });
}

void SipLeg::finish(const call::Cause& cause) {
  if (state() == DialogState::Released || !fsm_.accepts(DialogEvent::Over)) return;
  enter(DialogState::Released);
  caller_.reset();
  release_timer_.cancel();
  refresh_.stop();
  hold_timer_.cancel();
  answer_timer_.cancel();
  expiry_timer_.cancel();
  if (listener_) listener_->on_released(cause);
}

// Its BYE is not waited for by whoever pays for the other leg: nobody may be there to confirm it.
void SipLeg::lose(call::PeerGone how) {
  if (!fsm_.accepts(DialogEvent::Lost)) return;
  if (!ended_dialog_) ended_dialog_ = dialog();
  start_releasing(call::kRecoveryOnTimer, kReleasePatience);
  if (listener_) listener_->on_peer_gone(how);
}

void SipLeg::on_state(int status, tagi_t* tags) {
  int call_state = -1;
  ::tl_gets(tags, NUTAG_CALLSTATE_REF(call_state), TAG_END());
  if (call_state == nua_callstate_terminating) is_sofia_leaving_ = true;
  if (call_state == nua_callstate_terminating && is_established()) return lose(call::PeerGone::NotAcknowledged);
  if (call_state != nua_callstate_terminated || (has_lost_dialog_ && is_established())) return;
  // Nobody has said BYE: an UPDATE of ours was not answered, and Sofia forgets the dialog for it.
  if (is_established() && !cause_ && !is_sofia_leaving_) {
    farewell_.say(path_.nua, reason_of(call::cause_of_sip(refusal_of(status))));
  }
  // An incoming call that we refused is told by start_releasing() alone.
  finish(cause_ ? *cause_ : status >= 300 && status <= 699 ? call::cause_of_sip(status) : call::kNormalClearing);
}

void SipLeg::on_peer_hangs_up(const sip_t* request) {
  if (!ended_dialog_) ended_dialog_ = dialog();
  if (!cause_) cause_ = call::Cause{call::kNormalClearing.q850, 0};
  if (!request || state() == DialogState::Releasing) return;
  if (int q850 = read_q850(*request)) cause_->q850 = q850;
  note_user_user(*request);
}

void SipLeg::on_bye_answered() {
  auto life = lifetime_.watch();
  // None of ours: Sofia sends one shortly before a session expires.
  if (is_established() && !cause_) lose(call::PeerGone::SessionExpired);
  if (!life.is_over()) finish(cause_.value_or(call::kNormalClearing));
}

}  // namespace sg::sip
