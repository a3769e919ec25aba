#pragma once

#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/log.h"
#include "base/reactor.h"
#include "gateway/sip/dialogs.h"
#include "gateway/sip/farewell.h"
#include "gateway/sip/handle_owner.h"
#include "gateway/sip/sdp.h"
#include "gateway/sip/sip_agent.h"
#include "gateway/sip/sip_leg.h"
#include "gateway/sip/tcp_callers.h"

namespace sg::sip {

// A request that waits for our answer, kept until then.
class SavedRequest {
 public:
  SavedRequest() = default;
  ~SavedRequest() { reset(); }
  SavedRequest(const SavedRequest&) = delete;
  SavedRequest& operator=(const SavedRequest&) = delete;

  // The request that Sofia is just reporting.
  void save(nua_t* nua);
  void reset();
  bool is_set() const { return is_set_; }
  msg_t* message() const { return is_set_ ? ::nua_saved_event_request(event_) : nullptr; }

 private:
  nua_saved_event_t event_[1] = {};
  bool is_set_ = false;
};

// How a leg reaches the world: one Sofia user agent and what it is known as.
struct Path {
  SuRoot& root;
  nua_t* nua;
  Dialogs& dialogs;
  Counters& counters;
  std::string peer;             // for names: "127.0.0.1:5062"
  std::string authority = {};   // outgoing: host and port of the Request-URI
  std::string parameters = {};  // outgoing: ";transport=tcp"
  std::string domain = {};      // of our identities
  IdentityPolicy identity = {};
  bool follow_redirects = false;
  std::function<bool(const std::string& host, uint16_t port)> is_ours = {};
  std::string trunk = {};  // whose addresses may speak in the dialog; empty: none
  std::string host = {};   // incoming: where the INVITE came from; outgoing: where it goes, unless that is a name
  std::chrono::seconds session_expires;
  std::chrono::milliseconds reinvite_patience{31000};
};

// The dialog behind a SipLeg. Sofia holds a pointer to it as the handle's magic; the destructor takes that back.
class SipLeg::Impl final : public HandleOwner {
 public:
  explicit Impl(Path path);
  ~Impl();

  // An incoming call: from inside the INVITE's event. Error: its SDP makes no sense; it has been refused then.
  Result<> accept(nua_handle_t* handle, const sip_t& invite);
  const std::optional<Sdp>& remote() const { return remote_; }
  // It came by TCP: that the caller is gone is told as long as it is not answered.
  void watch_caller(TcpCallers& callers, const SocketAddress& source, const sip_t& invite);

  // Everything that Sofia tells of this dialog.
  void on_event(nua_event_t event, int status, const sip_t* sip, tagi_t* tags) override;

  void setup(const call::Setup& setup, const std::optional<call::MediaDescription>& offer);
  void provisional(int status, const std::optional<call::MediaDescription>& media);
  void answer(const std::optional<call::MediaDescription>& media);
  void release(const call::Cause& cause, int status);
  void offer(const call::MediaDescription& media);
  void answer_offer(const call::MediaDescription& media);
  void refuse_offer(int status);
  void send_digits(const std::string& digits);
  void connected_party(const tdm::CallingParty& party);
  void warn(int code, const std::string& text) { warning_ = fmt::format("{} {} \"{}\"", code, path_.domain, text); }
  void user_user(const tdm::UserUser& data);
  void hold(bool is_held);
  void transfer_progress(int status);
  bool is_dialog(const call::Replaces& replaces) const;
  const std::optional<call::Replaces>& ended_dialog() const { return ended_dialog_; }
  void set_identity_policy(const IdentityPolicy& policy) { path_.identity = policy; }

  call::LegListener* listener = nullptr;
  std::string call_id;
  std::string name;

 private:
  enum class State : uint8_t { Idle, Calling, Called, Established, Releasing, Released };
  // Whose offer is open in an established (or early) dialog.
  enum class Exchange : uint8_t { None, Ours, Refresh, Hold, PeerInvite, PeerUpdate, PeerPrack, PeerAnswer200 };

