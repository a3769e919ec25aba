// The first INVITE of a SipLeg, ours or the peer's, up to its answer or refusal (RFC 3261 section 13, RFC 3262).
#include <sofia-sip/nta.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <cstdlib>

#include "gateway/sip/header_values.h"
#include "gateway/sip/headers.h"
#include "gateway/sip/identity.h"
#include "gateway/sip/intake.h"
#include "gateway/sip/obstacle.h"
#include "gateway/sip/signalled_hosts.h"
#include "gateway/sip/sip_leg.h"
#include "gateway/sip/sip_words.h"
#include "gateway/sip/uri.h"

namespace sg::sip {
namespace {

std::string random_call_id() {
  return fmt::format("{:016x}{:016x}", random_number(), random_number());
}

// As user_of() will read it when the INVITE comes back.
std::string called_user(const party::Number& called) {
  return (called.type == TypeOfNumber::International ? "+" : "") + called.digits;
}

}  // namespace

void SipLeg::note_peer(const sip_t& message) {
  refresh_.note(message);
  entry_.note_hosts(message);
}

void SipLeg::begin_dialog(const std::string& call_id, Dialogs::Leg leg, const std::string& host) {
  entry_.begin(call_id, std::move(leg), host);
  name_ += " Call-ID " + call_id;
  log_ = Log(name_);
  fsm_.set_log(log_);
  offers_.set_log(log_);
}

// Incoming calls.

Result<> SipLeg::accept(nua_handle_t* handle, const sip_t& invite) {
  if (!fsm_.accepts(DialogEvent::Invited)) return fail("a leg has one INVITE");
  enter(DialogState::Called);
  handle_ = handle;
  ::nua_handle_bind(handle_, magic());
  if (invite.sip_call_id) begin_dialog(invite.sip_call_id->i_id, {.trunk = path_.trunk}, path_.host);
  note_peer(invite);
  auto home = make_home();
  auto address = [&](const sip_addr_t* header) {
    return fmt::format("<{}>", ::url_as_string(home.get(), header->a_url));
  };
  farewell_.set_addresses(address(invite.sip_to), address(invite.sip_from));
  farewell_.set_route(invite);
  farewell_.note(invite);
  invite_.save(path_.nua);
  peer_supports_100rel_ = supports_100rel(invite);
  auto offer = read(invite);
  if (int fault = fault_of_body(invite, offer)) {
    respond(fault, {});
    return fail("an INVITE without usable SDP");
  }
  offers_.on_invited(std::move(offer));
  // RFC 3261 section 13.3.1: who calls waits so long and no longer.
  if (auto limit = expiry_of(invite)) {
    expiry_timer_.arm(*limit, [this] {
      if (state() == DialogState::Called) end_dialog(call::cause_of_sip(487), 487);
    });
  }
  return {};
}

void SipLeg::watch_caller(TcpCallers& callers, const SocketAddress& source, const sip_t& invite) {
  const char* port = invite.sip_via ? invite.sip_via->v_port : nullptr;
  caller_ = callers.add(source, static_cast<uint16_t>(port ? std::strtoul(port, nullptr, 10) : 0), [this] {
    caller_.reset();
    if (state() == DialogState::Called && listener_) listener_->on_peer_gone(call::PeerGone::Unreachable);
  });
}

void SipLeg::respond(int status, const std::string& sdp, const std::string& reason, const char* retry_after) {
  bool is_reliable = status > 100 && status < 200 && peer_supports_100rel_;
  auto extra = status > 100 && (status < 300 || !user_user_lines_.empty()) ? take_extra_lines() : std::string{};
  ::nua_respond(handle_, status, ::sip_status_phrase(status), TAG_IF(invite_.is_set(), NUTAG_WITH(invite_.message())),
                TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR(kSdpType)), SIPTAG_PAYLOAD_STR(or_null(sdp)),
                SIPTAG_REASON_STR(or_null(reason)), SIPTAG_HEADER_STR(or_null(extra)),
                TAG_IF(status >= 300 && !warning_.empty(), SIPTAG_WARNING_STR(warning_.c_str())),
                // RFC 3261 section 8.2.3.
                TAG_IF(status == 415, SIPTAG_ACCEPT_STR(kSdpType)), SIPTAG_RETRY_AFTER_STR(retry_after),
                TAG_IF(is_reliable, SIPTAG_REQUIRE_STR("100rel")), TAG_END());
}

void SipLeg::progress(bool, const std::optional<call::MediaDescription>& media) {
  provisional(183, media);
}

void SipLeg::forwarded() {
  provisional(181, std::nullopt);
}

void SipLeg::alert(bool, const std::optional<call::MediaDescription>& media) {
  provisional(180, media);
}

void SipLeg::provisional(int status, const std::optional<call::MediaDescription>& media) {
  if (!fsm_.accepts(DialogEvent::Progress)) return;
  // Our offer may not travel in an unreliable response (RFC 3262 section 5): it goes with the 200.
  if (media && offers_.would_offer() && !peer_supports_100rel_) return respond(status, {});
  auto sdp = offers_.describe(media);
  // Once an offer of ours went out reliably it is not repeated.
  respond(status, offers_.awaits_late_answer() && !media ? std::string{} : sdp);
}

void SipLeg::answer(const std::optional<call::MediaDescription>& media) {
  if (!fsm_.accepts(DialogEvent::Answer)) return;
  const bool has_offered_early = offers_.awaits_late_answer();
  auto sdp = offers_.describe(media);
  respond(200, has_offered_early ? std::string{} : sdp);
  caller_.reset();
  invite_.reset();
  enter(DialogState::Established);
  entry_.set_answered();
}

