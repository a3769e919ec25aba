#include "gateway/sip/sip_agent.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <map>

#include "base/bound_socket.h"
#include "base/unique_fd.h"
#include "gateway/guard/network.h"
#include "gateway/sip/dialogs.h"
#include "gateway/sip/headers.h"
#include "gateway/sip/intake.h"
#include "gateway/sip/overload_watch.h"
#include "gateway/sip/peer_probe_impl.h"
#include "gateway/sip/signalled_hosts.h"
#include "gateway/sip/sip_leg.h"
#include "gateway/sip/tcp_callers.h"
#include "gateway/sip/tcp_connections.h"
#include "gateway/sip/uri.h"

namespace sg::sip {
namespace {

constexpr auto kMethods = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER";
constexpr auto kOurMethods = "INVITE, PRACK, UPDATE, OPTIONS, REFER";
constexpr auto kSupported = "timer, 100rel, replaces, join";
constexpr auto kAccept = "application/sdp, application/dtmf-relay, application/dtmf";

// A source that sends what we do not know is told of so often, by method.
constexpr Duration kTellAgainAfter = 1h;

// To be answered with 405 or 501 (RFC 3261 section 8.2.1), or whatever Sofia finds to say, outside of any dialog.
bool is_refused_method(sip_method_t method) {
  switch (method) {
    case sip_method_invite:
    case sip_method_ack:
    case sip_method_bye:
    case sip_method_cancel:
    case sip_method_options:
    case sip_method_prack:
    case sip_method_update:
    case sip_method_info:
    case sip_method_refer:
      return false;
    default:
      return true;
  }
}

// Sofia's own log. What matters of it reaches us as events and return values.
void discard_log(void*, const char*, va_list) {}

std::string bracketed(const SocketAddress& address) {
  return address.is_ipv6() ? "[" + address.host() + "]" : address.host();
}

// A request and its ACK have one `call`.
guard::TransactionKey transaction_of(const sip_t& request) {
  const auto method = request.sip_request->rq_method;
  const bool is_invite = method == sip_method_invite || method == sip_method_ack;
  auto text = [](const char* words) { return std::string_view(words ? words : ""); };
  std::string call = fmt::format("{}\n{}\n{}\n{}", text(request.sip_call_id ? request.sip_call_id->i_id : nullptr),
                                 text(request.sip_from ? request.sip_from->a_tag : nullptr),
                                 request.sip_cseq ? request.sip_cseq->cs_seq : 0,
                                 is_invite ? "INVITE" : text(request.sip_request->rq_method_name));
  std::string branch;
  if (const auto* via = request.sip_via) {
    branch = fmt::format("{}\n{}\n{}", text(via->v_branch), text(via->v_host), text(via->v_port));
  }
  return {.call = std::hash<std::string>{}(call), .branch = std::hash<std::string>{}(branch)};
}

// The address that the kernel would send from.
Result<SocketAddress> source_towards(const SocketAddress& peer) {
  UniqueFd probe(::socket(peer.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage raw{};
  socklen_t size = sizeof(raw);
  if (::connect(probe.get(), peer.raw(), peer.raw_size()) < 0 ||
      ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&raw), &size) < 0) {
    return fail("no route to {}: {}", peer.host(), std::strerror(errno));
  }
  return SocketAddress::from(raw);
}

// An address of this machine: it can be bound.
bool is_local(SocketAddress address) {
  address.set_port(0);
  return bound_socket(address, SOCK_DGRAM).has_value();
}

// Whether the address can be bound, and if not, why: Sofia does not say.
Result<> try_bind(const Listen& listen) {
  auto bound = bound_socket(listen.address, listen.transport == Transport::Udp ? SOCK_DGRAM : SOCK_STREAM);
  if (bound) return {};
  return fail("cannot listen on {} {}: {}", to_string(listen.transport), listen.address.to_string(),
              why_not_bound(bound.error(), listen.address));
}

}  // namespace

std::string_view to_string(Transport transport) {
  return transport == Transport::Udp ? "udp" : "tcp";
}

class SipAgent::Impl : private Intake::Listener {
 public:
  Impl(SuRoot& root, const AgentConfig& config, SipAgent::Listener& listener, Counters& counters)
      : root_(root),
        config_(config),
        listener_(listener),
        counters_(counters),
        invites_(counters.get("sip.rx.invites")),
        malformed_(counters.get("sip.rx.malformed_sdp")),
        unknown_source_(counters.get("sip.unknown_source")),
        invites_above_limit_(counters.get("sip.rx.invites_above_limit")),
        requests_above_limit_(counters.get("sip.rx.requests_above_limit")),
        foreign_in_dialog_(counters.get("sip.rx.foreign_in_dialog")),
        foreign_responses_(counters.get("sip.rx.foreign_responses")),
        malformed_messages_(counters.get("sip.rx.malformed")),
        loops_(counters.get("sip.rx.loops")),
        refused_methods_(counters.get("sip.rx.refused_methods")),
        admission_(config.limits, config.transaction_patience),
        intake_(*this),
        callers_(root),
        connections_(
            root, config.connections, [this](const SocketAddress& peer) { return classify(peer); },
            [this](const SocketAddress& peer) { callers_.on_connection_gone(peer); }, counters),
        overload_(root, config.overload, counters),
        forgetting_(root) {
    forget_transactions();
  }
  ~Impl() override;

