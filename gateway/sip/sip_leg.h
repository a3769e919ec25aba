#pragma once

#include <sofia-sip/nua.h>
#include <sofia-sip/sip.h>

#include <memory>
#include <optional>
#include <string>

#include "base/lifetime.h"
#include "base/log.h"
#include "base/reactor.h"
#include "gateway/call/leg.h"
#include "gateway/sip/dialog_entry.h"
#include "gateway/sip/dialog_state.h"
#include "gateway/sip/farewell.h"
#include "gateway/sip/handle_owner.h"
#include "gateway/sip/offer_exchange.h"
#include "gateway/sip/path.h"
#include "gateway/sip/referral.h"
#include "gateway/sip/reliable_responses.h"
#include "gateway/sip/saved_request.h"
#include "gateway/sip/session_refresh.h"
#include "gateway/sip/tcp_callers.h"

namespace sg::sip {

// One SIP dialog as a leg of a call (RFC 3261).
// Owned by its call; signalling thread only. Destroyed before on_released it ends its dialog by itself, in silence.
// Sofia holds a pointer to it as the handle's magic; the destructor takes that back.
class SipLeg final : public call::Leg, public HandleOwner {
 public:
  explicit SipLeg(Path path);
  ~SipLeg() override;

  // An incoming call: from inside the INVITE's event. Error: its SDP makes no sense; it has been refused then.
  Result<> accept(nua_handle_t* handle, const sip_t& invite);
  // What the peer has described.
  const std::optional<Sdp>& remote() const { return offers_.remote(); }
  // It came by TCP: that the caller is gone is told as long as it is not answered.
  void watch_caller(TcpCallers& callers, const SocketAddress& source, const sip_t& invite);

  // Everything that Sofia tells of this dialog.
  void on_event(nua_event_t event, int status, const sip_t* sip, tagi_t* tags) override;

  void set_listener(call::LegListener* listener) override { listener_ = listener; }
  call::MediaKind media_kind() const override { return call::MediaKind::Ip; }
  std::string name() const override { return name_; }  // "sip 127.0.0.1:5062 Call-ID 1a2b"

  void setup(const call::Setup& setup, const std::optional<call::MediaDescription>& offer) override;
  void proceeding() override {}  // Sofia has said 100 for us
  void progress(bool inband, const std::optional<call::MediaDescription>& media) override;
  void forwarded() override;
  void alert(bool inband, const std::optional<call::MediaDescription>& media) override;
  void answer(const std::optional<call::MediaDescription>& media) override;
  void release(call::Cause cause) override;
  void offer(const call::MediaDescription& media) override;
  void answer_offer(const call::MediaDescription& media) override;
  void refuse_offer(int status) override;
  // In-dialog INFO, application/dtmf-relay.
  void send_digits(const std::string& digits) override;

  void connected_party(const party::CallingParty& party) override;
  void warn(int code, const std::string& text) override;
  void user_user(const party::UserUser& data) override;
  void hold() override;
  void retrieve() override;
  void transfer_progress(int status) override;
  bool is_dialog(const call::Replaces& replaces) const override;
  std::optional<call::Replaces> ended_dialog() const override { return ended_dialog_; }

 private:
  // The first INVITE (sip_leg_calls.cc).
  void on_invite_response(int status, const sip_t* sip);
  void on_first_response(int status, const sip_t* sip);
  void on_answered(const sip_t& response);
  void on_redirected(const sip_t& response);
  void provisional(int status, const std::optional<call::MediaDescription>& media);
  // The response to INVITE. `retry_after`: null: none.
  void respond(int status, const std::string& sdp, const std::string& reason = {}, const char* retry_after = nullptr);
  void begin_dialog(const std::string& call_id, Dialogs::Leg leg, const std::string& host);
  void note_peer(const sip_t& message);

  // Offers and answers once it has said what it had to (sip_leg_offers.cc).
  // Whether an offer of ours would have to wait.
  bool is_exchanging() const { return !offers_.is_settled() || is_cancelling_; }
  void send_reinvite(const std::string& sdp);
  void cancel_reinvite();
  void on_reinvite_response(int status, const sip_t* sip);
  void on_update_response(int status, const sip_t* sip);
  void on_reinvite(const sip_t& request);
  void on_update(const sip_t& request);
  void on_prack(const sip_t& request);
  void on_ack(const sip_t& ack);
  void on_late_answer(Sdp answer);
  void take_offer(OfferEvent how, Sdp offer);
  // To what has brought it.
  void reply(OfferEvent how, int status, const std::string& sdp);
  void answer_request(SavedRequest& request, int status, const std::string& sdp);
  void send_hold();
  void on_hold_answered(bool is_taken, int refused_with);
  // The peer's offer was accepted: are we on hold now?
  void tell_held();
  // The SDP that a message carries, if it does and if it makes sense.
  std::optional<Sdp> read(const sip_t& message);
  // The status that refuses a body which is no SDP, or none that can be read; 0: it need not be understood.
  static int fault_of_body(const sip_t& message, const std::optional<Sdp>& sdp);
  void refresh();
  void send_refresh();

  // Transfer, digits, and who is who (sip_leg_services.cc).
  void on_refer(const sip_t& refer, tagi_t* tags);
  void on_info(const sip_t& info);
  void note_connected(const sip_t& message);
  void note_user_user(const sip_t& message);
  // What goes with the next response or BYE, and is forgotten then.
  std::string take_extra_lines();
  // How a request to us names the dialog. Not set: there is none.
  std::optional<call::Replaces> dialog() const;

  // The end.
  // `status`: of the response to an INVITE that is not answered yet; 0: as the cause says.
  void end_dialog(const call::Cause& cause, int status = 0);
  void start_releasing(const call::Cause& cause, Duration patience);
  void finish(const call::Cause& cause);
  // Sofia has ended the dialog by itself, with BYE.
  void lose(call::PeerGone how);
  void on_state(int status, tagi_t* tags);
  void on_peer_hangs_up(const sip_t* request);
  void on_bye_answered();

  DialogState state() const { return fsm_.state(); }
  bool is_established() const { return state() == DialogState::Established; }
  void enter(DialogState state) { fsm_.enter(state, path_.root.now()); }

  Path path_;
  std::string name_;
  Log log_;
  Fsm<DialogState, DialogEvent> fsm_;
  call::LegListener* listener_ = nullptr;
  nua_handle_t* handle_ = nullptr;
  DialogEntry entry_;
  bool has_called_ = false;  // the dialog was begun by us
  bool peer_supports_100rel_ = false;
  ReliableResponses reliable_;
  std::unique_ptr<TcpCallers::Caller> caller_;  // incoming by TCP, until it is answered
  SavedRequest invite_, update_, prack_;        // that wait for our answer

  OfferExchange offers_;
  bool is_cancelling_ = false;  // a re-INVITE that was never answered
  SessionRefresh refresh_;

  Referral referral_;
  std::optional<party::CallingParty> connected_;   // who answers, on our side
  std::optional<party::CallingParty> peer_party_;  // and on the peer's, as told so far
  std::string user_user_lines_;
  std::string warning_;  // of the refusal; empty: none

  std::optional<call::Cause> cause_;
  std::optional<call::Replaces> ended_dialog_;
  Farewell farewell_;
  bool has_lost_dialog_ = false;   // no request can go out any more
  bool is_sofia_leaving_ = false;  // it says BYE by itself, or has
  Timer release_timer_, hold_timer_, answer_timer_, expiry_timer_;
  Lifetime lifetime_;
};

}  // namespace sg::sip
