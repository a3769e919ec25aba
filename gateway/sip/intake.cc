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

// By many a refusal Sofia forgets the dialog without a word to the peer, or waits for credentials or for another try
// that nobody gives it. What a refusal means to the call is for the call to say (call::ends_dialog), which can then
// hang up. 422 is asked again with the peer's interval.
bool is_for_call(int status) {
  return status >= 300 && status <= 699 && status != 422;
}

// BYE and CANCEL end what they are about, however they are answered.
bool is_kept_in_dialog(sip_method_t method) {
  return method == sip_method_invite || method == sip_method_update || method == sip_method_info ||
         method == sip_method_notify;
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

// A request of one fork inside a call of ours that is not answered yet, such as UPDATE. It goes to the leg as any
// other, but must not make its fork the one that the call is with: only a 2xx does (RFC 3261 section 13.2.2.4). The tag
// stays in the header, which the response repeats.
void hide_fork(sip_t& request) {
  request.sip_from->a_tag = nullptr;
  request.sip_contact = nullptr;
  request.sip_record_route = nullptr;
}

}  // namespace

// Sofia's own description of SIP messages, with our function in the place of the one that reads the body.
struct Intake::MessageClass : msg_mclass_t {
  MessageClass(Admit does_admit, Stands does_stand, Calls does_call)
      : msg_mclass_t(*::sip_default_mclass()),
        admit(std::move(does_admit)),
        stands(std::move(does_stand)),
        calls(std::move(does_call)) {
    mc_extract_body = extract_body;
  }
  void look_at_response(msg_t* message, sip_t& response) const;

  const Admit admit;
  const Stands stands;
  const Calls calls;
};

Intake::Intake(Admit admit, Stands stands, Calls calls)
    : class_(std::make_unique<MessageClass>(std::move(admit), std::move(stands), std::move(calls))) {}
Intake::~Intake() = default;

const msg_mclass_t* Intake::message_class() const {
  return class_.get();
}

void Intake::MessageClass::look_at_response(msg_t* message, sip_t& response) const {
  const int status = response.sip_status->st_status;
  const auto method = response.sip_cseq->cs_method;
  // Sofia would bind the INVITE to the first fork that rings reliably, and hang up on any other that answers. We send
  // PRACK ourselves: see reliable_sequence().
  if (method == sip_method_invite) response.sip_rseq = nullptr;
  const bool is_of_prack = method == sip_method_prack && status >= 200;
  const bool is_refusal = is_kept_in_dialog(method) && is_for_call(status) && stands(response.sip_call_id->i_id);
  // Nor may the 200 of a PRACK bind the dialog to its fork.
  if (is_of_prack || is_refusal) spare_dialog(message, response);
}

issize_t Intake::extract_body(msg_t* message, msg_pub_t* parsed, char* text, isize_t size, int at_end) noexcept {
  auto* sip = reinterpret_cast<sip_t*>(parsed);
  bool was_complete = sip->sip_flags & MSG_FLG_COMPLETE;
  auto used = ::sip_default_mclass()->mc_extract_body(message, parsed, text, size, at_end);
  if (was_complete || !(sip->sip_flags & MSG_FLG_COMPLETE)) return used;
  // Sofia finds no contact to follow then; it stays in the chain of headers, for redirect_contacts().
  if (is_redirection(*sip)) sip->sip_contact = nullptr;
  const auto& own = static_cast<const MessageClass&>(*::msg_mclass(message));
  if (sip->sip_status && sip->sip_cseq && sip->sip_call_id) own.look_at_response(message, *sip);
  if (!sip->sip_request) return used;
  if (sip->sip_from && sip->sip_to && sip->sip_to->a_tag && sip->sip_call_id &&
      own.calls(sip->sip_call_id->i_id, sip->sip_to->a_tag)) {
    hide_fork(*sip);
  }
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
  return is_for_call(told) ? told : status.st_status;
}

std::optional<uint32_t> reliable_sequence(const sip_t& response) {
  auto* header = reinterpret_cast<const msg_header_t*>(response.sip_status);
  for (; header; header = header->sh_succ) {
    if (header->sh_class == sip_rseq_class) return reinterpret_cast<const sip_rseq_t*>(header)->rs_response;
  }
  return std::nullopt;
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