  Result<> start();
  Result<std::unique_ptr<call::Leg>> make_leg(const Target& target);
  Result<std::unique_ptr<PeerProbe>> probe(const Target& target, const ProbeOptions& options,
                                           std::function<void(bool is_up)> on_change);
  Result<SocketAddress> local_towards(const Target& target) const;
  const std::vector<Listen>& bound() const { return bound_; }
  bool is_overloaded() const { return overload_.is_on(); }

 private:
  // One user agent of Sofia's, on one listening address.
  struct Stack {
    Impl* agent = nullptr;
    Listen listen;
    nua_t* nua = nullptr;
    bool is_known = false;  // its bound address has been read
    bool is_down = false;
  };

  static void on_event(nua_event_t event, int status, const char* phrase, nua_t* nua, nua_magic_t* stack,
                       nua_handle_t* handle, nua_hmagic_t* leg, const sip_t* sip, tagi_t tags[]) noexcept;
  void on_agent_event(Stack& stack, nua_event_t event, int status, nua_handle_t* handle, const sip_t* sip,
                      tagi_t tags[]);
  void on_new_invite(Stack& stack, nua_handle_t* handle, const sip_t& invite);

  void on_message(const std::optional<SocketAddress>& local) override;
  Reception on_request(const sip_t& request, const SocketAddress& source, bool is_whole) override;
  bool on_response(const sip_t& response, const SocketAddress& source) override;
  void on_garbage(const SocketAddress& source) override;
  bool has_answered(const char* call_id) override { return dialogs_.has_answered(call_id); }
  bool is_calling(const char* call_id, const char* tag) override { return dialogs_.is_calling(call_id, tag); }
  // Whether a leg with this Call-ID is the peer's there.
  bool is_dialog_of(const std::string& call_id, const SocketAddress& source) const;
  // A new call when more come than can be set up. One in a dialog, or that takes the place of one, is not new.
  bool is_too_much(const sip_t& invite, const SocketAddress& source);
  Reception refusal(const sip_t& request, const SocketAddress& source, bool is_too_much);
  void note_above_limit(const sip_t& request, const SocketAddress& source);
  void note_refused_method(const sip_t& request, const SocketAddress& source, const std::string& trunk);
  // Counts what is dropped. A flood must not fill the log: one line each time that the count has doubled.
  template <class... Words>
  void note(Counter& counter, fmt::format_string<Words...> text, Words&&... words);
  std::optional<guard::Source> classify(const SocketAddress& source);
  void forget_transactions();

  SocketAddress source_of_current(const Stack& stack) const;
  Result<Path> path_to(const Target& target);
  // Whether a URI with this host and port leads back to us. A name does not, whoever has it.
  bool is_ours(const std::string& host, uint16_t port) const;
  Result<> start(Stack& stack);
  void run_until(const bool& done);
  Result<const Stack*> stack_for(const Target& target) const;