// Outgoing calls.

void SipLeg::setup(const call::Setup& setup, const std::optional<call::MediaDescription>& offer) {
  if (!fsm_.accepts(DialogEvent::Setup)) return;
  enter(DialogState::Calling);
  has_called_ = true;
  if (setup.max_forwards < 0) return start_releasing(call::cause_of_sip(483), 0s);

  auto call_id = random_call_id();
  auto tag = fmt::format("{:016x}", random_number());
  // A redirection leads elsewhere than to the trunk's peer.
  begin_dialog(call_id, {.asked_for = called_user(setup.called), .tag = tag, .trunk = path_.trunk},
               setup.request_uri.empty() ? path_.host : numeric_host_of(setup.request_uri));
  auto uri = setup.request_uri.empty()
                 ? uri_of(setup.called, path_.authority, path_.parameters, setup.called_subaddress)
                 : setup.request_uri;
  auto to = "<" + uri_of(setup.called, path_.authority) + ">";
  auto identity = identity_of(setup, path_.domain, path_.identity);
  auto sdp = offers_.invite(offer);
  if (const auto& replaces = setup.replaces) {
    identity.lines += fmt::format("Replaces: {};to-tag={};from-tag={}{}\r\nRequire: replaces\r\n", replaces->call_id,
                                  replaces->to_tag, replaces->from_tag, replaces->early_only ? ";early-only" : "");
  }
  if (!setup.referred_by.empty()) identity.lines += fmt::format("Referred-By: {}\r\n", setup.referred_by);
  farewell_.set_addresses(identity.from, to);
  identity.from += ";tag=" + tag;
  handle_ = ::nua_handle(path_.nua, magic(), NUTAG_URL(uri.c_str()), SIPTAG_CALL_ID_STR(call_id.c_str()),
                         SIPTAG_TO_STR(to.c_str()), SIPTAG_FROM_STR(identity.from.c_str()), TAG_END());
  if (!handle_) return start_releasing(call::kTemporaryFailure, 0s);
  ::nua_invite(handle_, SIPTAG_MAX_FORWARDS_STR(std::to_string(setup.max_forwards).c_str()),
               SIPTAG_HEADER_STR(or_null(identity.lines)), TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR(kSdpType)),
               SIPTAG_PAYLOAD_STR(or_null(sdp)), TAG_END());
}

void SipLeg::on_invite_response(int status, const sip_t* sip) {
  if (sip && !::nta_sip_is_internal(sip)) entry_.note_who_answers(path_.nua);
  if (sip) note_peer(*sip);
  if (sip && status > 100 && status < 200 && !reliable_.acknowledge(handle_, *sip, is_established())) return;
  if (state() == DialogState::Releasing) {
    // Our CANCEL and its 200 crossed.
    if (status >= 200 && status < 300) {
      ::nua_ack(handle_, TAG_END());
      ::nua_bye(handle_, SIPTAG_REASON_STR(reason_of(*cause_).c_str()), TAG_END());
    } else if (status >= 300) {
      finish(*cause_);
    }
    return;
  }
  if (state() == DialogState::Calling) return on_first_response(status, sip);
  on_reinvite_response(status, sip);
}

void SipLeg::on_first_response(int status, const sip_t* sip) {
  if (status >= 300) {
    auto life = lifetime_.watch();
    if (sip) note_user_user(*sip);
    if (sip && status < 400 && path_.follow_redirects) on_redirected(*sip);
    if (life.is_over()) return;
    auto cause = call::cause_of_sip(refusal_of(status), sip ? read_q850(*sip) : 0);
    cause.obstacle = obstacle_of(status, sip, take_send_error(entry_.call_id()));
    return finish(cause);
  }
  // Sofia tries again by itself (a session interval too small): nothing to tell.
  if (!sip || !sip->sip_status || sip->sip_status->st_status != status) return;
  if (status >= 200) return on_answered(*sip);
  if (status == 100) {
    if (listener_) listener_->on_proceeding();
    return;
  }
  std::optional<call::MediaDescription> media;
  if (auto early = read(*sip)) media = offers_.on_answered(std::move(*early));
  const bool inband = remote().has_value();
  note_user_user(*sip);
  if (!listener_) return;
  if (status == 180) {
    listener_->on_alerting(inband, media);
  } else {
    listener_->on_progress(inband, media);
  }
}

void SipLeg::on_redirected(const sip_t& response) {
  auto redirects = read_redirects(redirect_contacts(response), path_.is_ours);
  if (!redirects.empty() && listener_) listener_->on_redirected(redirects);
}

void SipLeg::on_answered(const sip_t& response) {
  if (!fsm_.accepts(DialogEvent::Answered)) return;
  enter(DialogState::Established);
  farewell_.set_route(response);
  reliable_.forget();
  entry_.set_answered();
  note_connected(response);
  note_user_user(response);
  auto described = read(response);
  if (offers_.state() == OfferState::Asking) {
    // We offered nothing: the 200 does, and the ACK waits for our answer.
    if (!described) return end_dialog(call::kInterworking);
    auto life = lifetime_.watch();
    if (listener_) listener_->on_answered(std::nullopt);
    if (!life.is_over() && is_established()) take_offer(OfferEvent::PeerResponse, std::move(*described));
    return;
  }
  ::nua_ack(handle_, TAG_END());
  std::optional<call::MediaDescription> media;
  if (described) media = offers_.on_answered(std::move(*described));
  if (!remote()) return end_dialog(call::kInterworking);
  refresh();
  if (listener_) listener_->on_answered(media);
}

}  // namespace sg::sip
