#include "gateway/sip/intake.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip_header.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace sg::sip {
namespace {

bool is_redirection(const sip_t& message) {
  return message.sip_status && message.sip_status->st_status >= 300 && message.sip_status->st_status < 400;
}

constexpr int kNotAcceptable = 488;

// Refuses what was asked for and nothing more, yet Sofia hangs up for it. Not those by which the dialog cannot go on:
// 404, 408, 410, 481, 502, 604 and the like.
bool refuses_request_only(int status) {
  return status == 405 || (status >= 500 && status <= 599 && status != 502) || status == 600 || status == 603;
}

// The dialog stands after 488; what the peer really said goes along in the phrase.
void spare_dialog(msg_t* message, sip_t& response) {
  auto& status = *response.sip_status;
  auto phrase = std::to_string(status.st_status) + " " + (status.st_phrase ? status.st_phrase : "");
  const char* kept = ::su_strdup(msg_home(message), phrase.c_str());
  if (!kept) return;
  status.st_status = kNotAcceptable;
  status.st_phrase = kept;
}

}  // namespace

// Sofia's own description of SIP messages, with our function in the place of the one that reads the body.
struct Intake::MessageClass : msg_mclass_t {
  MessageClass(Admit does_admit, Stands does_stand)
      : msg_mclass_t(*::sip_default_mclass()), admit(std::move(does_admit)), stands(std::move(does_stand)) {
    mc_extract_body = extract_body;
  }
  const Admit admit;
  const Stands stands;
};

Intake::Intake(Admit admit, Stands stands)
    : class_(std::make_unique<MessageClass>(std::move(admit), std::move(stands))) {}
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
  const auto& own = static_cast<const MessageClass&>(*::msg_mclass(message));
  const bool answers_invite = sip->sip_status && sip->sip_cseq && sip->sip_cseq->cs_method == sip_method_invite;
  if (answers_invite && refuses_request_only(sip->sip_status->st_status) && sip->sip_call_id &&
      own.stands(sip->sip_call_id->i_id)) {
    spare_dialog(message, *sip);
  }
  if (!sip->sip_request) return used;
  su_sockaddr_t raw{};
  socklen_t length = sizeof(raw);
  if (::msg_get_address(message, &raw, &length) != 0) return used;
  sockaddr_storage address{};
  std::memcpy(&address, &raw, std::min<size_t>(length, sizeof(address)));
  // A request without Via cannot be answered: Sofia throws it away.
  if (!own.admit(*sip, SocketAddress::from(address))) sip->sip_via = nullptr;
  return used;
}

int true_status(const sip_t& response) {
  const auto& status = *response.sip_status;
  int told = 0;
  const char* phrase = status.st_status == kNotAcceptable && status.st_phrase ? status.st_phrase : "";
  std::from_chars(phrase, phrase + std::strlen(phrase), told);
  return refuses_request_only(told) ? told : status.st_status;
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
