#include "gateway/sip/sip_leg.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <algorithm>
#include <random>

#include "gateway/sip/dtmf_info.h"
#include "gateway/sip/header_values.h"
#include "gateway/sip/headers.h"
#include "gateway/sip/identity.h"
#include "gateway/sip/intake.h"
#include "gateway/sip/obstacle.h"
#include "gateway/sip/signalled_hosts.h"
#include "gateway/sip/sip_leg_impl.h"
#include "gateway/sip/sip_words.h"
#include "gateway/sip/uri.h"
#include "gateway/sip/user_user.h"

namespace sg::sip {
namespace {

// How long a peer may take to confirm our BYE or CANCEL before the leg is called over. Sofia goes on retransmitting.
constexpr auto kReleasePatience = 2s;
constexpr size_t kMostForks = 32;
constexpr std::chrono::milliseconds kDigitLength{160};
// Seconds. RFC 3261 section 21.5.4 has the peer send nothing at all for so long: another call may be an emergency.
constexpr auto kRetryAfter = "1";

std::string random_call_id() {
  return fmt::format("{:016x}{:016x}", random_number(), random_number());
}

// As user_of() will read it when the INVITE comes back.
std::string called_user(const tdm::Number& called) {
  return (called.type == tdm::TypeOfNumber::International ? "+" : "") + called.digits;
}

uint64_t random_session_id() {
  return random_number() >> 2;  // RFC 8866 section 5.2: it is to fit 63 bits in most implementations
}

}  // namespace

uint64_t random_number() {
  static std::mt19937_64 generator{std::random_device{}()};
  return generator();
}

void SavedRequest::save(nua_t* nua) {
  reset();
  is_set_ = ::nua_save_event(nua, event_) != 0;
}

void SavedRequest::reset() {
  if (is_set_) ::nua_destroy_event(event_);
  is_set_ = false;
}

SipLeg::Impl::Impl(Path path)
    : name("sip " + path.peer),
      path_(std::move(path)),
      log_(name),
      sdp_(random_session_id()),
      session_interval_(path_.session_expires),
      release_timer_(path_.root),
      refresh_timer_(path_.root),
      hold_timer_(path_.root),
      answer_timer_(path_.root),
      expiry_timer_(path_.root) {}

SipLeg::Impl::~Impl() {
  if (!call_id.empty()) path_.dialogs.remove(call_id, asked_for_);
  if (!handle_) return;
  ::nua_handle_bind(handle_, nullptr);
  // Ends what still stands: CANCEL, BYE, or 480 to an unanswered INVITE.
  ::nua_handle_destroy(handle_);
}

void SipLeg::Impl::note_peer(const sip_t& message) {
  if (message.sip_allow) peer_allows_update_ = allows_update(message);
  if (const auto* expires = message.sip_session_expires) {
    std::chrono::seconds asked(expires->x_delta);
    if (session_interval_.count() == 0 || asked < session_interval_) session_interval_ = asked;
  }
  if (call_id.empty() && message.sip_call_id) {
    adopt_call_id(message.sip_call_id->i_id, path_.host);
  }
  note_hosts(message);
}

void SipLeg::Impl::adopt_call_id(const std::string& id, const std::string& host) {
  call_id = id;
  name += " Call-ID " + id;
  log_ = Log(name);
  auto& leg = path_.dialogs.add(call_id, {.asked_for = asked_for_, .trunk = path_.trunk});
  leg.goes_to_name = host.empty();
  if (!host.empty()) leg.hosts.insert(host);
}

void SipLeg::Impl::note_hosts(const sip_t& message) {
  // A route of a hundred proxies is no peer's.
  constexpr size_t kMostHosts = 32;
  auto* leg = path_.dialogs.leg(call_id, asked_for_);
  for (const auto& host : signalled_hosts(message)) {
    if (leg && leg->hosts.size() < kMostHosts) leg->hosts.insert(host);
  }
}

// The response that Sofia is just reporting has the branch of our request, which nobody else was told.
void SipLeg::Impl::note_who_answers() {
  auto* leg = path_.dialogs.leg(call_id, asked_for_);
  if (!leg || !std::exchange(leg->goes_to_name, false)) return;
  sockaddr_storage raw{};
  socklen_t size = sizeof(raw);
  if (::msg_get_address(::nua_current_request(path_.nua), reinterpret_cast<su_sockaddr_t*>(&raw), &size) != 0) return;
  leg->hosts.insert(unmapped(SocketAddress::from(raw)).host());
}

std::optional<Sdp> SipLeg::Impl::read(const sip_t& message) {
  auto body = read_sdp_body(message);
  if (body.empty()) return std::nullopt;
  auto sdp = parse_sdp(body);
  if (!sdp) {
    log_.warning("unreadable SDP: {}", sdp.error().message);
    return std::nullopt;
  }
  return std::move(*sdp);
}

// Incoming calls.

Result<> SipLeg::Impl::accept(nua_handle_t* handle, const sip_t& invite) {
  handle_ = handle;
  ::nua_handle_bind(handle_, magic());
  state_ = State::Called;
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
  remote_ = read(invite);
  if (int fault = fault_of_body(invite, remote_)) {
    respond(fault, {});
    return fail("an INVITE without usable SDP");
  }
  // RFC 3261 section 13.3.1: who calls waits so long and no longer.
  if (auto limit = expiry_of(invite)) {
    expiry_timer_.arm(*limit, [this] {
      if (state_ == State::Called) end_dialog(call::cause_of_sip(487), 487);
    });
  }
  return {};
}

void SipLeg::Impl::watch_caller(TcpCallers& callers, const SocketAddress& source, const sip_t& invite) {
  const char* port = invite.sip_via ? invite.sip_via->v_port : nullptr;
  caller_ = callers.add(source, static_cast<uint16_t>(port ? std::strtoul(port, nullptr, 10) : 0), [this] {
    caller_.reset();
    if (state_ == State::Called && listener) listener->on_peer_gone(call::PeerGone::Unreachable);
  });
}

void SipLeg::Impl::respond(int status, const std::string& sdp, const std::string& reason, const char* retry_after) {
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

void SipLeg::Impl::provisional(int status, const std::optional<call::MediaDescription>& media) {
  if (state_ != State::Called) return;
  if (media && first_answer_.empty()) {
    if (!remote_ && !peer_supports_100rel_) {
      // Our offer may not travel in an unreliable response (RFC 3262 section 5): it goes with the 200.
      respond(status, {});
      return;
    }
    awaits_late_answer_ = !remote_;
    ours_ = media;
    first_answer_ = remote_ ? sdp_.answer(*remote_, *media) : sdp_.offer(*media);
  }
  // Once an offer of ours went out reliably it is not repeated.
  respond(status, awaits_late_answer_ && !media ? std::string{} : first_answer_);
}

void SipLeg::Impl::answer(const std::optional<call::MediaDescription>& media) {
  if (state_ != State::Called) return;
  bool offered_early = !remote_ && !first_answer_.empty();
  if (first_answer_.empty() && media) {
    awaits_late_answer_ = !remote_;
    ours_ = media;
    first_answer_ = remote_ ? sdp_.answer(*remote_, *media) : sdp_.offer(*media);
  }
  respond(200, offered_early ? std::string{} : first_answer_);
  caller_.reset();
  invite_.reset();
  state_ = State::Established;
  if (auto* leg = path_.dialogs.leg(call_id, asked_for_)) leg->is_answered = true;
}

// Outgoing calls.

void SipLeg::Impl::setup(const call::Setup& setup, const std::optional<call::MediaDescription>& offer) {
  if (state_ != State::Idle) return;
  state_ = State::Calling;
  if (setup.max_forwards < 0) return release_shortly(call::cause_of_sip(483));

  asked_for_ = called_user(setup.called);
  // A redirection leads elsewhere than to the trunk's peer.
  adopt_call_id(random_call_id(), setup.request_uri.empty() ? path_.host : numeric_host_of(setup.request_uri));
  auto uri = setup.request_uri.empty()
                 ? uri_of(setup.called, path_.authority, path_.parameters, setup.called_subaddress)
                 : setup.request_uri;
  auto to = "<" + uri_of(setup.called, path_.authority) + ">";
  auto identity = identity_of(setup, path_.domain, path_.identity);
  auto sdp = offer ? sdp_.offer(*offer) : std::string{};
  ours_ = offer;
  if (sdp.empty()) exchange_ = Exchange::PeerAnswer200;
  if (const auto& replaces = setup.replaces) {
    identity.lines += fmt::format("Replaces: {};to-tag={};from-tag={}{}\r\nRequire: replaces\r\n", replaces->call_id,
                                  replaces->to_tag, replaces->from_tag, replaces->early_only ? ";early-only" : "");
  }
  if (!setup.referred_by.empty()) identity.lines += fmt::format("Referred-By: {}\r\n", setup.referred_by);
  auto tag = fmt::format("{:016x}", random_number());
  if (auto* leg = path_.dialogs.leg(call_id, asked_for_)) leg->tag = tag;
  farewell_.set_addresses(identity.from, to);
  identity.from += ";tag=" + tag;
  handle_ = ::nua_handle(path_.nua, magic(), NUTAG_URL(uri.c_str()), SIPTAG_CALL_ID_STR(call_id.c_str()),
                         SIPTAG_TO_STR(to.c_str()), SIPTAG_FROM_STR(identity.from.c_str()), TAG_END());
  if (!handle_) return release_shortly(call::kTemporaryFailure);
  ::nua_invite(handle_, SIPTAG_MAX_FORWARDS_STR(std::to_string(setup.max_forwards).c_str()),
               SIPTAG_HEADER_STR(or_null(identity.lines)), TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR(kSdpType)),
               SIPTAG_PAYLOAD_STR(or_null(sdp)), TAG_END());
}

void SipLeg::Impl::on_invite_response(int status, const sip_t* sip) {
  if (sip && !::nta_sip_is_internal(sip)) note_who_answers();
  if (sip) note_peer(*sip);
  if (sip && status > 100 && status < 200 && !acknowledge(*sip)) return;
  if (state_ == State::Releasing) {
    // Our CANCEL and its 200 crossed.
    if (status >= 200 && status < 300) {
      ::nua_ack(handle_, TAG_END());
      ::nua_bye(handle_, SIPTAG_REASON_STR(reason_of(*cause_).c_str()), TAG_END());
    } else if (status >= 300) {
      finish(*cause_);
    }
    return;
  }
  if (state_ == State::Calling) return on_first_response(status, sip);
  on_offer_response(status, sip);
}

// RFC 3262 section 4. Each fork has tags of its own, and counts for itself. False: out of order, or come before.
bool SipLeg::Impl::acknowledge(const sip_t& response) {
  auto sequence = reliable_sequence(response);
  if (!sequence || !response.sip_to || !response.sip_to->a_tag) return true;
  auto fork = fmt::format("{} {}", response.sip_cseq->cs_seq, response.sip_to->a_tag);
  if (acknowledged_.size() >= kMostForks && !acknowledged_.contains(fork)) return false;
  auto [last, is_new] = acknowledged_.try_emplace(fork, *sequence);
  if (!is_new && *sequence != last->second + 1) return false;
  last->second = *sequence;
  auto rack = fmt::format("{} {} INVITE", *sequence, response.sip_cseq->cs_seq);
  if (state_ == State::Established) {
    ::nua_method(handle_, NUTAG_METHOD("PRACK"), SIPTAG_RACK_STR(rack.c_str()), TAG_END());
    return true;
  }
  // No dialog stands yet, so its parts are told one by one (RFC 3261 section 12.1.2).
  auto home = make_home();
  const char* target = response.sip_contact ? ::url_as_string(home.get(), response.sip_contact->m_url) : nullptr;
  sip_route_t* route = nullptr;
  for (auto* next = ::sip_route_dup(home.get(), response.sip_record_route); next;) {
    auto* hop = std::exchange(next, next->r_next);
    hop->r_next = std::exchange(route, hop);
  }
  ::nua_method(handle_, NUTAG_METHOD("PRACK"), TAG_IF(target, NUTAG_URL(target)), SIPTAG_TO(response.sip_to),
               SIPTAG_ROUTE(route), SIPTAG_RACK_STR(rack.c_str()), TAG_END());
  return true;
}

void SipLeg::Impl::on_first_response(int status, const sip_t* sip) {
  if (status >= 300) {
    std::weak_ptr<bool> alive = alive_;
    if (sip) note_user_user(*sip);
    if (sip && status < 400 && path_.follow_redirects) on_redirected(*sip);
    if (alive.expired()) return;
    auto cause = call::cause_of_sip(refusal_of(status), sip ? read_q850(*sip) : 0);
    cause.obstacle = obstacle_of(status, sip, take_send_error(call_id));
    return finish(cause);
  }
  // Sofia tries again by itself (a session interval too small): nothing to tell.
  if (!sip || !sip->sip_status || sip->sip_status->st_status != status) return;
  if (status >= 200) return on_answered(*sip);
  if (status == 100) {
    if (listener) listener->on_proceeding();
    return;
  }
  std::optional<call::MediaDescription> media;
  if (auto early = read(*sip)) {
    if (!remote_ || remote_->media != early->media) media = early->media;
    remote_ = std::move(early);
  }
  bool inband = remote_.has_value();
  note_user_user(*sip);
  if (!listener) return;
  if (status == 180) {
    listener->on_alerting(inband, media);
  } else {
    listener->on_progress(inband, media);
  }
}

void SipLeg::Impl::on_redirected(const sip_t& response) {
  auto redirects = read_redirects(redirect_contacts(response), path_.is_ours);
  if (!redirects.empty() && listener) listener->on_redirected(redirects);
}

void SipLeg::Impl::note_connected(const sip_t& message) {
  auto party = read_connected(message);
  if (!party || party == peer_party_) return;
  peer_party_ = party;
  if (listener) listener->on_connected_party(*party);
}

void SipLeg::Impl::note_user_user(const sip_t& message) {
  if (auto data = read_user_user(message); data && listener) listener->on_user_user(*data);
}

std::string SipLeg::Impl::take_extra_lines() {
  auto lines = std::exchange(user_user_lines_, {});
  if (connected_) lines += connected_lines(*connected_, path_.domain, path_.identity);
  return lines;
}

void SipLeg::Impl::on_answered(const sip_t& response) {
  state_ = State::Established;
  farewell_.set_route(response);
  acknowledged_.clear();
  if (auto* leg = path_.dialogs.leg(call_id, asked_for_)) leg->is_answered = true;
  note_connected(response);
  note_user_user(response);
  auto described = read(response);
  if (exchange_ == Exchange::PeerAnswer200) {
    // We offered nothing: the 200 does, and the ACK waits for our answer.
    if (!described) return end_dialog(call::kInterworking, 0);
    peer_offer_ = std::move(described);
    auto offer = peer_offer_->media;
    std::weak_ptr<bool> alive = alive_;
    if (listener) listener->on_answered(std::nullopt);
    if (!alive.expired() && listener && state_ == State::Established) listener->on_offer(offer);
    return;
  }
  ::nua_ack(handle_, TAG_END());
  std::optional<call::MediaDescription> media;
  if (described) {
    if (!remote_ || remote_->media != described->media) media = described->media;
    remote_ = std::move(described);
  }
  if (!remote_) return end_dialog(call::kInterworking, 0);
  refresh();
  if (listener) listener->on_answered(media);
}

// A peer without UPDATE is kept by re-INVITEs of ours. Sofia would repeat the last INVITE it remembers, which may
// describe what does not stand any more; so ours come before its own are due.
void SipLeg::Impl::refresh() {
  if (auto named = dialog()) farewell_.set_tags(*named);
  ::nua_set_hparams(handle_, NUTAG_UPDATE_REFRESH(peer_allows_update_), TAG_END());
  if (peer_allows_update_ || session_interval_.count() == 0) return refresh_timer_.cancel();
  refresh_timer_.arm(session_interval_ * 2 / 5, [this] {
    if (state_ == State::Established && !is_exchanging()) send_reinvite(Exchange::Refresh, sdp_.current());
    refresh();
  });
}

// Transfer (RFC 3515, RFC 5589).

void SipLeg::Impl::on_refer(const sip_t& refer, tagi_t* tags) {
  auto answer = [&](int status) {
    ::nua_respond(handle_, status, ::sip_status_phrase(status), NUTAG_WITH_THIS(path_.nua), TAG_END());
  };
  auto transfer = read_transfer(refer);
  if (!transfer) return answer(400);
  // One at a time: the first is not over.
  if (!refer_event_.empty() || state_ != State::Established || !listener) return answer(603);
  const sip_event_t* event = nullptr;
  ::tl_gets(tags, NUTAG_REFER_EVENT_REF(event), TAG_END());
  refer_event_ = event && event->o_id ? fmt::format("refer;id={}", event->o_id) : "refer";
  std::weak_ptr<bool> alive = alive_;
  is_deciding_transfer_ = true;
  bool is_accepted = listener->on_transfer(*transfer);
  if (alive.expired()) return;
  is_deciding_transfer_ = false;
  answer(is_accepted ? 202 : 603);
  if (!is_accepted) {
    refer_event_.clear();
    transfer_statuses_.clear();
    return;
  }
  transfer_progress(100);
  for (int status : std::exchange(transfer_statuses_, {})) transfer_progress(status);
}

void SipLeg::Impl::transfer_progress(int status) {
  if (is_deciding_transfer_) return transfer_statuses_.push_back(status);
  if (refer_event_.empty() || state_ != State::Established) return;
  auto fragment = fmt::format("SIP/2.0 {} {}\r\n", status, ::sip_status_phrase(status));
  bool is_final = status >= 200;
  ::nua_notify(handle_, SIPTAG_EVENT_STR(refer_event_.c_str()), SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"),
               SIPTAG_PAYLOAD_STR(fragment.c_str()),
               NUTAG_SUBSTATE(is_final ? nua_substate_terminated : nua_substate_active), TAG_END());
  if (is_final) refer_event_.clear();
}

bool SipLeg::Impl::is_dialog(const call::Replaces& replaces) const {
  bool may_be = state_ == State::Called || state_ == State::Calling || state_ == State::Established;
  if (!may_be || replaces.call_id != call_id) return false;
  auto named = dialog();
  return named && named->to_tag == replaces.to_tag && named->from_tag == replaces.from_tag;
}

std::optional<call::Replaces> SipLeg::Impl::dialog() const {
  if (!handle_) return std::nullopt;
  auto home = make_home();
  const sip_replaces_t* own = ::nua_handle_make_replaces(handle_, home.get(), 0);
  if (!own) return std::nullopt;
  // As we would name it to others: the tags are the other way round there.
  auto named = replaces_of(*own);
  std::swap(named.to_tag, named.from_tag);
  return named;
}

// Who answers.

void SipLeg::Impl::connected_party(const tdm::CallingParty& party) {
  connected_ = party;
  if (state_ != State::Established || !peer_allows_update_) return;
  auto lines = connected_lines(party, path_.domain, path_.identity);
  if (!lines.empty()) ::nua_update(handle_, SIPTAG_HEADER_STR(lines.c_str()), TAG_END());
}

void SipLeg::Impl::user_user(const tdm::UserUser& data) {
  user_user_lines_ = user_user_line(data);
}

// The end.

void SipLeg::Impl::release(const call::Cause& cause, int status) {
  if (state_ == State::Releasing || state_ == State::Released) return;
  end_dialog(cause, status);
}

void SipLeg::Impl::end_dialog(const call::Cause& cause, int status) {
  auto reason = reason_of(cause);
  if (!ended_dialog_) ended_dialog_ = dialog();
  switch (state_) {
    case State::Idle:
      return release_shortly(cause);
    case State::Calling:
      if (!handle_) return release_shortly(cause);
      ::nua_cancel(handle_, SIPTAG_REASON_STR(reason.c_str()), TAG_END());
      break;
    case State::Called:
      if (status == 0) status = call::sip_status_of(cause);
      respond(status, {}, reason, status == 503 && cause.is_for_now ? kRetryAfter : nullptr);
      invite_.reset();
      return release_shortly(cause);
    default: {
      if (has_lost_dialog_) {
        farewell_.say(path_.nua, reason);
        return release_shortly(cause);
      }
      // A subscription that is left open would keep the dialog alive.
      transfer_progress(503);
      auto extra = std::exchange(user_user_lines_, {});
      ::nua_bye(handle_, SIPTAG_REASON_STR(reason.c_str()), SIPTAG_HEADER_STR(or_null(extra)), TAG_END());
      break;
    }
  }
  state_ = State::Releasing;
  cause_ = cause;
  release_timer_.arm(kReleasePatience, [this] { finish(*cause_); });
}

void SipLeg::Impl::release_shortly(const call::Cause& cause) {
  state_ = State::Releasing;
  cause_ = cause;
  release_timer_.arm(0s, [this] { finish(*cause_); });
}

void SipLeg::Impl::finish(const call::Cause& cause) {
  if (state_ == State::Released) return;
  state_ = State::Released;
  caller_.reset();
  release_timer_.cancel();
  refresh_timer_.cancel();
  hold_timer_.cancel();
  answer_timer_.cancel();
  expiry_timer_.cancel();
  if (listener) listener->on_released(cause);
}

// Its BYE is not waited for by whoever pays for the other leg: nobody may be there to confirm it.
void SipLeg::Impl::lose(call::PeerGone how) {
  if (!ended_dialog_) ended_dialog_ = dialog();
  state_ = State::Releasing;
  cause_ = call::kRecoveryOnTimer;
  release_timer_.arm(kReleasePatience, [this] { finish(*cause_); });
  if (listener) listener->on_peer_gone(how);
}

void SipLeg::Impl::on_state(int status, tagi_t* tags) {
  int state = -1;
  ::tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
  if (state == nua_callstate_terminating) is_sofia_leaving_ = true;
  if (state == nua_callstate_terminating && state_ == State::Established) return lose(call::PeerGone::NotAcknowledged);
  if (state != nua_callstate_terminated || (has_lost_dialog_ && state_ == State::Established)) return;
  // Nobody has said BYE: an UPDATE of ours was not answered, and Sofia forgets the dialog for it.
  if (state_ == State::Established && !cause_ && !is_sofia_leaving_) {
    farewell_.say(path_.nua, reason_of(call::cause_of_sip(refusal_of(status))));
  }
  // An incoming call that we refused is told by release_shortly() alone.
  finish(cause_ ? *cause_ : status >= 300 && status <= 699 ? call::cause_of_sip(status) : call::kNormalClearing);
}

void SipLeg::Impl::send_digits(const std::string& digits) {
  if (state_ != State::Established) return;
  for (char digit : digits) {
    auto body = dtmf_relay_of(digit, kDigitLength);
    ::nua_info(handle_, SIPTAG_CONTENT_TYPE_STR("application/dtmf-relay"), SIPTAG_PAYLOAD_STR(body.c_str()), TAG_END());
  }
}

// Sofia has answered it. A digit that is not understood is none: a wrong one is worse.
void SipLeg::Impl::on_info(const sip_t& info) {
  auto told = read_dtmf(info);
  if (told.kind == InfoDigit::Kind::None) return;
  if (told.kind == InfoDigit::Kind::Digit) {
    if (listener) listener->on_digits({told.digit});
    return;
  }
  auto& ignored = path_.counters.get("sip.rx.info_digits_ignored");
  ignored.add();
  // One line each time that the count has doubled.
  if (uint64_t count = ignored.value(); (count & (count - 1)) == 0) {
    log_.warning("an INFO tells no digit: \"{}\" ({} so far)", told.said, count);
  }
}

void SipLeg::Impl::on_event(nua_event_t event, int status, const sip_t* sip, tagi_t* tags) {
  if (state_ == State::Released) return;
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
      if (!ended_dialog_) ended_dialog_ = dialog();
      if (!cause_) cause_ = call::Cause{call::kNormalClearing.q850, 0};
      if (int q850 = sip ? read_q850(*sip) : 0; q850 && state_ != State::Releasing) cause_->q850 = q850;
      if (sip && state_ != State::Releasing) note_user_user(*sip);
      return;
    case nua_r_bye: {
      if (status < 200) return;
      std::weak_ptr<bool> alive = alive_;
      // None of ours: Sofia sends one shortly before a session expires.
      if (state_ == State::Established && !cause_) lose(call::PeerGone::SessionExpired);
      if (!alive.expired()) finish(cause_.value_or(call::kNormalClearing));
      return;
    }
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

// The public face.

SipLeg::SipLeg(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SipLeg::~SipLeg() = default;

void SipLeg::set_listener(call::LegListener* listener) {
  impl_->listener = listener;
}
std::string SipLeg::name() const {
  return impl_->name;
}
const std::string& SipLeg::call_id() const {
  return impl_->call_id;
}
void SipLeg::setup(const call::Setup& setup, const std::optional<call::MediaDescription>& offer) {
  impl_->setup(setup, offer);
}
// Sofia has said 100 for us.
void SipLeg::proceeding() {}
void SipLeg::progress(bool, const std::optional<call::MediaDescription>& media) {
  impl_->provisional(183, media);
}
void SipLeg::forwarded() {
  impl_->provisional(181, std::nullopt);
}
void SipLeg::alert(bool, const std::optional<call::MediaDescription>& media) {
  impl_->provisional(180, media);
}
void SipLeg::answer(const std::optional<call::MediaDescription>& media) {
  impl_->answer(media);
}
void SipLeg::release(call::Cause cause) {
  impl_->release(cause, 0);
}
void SipLeg::refuse(int status) {
  impl_->release(call::cause_of_sip(status), status);
}
void SipLeg::offer(const call::MediaDescription& media) {
  impl_->offer(media);
}
void SipLeg::answer_offer(const call::MediaDescription& media) {
  impl_->answer_offer(media);
}
void SipLeg::refuse_offer(int status) {
  impl_->refuse_offer(status);
}
void SipLeg::send_digits(const std::string& digits) {
  impl_->send_digits(digits);
}

void SipLeg::connected_party(const tdm::CallingParty& party) {
  impl_->connected_party(party);
}
void SipLeg::warn(int code, const std::string& text) {
  impl_->warn(code, text);
}
void SipLeg::user_user(const tdm::UserUser& data) {
  impl_->user_user(data);
}
void SipLeg::hold() {
  impl_->hold(true);
}
void SipLeg::retrieve() {
  impl_->hold(false);
}
void SipLeg::transfer_progress(int status) {
  impl_->transfer_progress(status);
}
bool SipLeg::is_dialog(const call::Replaces& replaces) const {
  return impl_->is_dialog(replaces);
}
std::optional<call::Replaces> SipLeg::ended_dialog() const {
  return impl_->ended_dialog();
}
void SipLeg::set_identity_policy(const IdentityPolicy& policy) {
  impl_->set_identity_policy(policy);
}

}  // namespace sg::sip
