#include "gateway/sip/user_agent.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/tport_tag.h>

#include <cstdlib>

#include "base/bound_socket.h"
#include "gateway/sip/capabilities.h"
#include "gateway/sip/handle_owner.h"
#include "gateway/sip/local_addresses.h"
#include "gateway/sip/signalled_hosts.h"
#include "gateway/sip/transport.h"

namespace sg::sip {
namespace {

// Whether the address can be bound, and if not, why: Sofia does not say.
Result<> try_bind(const Listen& listen) {
  auto bound = bound_socket(listen.address, socket_type_of(listen.transport));
  if (bound) return {};
  return fail("cannot listen on {} {}: {}", name_of(listen.transport), listen.address.to_string(),
              why_not_bound(bound.error(), listen.address));
}

}  // namespace

Result<std::unique_ptr<UserAgent>> UserAgent::start(SuRoot& root, const AgentConfig& config, const Listen& listen,
                                                    const msg_mclass_t* messages, Listener& listener) {
  // Sofia would share a busy UDP port and does not say why it fails: try for ourselves first.
  if (auto free = try_bind(listen); !free) return tl::unexpected(free.error());
  std::unique_ptr<UserAgent> agent(new UserAgent(root, listen, listener));
  auto port = listen.address.port() ? std::to_string(listen.address.port()) : std::string("*");
  auto url = fmt::format("sip:{}:{};transport={}", bracketed(listen.address), port, name_of(listen.transport));
  auto expires = static_cast<unsigned>(config.session_expires.count());
  agent->nua_ = ::nua_create(
      root.handle(), on_event, agent.get(), NUTAG_URL(url.c_str()), NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOANSWER(0),
      NUTAG_AUTOALERT(0), NUTAG_AUTOACK(0), NUTAG_ENABLEMESSAGE(0), SIPTAG_ALLOW_STR(kMethods),
      NUTAG_APPL_METHOD(kOurMethods), SIPTAG_SUPPORTED_STR(kSupported), SIPTAG_ACCEPT_STR(kAccept),
      NTATAG_MCLASS(messages), NUTAG_SESSION_TIMER(expires), NUTAG_MIN_SE(static_cast<unsigned>(config.min_se.count())),
      NUTAG_UPDATE_REFRESH(1), NUTAG_USER_AGENT(config.user_agent.c_str()),
      NTATAG_SIP_T1(static_cast<unsigned>(config.t1.count())), NTATAG_SIP_T2(static_cast<unsigned>(config.t2.count())),
      NTATAG_SIP_T4(static_cast<unsigned>(config.t4.count())),
      NTATAG_SIP_T1X64(static_cast<unsigned>(config.transaction_patience.count())),
      // One user agent has one transport: a long request must not look for another.
      NTATAG_UDP_MTU(65535), TAG_END());
  if (!agent->nua_) return fail("cannot listen on {} {}", name_of(listen.transport), listen.address.to_string());
  ::nua_get_params(agent->nua_, TAG_ANY(), TAG_END());
  agent->run_until(agent->is_known_);
  return agent;
}

UserAgent::~UserAgent() {
  if (!nua_) return;
  // Dead peers are not waited for long: time-outs of 64 times T1 become short ones.
  ::nua_set_params(nua_, NTATAG_SIP_T1X64(1000), TAG_END());
  ::nua_shutdown(nua_);
  run_until(is_down_);
  ::nua_destroy(nua_);
}

void UserAgent::run_until(const bool& done) {
  while (!done) root_.step(100ms);
}

// The one entry from Sofia.
void UserAgent::on_event(nua_event_t event, int status, const char*, nua_t*, nua_magic_t* magic, nua_handle_t* handle,
                         nua_hmagic_t* owner, const sip_t* sip, tagi_t tags[]) noexcept {
  if (owner) return HandleOwner::from(owner).on_event(event, status, sip, tags);
  auto& agent = *static_cast<UserAgent*>(magic);
  switch (event) {
    case nua_r_shutdown:
      agent.is_down_ = status >= 200;
      return;
    case nua_r_get_params:
      return agent.read_bound_address(tags);
    default:
      return agent.listener_.on_event(agent, event, status, handle, sip);
  }
}

void UserAgent::read_bound_address(tagi_t tags[]) {
  const sip_contact_t* contact = nullptr;
  ::tl_gets(tags, NTATAG_CONTACT_REF(contact), TAG_END());
  if (contact && contact->m_url->url_port) {
    listen_.address.set_port(static_cast<uint16_t>(std::strtoul(contact->m_url->url_port, nullptr, 10)));
  }
  is_known_ = true;
}

SocketAddress UserAgent::source_of_current() const {
  sockaddr_storage raw{};
  socklen_t size = sizeof(raw);
  if (::msg_get_address(::nua_current_request(nua_), reinterpret_cast<su_sockaddr_t*>(&raw), &size) != 0) return {};
  return unmapped(SocketAddress::from(raw));
}

}  // namespace sg::sip
