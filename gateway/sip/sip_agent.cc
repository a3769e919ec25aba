#include "gateway/sip/sip_agent.h"

#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_log.h>

#include <algorithm>

#include "gateway/sip/capabilities.h"
#include "gateway/sip/dialogs.h"
#include "gateway/sip/headers.h"
#include "gateway/sip/intake.h"
#include "gateway/sip/local_addresses.h"
#include "gateway/sip/overload_watch.h"
#include "gateway/sip/peer_probe_impl.h"
#include "gateway/sip/screening.h"
#include "gateway/sip/signalled_hosts.h"
#include "gateway/sip/sip_leg.h"
#include "gateway/sip/tcp_callers.h"
#include "gateway/sip/tcp_connections.h"
#include "gateway/sip/transport.h"
#include "gateway/sip/uri.h"
#include "gateway/sip/user_agent.h"

namespace sg::sip {
namespace {

// Sofia's own log. What matters of it reaches us as events and return values.
void discard_log(void*, const char*, va_list) {}

}  // namespace

class SipAgent::Impl : private UserAgent::Listener {
 public:
  Impl(SuRoot& root, const AgentConfig& config, SipAgent::Listener& listener, Counters& counters)
      : root_(root),
        config_(config),
        listener_(listener),
        counters_(counters),
        invites_(counters.get("sip.rx.invites")),
        malformed_(counters.get("sip.rx.malformed_sdp")),
        loops_(counters.get("sip.rx.loops")),
        callers_(root),
        connections_(
            root, config.connections, [this](const SocketAddress& peer) { return screening_.classify(peer); },
            [this](const SocketAddress& peer) { callers_.on_connection_gone(peer); }, counters),
        overload_(root, config.overload, counters),
        screening_({.reactor = root,
                    .listener = listener,
                    .dialogs = dialogs_,
                    .connections = connections_,
                    .overload = overload_},
                   config, counters),
        intake_(screening_) {}

  Result<> start();
  Result<std::unique_ptr<call::Leg>> make_leg(const Target& target);
  Result<std::unique_ptr<PeerProbe>> probe(const Target& target, const ProbeOptions& options,
                                           std::function<void(bool is_up)> on_change);
  Result<SocketAddress> local_towards(const Target& target) const;
  const std::vector<Listen>& bound() const { return bound_; }
  bool is_overloaded() const { return overload_.is_on(); }

 private:
  void on_event(UserAgent& agent, nua_event_t event, int status, nua_handle_t* handle, const sip_t* sip) override;
  void on_new_invite(const UserAgent& agent, nua_handle_t* handle, const sip_t& invite);
  InviteInfo info_of(const UserAgent& agent, const sip_t& invite) const;

  Result<const UserAgent*> agent_for(const Target& target) const;
  Result<Path> path_to(const Target& target);
  // Whether a URI with this host and port leads back to us. A name does not, whoever has it.
  bool is_ours(const std::string& host, uint16_t port) const;

