#include "gateway/sip/intake.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip_header.h>

#include <algorithm>
#include <cstring>

namespace sg::sip {
namespace {

bool is_redirection(const sip_t& message) {
  return message.sip_status && message.sip_status->st_status >= 300 && message.sip_status->st_status < 400;
}

}  // namespace

// Sofia's own description of SIP messages, with our function in the place of the one that reads the body.
struct Intake::MessageClass : msg_mclass_t {
  explicit MessageClass(Admit does_admit) : msg_mclass_t(*::sip_default_mclass()), admit(std::move(does_admit)) {
    mc_extract_body = extract_body;
  }
  const Admit admit;
};

Intake::Intake(Admit admit) : class_(std::make_unique<MessageClass>(std::move(admit))) {}
Intake::~Intake() = default;

const msg_mclass_t* Intake::message_class() const {
  return class_.get();
}

issize_t Intake::extract_body(msg_t* message, msg_pub_t* parsed, char* text, isize_t size, int at_end) noexcept {
  auto* sip = reinterpret_cast<sip_t*>(parsed);
  bool was_complete = sip->sip_flags & MSG_FLG_COMPLETE;
  auto used = ::sip_default_mclass()->mc_extract_body(message, parsed, text, size, at_end);
  if (was_complete || !(sip->sip_flags & MSG_FLG_COMPLETE)) return used;
  // Sofia finds no contact to follow then; it stays in the chain of headers, for redirect_contacts().
  if (is_redirection(*sip)) sip->sip_contact = nullptr;
  if (!sip->sip_request) return used;
  su_sockaddr_t raw{};
  socklen_t length = sizeof(raw);
  if (::msg_get_address(message, &raw, &length) != 0) return used;
  sockaddr_storage address{};
  std::memcpy(&address, &raw, std::min<size_t>(length, sizeof(address)));
  const auto& own = static_cast<const MessageClass&>(*::msg_mclass(message));
  // A request without Via cannot be answered: Sofia throws it away.
  if (!own.admit(*sip, SocketAddress::from(address))) sip->sip_via = nullptr;
  return used;
}

const sip_contact_t* redirect_contacts(const sip_t& response) {
  if (!is_redirection(response)) return nullptr;
  auto* header = reinterpret_cast<const msg_header_t*>(response.sip_status);
  for (; header; header = header->sh_succ) {
    if (header->sh_class == sip_contact_class) return reinterpret_cast<const sip_contact_t*>(header);
  }
  return nullptr;
}

}  // namespace sg::sip