  void on_invite_response(int status, const sip_t* sip);
  void on_first_response(int status, const sip_t* sip);
  bool acknowledge(const sip_t& response);
  void on_answered(const sip_t& response);
  // Whether an offer of ours would have to wait.
  bool is_exchanging() const;
  void send_reinvite(Exchange how, const std::string& sdp);
  void cancel_reinvite();
  void on_offer_response(int status, const sip_t* sip);
  void on_update_response(int status, const sip_t* sip);
  void on_reinvite(const sip_t& request);
  void on_update(const sip_t& request);
  void on_prack(const sip_t& request);
  void on_ack(const sip_t& ack);
  std::string late_offer();
  void on_answer_to_late_offer(Sdp answer);
  void on_state(int status, tagi_t* tags);
  void take_offer(Sdp offer, Exchange how);
  void take_request_offer(SavedRequest& request, Sdp offer, Exchange how);
  std::string answer_again(Sdp offer);
  call::MediaDescription as_told(call::MediaDescription media) const;
  void answer_request(SavedRequest& request, int status, const std::string& sdp);
  // The status that refuses a body which is no SDP, or none that can be read; 0: it need not be understood.
  static int fault_of_body(const sip_t& message, const std::optional<Sdp>& sdp);
  // The SDP that a message carries, if it does and if it makes sense.
  std::optional<Sdp> read(const sip_t& message);
  // `retry_after`: null: none.
  void respond(int status, const std::string& sdp, const std::string& reason = {}, const char* retry_after = nullptr);
  void end_dialog(const call::Cause& cause, int status);
  void release_shortly(const call::Cause& cause);
  void finish(const call::Cause& cause);
  // Sofia has ended the dialog by itself, with BYE.
  void lose(call::PeerGone how);
  // How a request to us names the dialog. Not set: there is none.
  std::optional<call::Replaces> dialog() const;
  void note_peer(const sip_t& message);
  // Where later requests may come from.
  void note_hosts(const sip_t& message);
  void note_who_answers();
  void adopt_call_id(const std::string& id, const std::string& host);
  void refresh();
  void on_redirected(const sip_t& response);
  void note_connected(const sip_t& message);
  void note_user_user(const sip_t& message);
  void on_info(const sip_t& info);
  void on_refer(const sip_t& refer, tagi_t* tags);
  void send_hold();
  // `told`: the refusal, or 0.
  void on_hold_response(int told, std::optional<Sdp> described);
  // The peer's offer was accepted: are we on hold now?
  void tell_held();
  // What goes with the next response or BYE, and is forgotten then.
  std::string take_extra_lines();

  Path path_;
  std::string asked_for_;  // outgoing: the called number as sent
  Log log_;
  nua_handle_t* handle_ = nullptr;
  State state_ = State::Idle;
  Exchange exchange_ = Exchange::None;
  bool peer_supports_100rel_ = false;
  bool peer_allows_update_ = false;
  // An INVITE without SDP: our first description is an offer, and its answer comes in PRACK or ACK.
  bool awaits_late_answer_ = false;
  std::map<std::string, uint32_t> acknowledged_;  // the last RSeq of each fork, by CSeq and To tag
  bool is_late_offer_wanted_ = false;             // it came from the listener
  bool is_cancelling_ = false;                    // a re-INVITE that was never answered
  SdpSession sdp_;
  std::optional<Sdp> remote_;  // the peer's description that stands
  std::optional<Sdp> peer_offer_;
  std::chrono::seconds session_interval_;       // the shortest that either side asked for; 0: none
  std::string first_answer_;                    // incoming: given once, it stands
  std::unique_ptr<TcpCallers::Caller> caller_;  // incoming by TCP, until it is answered
  SavedRequest invite_, update_, prack_;
  std::optional<call::Cause> cause_;
  std::optional<call::MediaDescription> ours_;  // what we last described, for hold()
  std::optional<call::MediaDescription> before_late_offer_;
  bool wants_hold_ = false, has_held_ = false;  // by us
  bool is_held_ = false;                        // by the peer
  bool is_deciding_transfer_ = false;
  bool has_lost_dialog_ = false;  // no request can go out any more
  std::string refer_event_;       // the subscription that a REFER made; empty: none
  std::vector<int> transfer_statuses_;
  std::optional<tdm::CallingParty> connected_;   // who answers, on our side
  std::optional<tdm::CallingParty> peer_party_;  // and on the peer's, as told so far
  std::string user_user_lines_;
  std::string warning_;  // of the refusal; empty: none
  std::optional<call::Replaces> ended_dialog_;
  Farewell farewell_;
  bool is_sofia_leaving_ = false;  // it says BYE by itself, or has
  Timer release_timer_, refresh_timer_, hold_timer_, answer_timer_, expiry_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sg::sip