  SuRoot& root_;
  const AgentConfig config_;
  SipAgent::Listener& listener_;
  Counters& counters_;
  Counter& invites_;
  Counter& malformed_;
  Counter& loops_;
  const Log log_{"sip"};
  Dialogs dialogs_;
  TcpCallers callers_;
  TcpConnections connections_;
  OverloadWatch overload_;
  Screening screening_;
  Intake intake_;
  std::vector<std::unique_ptr<UserAgent>> agents_;
  std::vector<Listen> bound_;
};

Result<> SipAgent::Impl::start() {
  if (config_.listen.empty()) return fail("there is no address to listen on");
  if (auto checked = Intake::check(); !checked) return checked;
  ::su_log_redirect(nullptr, discard_log, nullptr);
  for (const auto& listen : config_.listen) {
    auto agent = UserAgent::start(root_, config_, listen, intake_.message_class(), *this);
    if (!agent) return tl::unexpected(agent.error());
    const Listen& bound = bound_.emplace_back((*agent)->listen());
    agents_.push_back(std::move(*agent));
    connections_.watch(socket_type_of(bound.transport), bound.address);
    if (!has_connections(bound.transport)) overload_.watch(bound.address);
  }
  return {};
}

void SipAgent::Impl::on_event(UserAgent& agent, nua_event_t event, int status, nua_handle_t* handle, const sip_t* sip) {
  switch (event) {
    case nua_i_invite:
      if (sip && handle && status < 200) return on_new_invite(agent, handle, *sip);
      break;
    case nua_i_options:
      if (handle && status < 200) {
        int answer = listener_.options_status(agent.source_of_current());
        ::nua_respond(handle, answer, ::sip_status_phrase(answer), NUTAG_WITH_THIS(agent.nua()),
                      SIPTAG_ACCEPT_STR(kAccept), TAG_IF(answer == 503, SIPTAG_RETRY_AFTER_STR("30")), TAG_END());
      }
      break;
    case nua_i_refer:
      // Outside of a call there is nothing to transfer.
      if (handle && status < 200) ::nua_respond(handle, SIP_403_FORBIDDEN, NUTAG_WITH_THIS(agent.nua()), TAG_END());
      break;
    default:
      break;
  }
  // What Sofia has answered by itself (OPTIONS, refused requests) leaves a handle behind.
  if (handle && handle != ::nua_default(agent.nua())) ::nua_handle_destroy(handle);
}

// Incoming calls.

InviteInfo SipAgent::Impl::info_of(const UserAgent& agent, const sip_t& invite) const {
  InviteInfo info;
  info.transport = agent.listen().transport;
  info.source = agent.source_of_current();
  info.local = agent.listen().address;
  if (info.local.is_any() && info.source.is_set()) {
    if (auto local = source_towards(info.source)) info.local = unmapped(*local);
    info.local.set_port(agent.listen().address.port());
  }
  info.request_user = user_of(invite.sip_request ? invite.sip_request->rq_url : nullptr);
  info.to_user = user_of(invite.sip_to ? invite.sip_to->a_url : nullptr);
  if (invite.sip_from) {
    info.from_user = user_of(invite.sip_from->a_url);
    if (invite.sip_from->a_url->url_host) info.from_domain = invite.sip_from->a_url->url_host;
  }
  if (invite.sip_call_id) info.call_id = invite.sip_call_id->i_id;
  return info;
}

void SipAgent::Impl::on_new_invite(const UserAgent& agent, nua_handle_t* handle, const sip_t& invite) {
  invites_.add();
  auto info = info_of(agent, invite);
  auto setup = read_setup(invite);
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
  auto leg = std::make_unique<SipLeg>(Path{.root = root_,
                                           .nua = agent.nua(),
                                           .dialogs = dialogs_,
                                           .counters = counters_,
                                           .peer = info.source.to_string(),
                                           .domain = bracketed(info.local),
                                           .identity = listener_.identity_towards(info.source),
                                           .trunk = listener_.trunk_of(info.source),
                                           .host = info.source.host(),
                                           .session_expires = config_.session_expires,
                                           .reinvite_patience = config_.reinvite_patience});
  if (!leg->accept(handle, invite)) {
    malformed_.add();
    return;
  }
  if (leg->remote()) {
    info.offer = leg->remote()->media;
    info.streams = leg->remote()->streams;
  }
  if (has_connections(info.transport)) leg->watch_caller(callers_, info.source, invite);
  listener_.on_invite(std::move(leg), setup, info);
}

// Outgoing ones.

Result<const UserAgent*> SipAgent::Impl::agent_for(const Target& target) const {
  auto numeric = SocketAddress::parse(target.host, target.port);
  for (const auto& agent : agents_) {
    bool fits = !numeric || agent->listen().address.family() == numeric->family();
    if (agent->listen().transport == target.transport && fits) return agent.get();
  }
  return fail("no {} address is configured to reach {} from", name_of(target.transport), target.host);
}

Result<SocketAddress> SipAgent::Impl::local_towards(const Target& target) const {
  auto agent = agent_for(target);
  if (!agent) return tl::unexpected(agent.error());
  auto local = (*agent)->listen().address;
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
  auto agent = agent_for(target);
  if (!agent) return tl::unexpected(agent.error());
  auto numeric = SocketAddress::parse(target.host, target.port);
  auto host = numeric ? bracketed(*numeric) : target.host;
  auto authority = target.port ? fmt::format("{}:{}", host, target.port) : host;
  auto domain = target.from_domain;
  if (domain.empty()) {
    auto local = local_towards(target);
    domain = bracketed(local ? *local : (*agent)->listen().address);
  }
  return Path{.root = root_,
              .nua = (*agent)->nua(),
              .dialogs = dialogs_,
              .counters = counters_,
              .peer = authority,
              .authority = authority,
              .parameters = std::string(uri_parameter_of(target.transport)),
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