  SuRoot& root_;
  AgentConfig config_;
  SipAgent::Listener& listener_;
  Counters& counters_;
  Counter& invites_;
  Counter& malformed_;
  Counter& unknown_source_;
  Counter& invites_above_limit_;
  Counter& requests_above_limit_;
  Counter& foreign_in_dialog_;
  Counter& foreign_responses_;
  Counter& malformed_messages_;
  Counter& loops_;
  Counter& refused_methods_;
  std::map<std::string, TimePoint> refused_method_told_;  // by source and method, when the log last had it
  const Log log_{"sip"};
  Dialogs dialogs_;
  guard::RequestAdmission admission_;
  Intake intake_;
  TcpCallers callers_;
  TcpConnections connections_;
  OverloadWatch overload_;
  Timer forgetting_;
  std::vector<std::unique_ptr<Stack>> stacks_;
  std::vector<Listen> bound_;
};

Result<> SipAgent::Impl::start() {
  if (config_.listen.empty()) return fail("there is no address to listen on");
  if (auto checked = Intake::check(); !checked) return checked;
  ::su_log_redirect(nullptr, discard_log, nullptr);
  for (const auto& listen : config_.listen) {
    stacks_.push_back(std::make_unique<Stack>(Stack{.agent = this, .listen = listen}));
    if (auto started = start(*stacks_.back()); !started) return started;
    bound_.push_back(stacks_.back()->listen);
  }
  return {};
}

Result<> SipAgent::Impl::start(Stack& stack) {
  auto& listen = stack.listen;
  // Sofia would share a busy UDP port and does not say why it fails: try for ourselves first.
  if (auto free = try_bind(listen); !free) return free;
  auto port = listen.address.port() ? std::to_string(listen.address.port()) : std::string("*");
  auto url = fmt::format("sip:{}:{};transport={}", bracketed(listen.address), port, to_string(listen.transport));
  auto expires = static_cast<unsigned>(config_.session_expires.count());
  stack.nua = ::nua_create(root_.handle(), on_event, &stack, NUTAG_URL(url.c_str()), NUTAG_MEDIA_ENABLE(0),
                           NUTAG_AUTOANSWER(0), NUTAG_AUTOALERT(0), NUTAG_AUTOACK(0), NUTAG_ENABLEMESSAGE(0),
                           SIPTAG_ALLOW_STR(kMethods), NUTAG_APPL_METHOD(kOurMethods), SIPTAG_SUPPORTED_STR(kSupported),
                           SIPTAG_ACCEPT_STR(kAccept), NTATAG_MCLASS(intake_.message_class()),
                           NUTAG_SESSION_TIMER(expires), NUTAG_MIN_SE(static_cast<unsigned>(config_.min_se.count())),
                           NUTAG_UPDATE_REFRESH(1), NUTAG_USER_AGENT(config_.user_agent.c_str()),
                           NTATAG_SIP_T1(static_cast<unsigned>(config_.t1.count())),
                           NTATAG_SIP_T2(static_cast<unsigned>(config_.t2.count())),
                           NTATAG_SIP_T4(static_cast<unsigned>(config_.t4.count())),
                           NTATAG_SIP_T1X64(static_cast<unsigned>(config_.transaction_patience.count())),
                           // One user agent has one transport: a long request must not look for another.
                           NTATAG_UDP_MTU(65535), TAG_END());
  if (!stack.nua) return fail("cannot listen on {} {}", to_string(listen.transport), listen.address.to_string());
  ::nua_get_params(stack.nua, TAG_ANY(), TAG_END());
  run_until(stack.is_known);
  connections_.watch(listen.transport == Transport::Udp ? SOCK_DGRAM : SOCK_STREAM, listen.address);
  if (listen.transport == Transport::Udp) overload_.watch(listen.address);
  return {};
}

void SipAgent::Impl::run_until(const bool& done) {
  while (!done) root_.step(100ms);
}

SipAgent::Impl::~Impl() {
  for (auto& stack : stacks_) {
    if (!stack->nua) continue;
    // Dead peers are not waited for long: time-outs of 64 times T1 become short ones.
    ::nua_set_params(stack->nua, NTATAG_SIP_T1X64(1000), TAG_END());
    ::nua_shutdown(stack->nua);
    run_until(stack->is_down);
    ::nua_destroy(stack->nua);
  }
}

// The one entry from Sofia.
void SipAgent::Impl::on_event(nua_event_t event, int status, const char*, nua_t*, nua_magic_t* magic,
                              nua_handle_t* handle, nua_hmagic_t* leg, const sip_t* sip, tagi_t tags[]) noexcept {
  if (leg) {
    HandleOwner::from(leg).on_event(event, status, sip, tags);
    return;
  }
  auto& stack = *static_cast<Stack*>(magic);
  stack.agent->on_agent_event(stack, event, status, handle, sip, tags);
}

void SipAgent::Impl::on_agent_event(Stack& stack, nua_event_t event, int status, nua_handle_t* handle, const sip_t* sip,
                                    tagi_t tags[]) {
  switch (event) {
    case nua_r_shutdown:
      stack.is_down = status >= 200;
      return;
    case nua_r_get_params: {
      const sip_contact_t* contact = nullptr;
      ::tl_gets(tags, NTATAG_CONTACT_REF(contact), TAG_END());
      if (contact && contact->m_url->url_port) {
        stack.listen.address.set_port(static_cast<uint16_t>(std::strtoul(contact->m_url->url_port, nullptr, 10)));
      }
      stack.is_known = true;
      return;
    }
    case nua_i_invite:
      if (sip && handle && status < 200) return on_new_invite(stack, handle, *sip);
      break;
    case nua_i_options:
      if (handle && status < 200) {
        int answer = listener_.options_status(source_of_current(stack));
        ::nua_respond(handle, answer, ::sip_status_phrase(answer), NUTAG_WITH_THIS(stack.nua),
                      SIPTAG_ACCEPT_STR(kAccept), TAG_IF(answer == 503, SIPTAG_RETRY_AFTER_STR("30")), TAG_END());
      }
      break;
    case nua_i_refer:
      // Outside of a call there is nothing to transfer.
      if (handle && status < 200) ::nua_respond(handle, SIP_403_FORBIDDEN, NUTAG_WITH_THIS(stack.nua), TAG_END());
      break;
    default:
      break;
  }
  // What Sofia has answered by itself (OPTIONS, refused requests) leaves a handle behind.
  if (handle && handle != ::nua_default(stack.nua)) ::nua_handle_destroy(handle);
}

SocketAddress SipAgent::Impl::source_of_current(const Stack& stack) const {
  sockaddr_storage raw{};
  socklen_t size = sizeof(raw);
  if (::msg_get_address(::nua_current_request(stack.nua), reinterpret_cast<su_sockaddr_t*>(&raw), &size) != 0)
    return {};
  return unmapped(SocketAddress::from(raw));
}

std::optional<guard::Source> SipAgent::Impl::classify(const SocketAddress& source) {
  if (!listener_.trunk_of(source).empty() || dialogs_.has_led_to(source.host())) return guard::Source::Listed;
  if (listener_.admits(source)) return guard::Source::Stranger;
  return std::nullopt;
}

template <class... Words>
void SipAgent::Impl::note(Counter& counter, fmt::format_string<Words...> text, Words&&... words) {
  counter.add();
  const uint64_t count = counter.value();
  if ((count & (count - 1)) != 0) return;
  log_.warning("{} ({} so far)", fmt::format(text, std::forward<Words>(words)...), count);
}

bool SipAgent::Impl::is_dialog_of(const std::string& call_id, const SocketAddress& source) const {
  return dialogs_.any(call_id, [&](const Dialogs::Leg& leg) {
    return leg.hosts.contains(source.host()) || (!leg.trunk.empty() && listener_.is_listed(leg.trunk, source));
  });
}

void SipAgent::Impl::on_message(const std::optional<SocketAddress>& local) {
  if (local) return overload_.on_datagram(*local);
  overload_.on_stream();
}

// Also where no more requests come, whose coming would do it.
void SipAgent::Impl::forget_transactions() {
  constexpr auto kInterval = 5s;
  forgetting_.arm(kInterval, [this] {
    admission_.transactions(root_.now());
    forget_transactions();
  });
}

// Who sends is asked first, then whether it may speak in the dialog that it names, then how much of it there has been.
Reception SipAgent::Impl::on_request(const sip_t& request, const SocketAddress& source, bool is_whole) {
  const Reception dropped{.kind = Reception::Kind::Drop};
  if (!connections_.hears_request(source)) return dropped;
  const auto& line = *request.sip_request;
  const std::string call_id = request.sip_call_id ? request.sip_call_id->i_id : "";
  const bool knows_dialog = dialogs_.knows(call_id);
  const bool is_own = knows_dialog && is_dialog_of(call_id, source);
  if (!is_own && !listener_.admits(source)) {
    if (knows_dialog) {
      note(foreign_in_dialog_, "{} from {} is dropped: the dialog that it names is not with this address",
           line.rq_method_name, source.to_string());
    } else {
      note(unknown_source_, "{} from {} is dropped: no trunk allows this address", line.rq_method_name,
           source.to_string());
    }
    return dropped;
  }
  // CANCEL and the ACK of a refusal are of their INVITE, which may have had no tag of ours.
  const bool names_dialog = (request.sip_to && request.sip_to->a_tag) || line.rq_method == sip_method_cancel;
  if (knows_dialog && !is_own && names_dialog) {
    note(foreign_in_dialog_, "{} from {} is dropped: the dialog that it names is another trunk's", line.rq_method_name,
         source.to_string());
    return dropped;
  }
  if (!is_whole) note(malformed_messages_, "a malformed {} from {}", line.rq_method_name, source.to_string());
  guard::Request facts;
  facts.source = guard::network_of(source);
  facts.trunk = listener_.trunk_of(source);
  facts.is_whole = is_whole;
  facts.is_of_dialog = is_own && names_dialog;
  facts.call_id = call_id;
  if (line.rq_method == sip_method_invite) facts.kind = guard::RequestKind::Invite;
  if (line.rq_method == sip_method_ack) facts.kind = guard::RequestKind::Ack;
  if (line.rq_method == sip_method_options) facts.kind = guard::RequestKind::Question;
  if (is_whole) facts.transaction = transaction_of(request);
  facts.is_too_much = is_whole && facts.kind == guard::RequestKind::Invite && is_too_much(request, source);
  switch (admission_.on_request(facts, root_.now())) {
    case guard::Verdict::Pass:
      if (is_whole && !facts.is_of_dialog && is_refused_method(line.rq_method)) {
        note_refused_method(request, source, facts.trunk);
      }
      return {};
    case guard::Verdict::Refuse:
      return refusal(request, source, facts.is_too_much);
    case guard::Verdict::Drop:
      break;
  }
  note_above_limit(request, source);
  return dropped;
}

bool SipAgent::Impl::is_too_much(const sip_t& invite, const SocketAddress& source) {
  if (!overload_.refuses_calls() || (invite.sip_to && invite.sip_to->a_tag) || invite.sip_replaces) return false;
  return !listener_.is_emergency(read_setup(invite), source);
}

void SipAgent::Impl::note_above_limit(const sip_t& request, const SocketAddress& source) {
  if (request.sip_request->rq_method == sip_method_invite) {
    note(invites_above_limit_, "INVITEs from {} come too fast and are not taken", source.host());
  } else {
    note(requests_above_limit_, "requests from {} come too fast and are not taken", source.host());
  }
}

// Who registers does so every few minutes, for ever.
void SipAgent::Impl::note_refused_method(const sip_t& request, const SocketAddress& source, const std::string& trunk) {
  constexpr size_t kMostSources = 1024;
  refused_methods_.add();
  const std::string method = request.sip_request->rq_method_name;
  const auto key = source.host() + " " + method;
  auto told = refused_method_told_.find(key);
  const bool is_new = told == refused_method_told_.end();
  if (is_new ? refused_method_told_.size() >= kMostSources : root_.now() - told->second < kTellAgainAfter) return;
  refused_method_told_[key] = root_.now();
  log_.warning("{} from {}{} is refused: {}", method, source.to_string(), trunk.empty() ? "" : " (trunk " + trunk + ")",
               request.sip_request->rq_method == sip_method_register
                   ? "Spangate is no registrar; have the device call without registering, from a fixed address that is "
                     "its trunk's peer"
                   : "Spangate has no use for it; turn it off there if the peer does without");
}

// A peer that asks whether we are there is told so even now; a call that cannot be taken goes elsewhere at once.
Reception SipAgent::Impl::refusal(const sip_t& request, const SocketAddress& source, bool is_too_much) {
  if (is_too_much) {
    overload_.on_refused();
  } else {
    note_above_limit(request, source);
  }
  const auto method = request.sip_request->rq_method;
  if (method == sip_method_options) {
    return {Reception::Kind::Answer, listener_.options_status(source),
            fmt::format("Allow: {}\r\nAccept: {}\r\nSupported: {}\r\n", kMethods, kAccept, kSupported)};
  }
  if (method != sip_method_invite) return {.kind = Reception::Kind::Drop};
  return {Reception::Kind::Answer, 503, "Retry-After: 2\r\n"};
}

bool SipAgent::Impl::on_response(const sip_t& response, const SocketAddress& source) {
  const std::string call_id = response.sip_call_id ? response.sip_call_id->i_id : "";
  const bool may_answer = listener_.admits(source) || is_dialog_of(call_id, source) ||
                          dialogs_.any(call_id, [](const Dialogs::Leg& leg) { return leg.goes_to_name; });
  if (!may_answer) {
    note(foreign_responses_, "a response from {} is dropped: nothing was sent to this address", source.to_string());
  }
  return may_answer;
}

void SipAgent::Impl::on_garbage(const SocketAddress& source) {
  if (listener_.admits(source)) return note(malformed_messages_, "no SIP message from {}", source.to_string());
  note(unknown_source_, "no SIP message from {}, which no trunk allows", source.to_string());
}

void SipAgent::Impl::on_new_invite(Stack& stack, nua_handle_t* handle, const sip_t& invite) {
  invites_.add();
  InviteInfo info;
  info.transport = stack.listen.transport;
  info.source = source_of_current(stack);
  info.local = stack.listen.address;
  if (info.local.is_any() && info.source.is_set()) {
    if (auto local = source_towards(info.source)) info.local = unmapped(*local);
    info.local.set_port(stack.listen.address.port());
  }
  auto setup = read_setup(invite);
  info.request_user = user_of(invite.sip_request ? invite.sip_request->rq_url : nullptr);
  info.to_user = user_of(invite.sip_to ? invite.sip_to->a_url : nullptr);
  if (invite.sip_from) {
    info.from_user = user_of(invite.sip_from->a_url);
    if (invite.sip_from->a_url->url_host) info.from_domain = invite.sip_from->a_url->url_host;
  }
  if (invite.sip_call_id) info.call_id = invite.sip_call_id->i_id;

  auto leg = std::make_unique<SipLeg>(Path{.root = root_,
                                           .nua = stack.nua,
                                           .dialogs = dialogs_,
                                           .counters = counters_,
                                           .peer = info.source.to_string(),
                                           .domain = bracketed(info.local),
                                           .identity = listener_.identity_towards(info.source),
                                           .trunk = listener_.trunk_of(info.source),
                                           .host = info.source.host(),
                                           .session_expires = config_.session_expires,
                                           .reinvite_patience = config_.reinvite_patience});
  if (!accepts_sdp(invite)) {
    ::nua_respond(handle, SIP_406_NOT_ACCEPTABLE, SIPTAG_ACCEPT_STR(kAccept), TAG_END());
    ::nua_handle_destroy(handle);
    return;
  }
  if (dialogs_.is_loop(info.call_id, info.request_user)) {
    loops_.add();
    log_.warning("the call to {} has come back from {}: loop", info.request_user, info.source.to_string());
    ::nua_respond(handle, SIP_482_LOOP_DETECTED, TAG_END());
    ::nua_handle_destroy(handle);
    return;
  }
  if (!leg->accept(handle, invite)) {
    malformed_.add();
    return;
  }
  if (leg->remote()) {
    info.offer = leg->remote()->media;
    info.streams = leg->remote()->streams;
  }
  if (info.transport == Transport::Tcp) leg->watch_caller(callers_, info.source, invite);
  listener_.on_invite(std::move(leg), setup, info);
}

Result<const SipAgent::Impl::Stack*> SipAgent::Impl::stack_for(const Target& target) const {
  auto numeric = SocketAddress::parse(target.host, target.port);
  for (const auto& stack : stacks_) {
    bool fits = !numeric || stack->listen.address.family() == numeric->family();
    if (stack->listen.transport == target.transport && fits) return stack.get();
  }
  return fail("no {} address is configured to reach {} from", to_string(target.transport), target.host);
}

Result<SocketAddress> SipAgent::Impl::local_towards(const Target& target) const {
  auto stack = stack_for(target);
  if (!stack) return tl::unexpected(stack.error());
  auto local = (*stack)->listen.address;
  if (!local.is_any()) return local;
  auto numeric = SocketAddress::parse(target.host, target.port ? target.port : 5060);
  if (!numeric) return fail("{} is a name: our address towards it is not known", target.host);
  auto source = source_towards(*numeric);
  if (source) source->set_port(local.port());
  return source;
}

bool SipAgent::Impl::is_ours(const std::string& host, uint16_t port) const {
  auto address = SocketAddress::parse(host, port);
  return address && std::ranges::any_of(bound_, [&](const Listen& listen) {
           if (listen.address.port() != port || listen.address.family() != address->family()) return false;
           return listen.address.is_any() ? is_local(*address) : listen.address.host() == address->host();
         });
}

Result<Path> SipAgent::Impl::path_to(const Target& target) {
  auto stack = stack_for(target);
  if (!stack) return tl::unexpected(stack.error());
  auto numeric = SocketAddress::parse(target.host, target.port);
  auto host = numeric ? bracketed(*numeric) : target.host;
  auto authority = target.port ? fmt::format("{}:{}", host, target.port) : host;
  auto domain = target.from_domain;
  if (domain.empty()) {
    auto local = local_towards(target);
    domain = bracketed(local ? *local : (*stack)->listen.address);
  }
  return Path{.root = root_,
              .nua = (*stack)->nua,
              .dialogs = dialogs_,
              .counters = counters_,
              .peer = authority,
              .authority = authority,
              .parameters = target.transport == Transport::Tcp ? ";transport=tcp" : "",
              .domain = domain,
              .identity = target.identity,
              .follow_redirects = target.follow_redirects,
              .is_ours = [this](const std::string& to, uint16_t port) { return is_ours(to, port); },
              .trunk = target.trunk,
              .host = numeric ? numeric->host() : std::string{},
              .session_expires = config_.session_expires,
              .reinvite_patience = config_.reinvite_patience};
}

Result<std::unique_ptr<call::Leg>> SipAgent::Impl::make_leg(const Target& target) {
  auto path = path_to(target);
  if (!path) return tl::unexpected(path.error());
  return std::make_unique<SipLeg>(std::move(*path));
}

Result<std::unique_ptr<PeerProbe>> SipAgent::Impl::probe(const Target& target, const ProbeOptions& options,
                                                         std::function<void(bool is_up)> on_change) {
  auto path = path_to(target);
  if (!path) return tl::unexpected(path.error());
  return std::make_unique<OptionsProbe>(std::move(*path), options, std::move(on_change));
}

Result<std::unique_ptr<SipAgent>> SipAgent::start(SuRoot& root, const AgentConfig& config, Listener& listener,
                                                  Counters& counters) {
  auto impl = std::make_unique<Impl>(root, config, listener, counters);
  if (auto started = impl->start(); !started) return tl::unexpected(started.error());
  return std::unique_ptr<SipAgent>(new SipAgent(std::move(impl)));
}

SipAgent::SipAgent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SipAgent::~SipAgent() = default;
const std::vector<Listen>& SipAgent::bound() const {
  return impl_->bound();
}
bool SipAgent::is_overloaded() const {
  return impl_->is_overloaded();
}
Result<std::unique_ptr<call::Leg>> SipAgent::make_leg(const Target& target) {
  return impl_->make_leg(target);
}
Result<std::unique_ptr<PeerProbe>> SipAgent::probe(const Target& target, const ProbeOptions& options,
                                                   std::function<void(bool is_up)> on_change) {
  return impl_->probe(target, options, std::move(on_change));
}
Result<SocketAddress> SipAgent::local_towards(const Target& target) const {
  return impl_->local_towards(target);
}

}  // namespace sg::sip
