#include "gateway/sip/intake.h"

#include <dlfcn.h>
#include <sofia-sip/bnf.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/url.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>

#include "gateway/sip/signalled_hosts.h"
#include "gateway/sip/stateless_answer.h"

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

// What stands for a Request-URI that cannot be read. Its address tells it from any that was.
constexpr char kUnreadable[] = "unreadable.invalid";

bool is_readable(const sip_request_t& line) {
  return line.rq_url->url_host != kUnreadable;
}

// To Sofia a method with other letters than those of a URI is invalid; RFC 3261 section 25.1 lets it be any token.
sip_method_t method_of(const char* name) {
  const auto method = ::sip_method_code(name);
  return method < 0 ? sip_method_unknown : method;
}

// RFC 3261 section 18.3: whether the head has its empty line, and the body is as long as was said.
bool is_whole(const sip_t& message) {
  constexpr auto kBad = MSG_FLG_ERROR | MSG_FLG_TRUNC | MSG_FLG_TOOLARGE;
  if (!(message.sip_flags & MSG_FLG_COMPLETE) || (message.sip_flags & kBad)) return false;
  if (!message.sip_separator || !is_readable(*message.sip_request)) return false;
  const size_t told = message.sip_content_length ? message.sip_content_length->l_length : 0;
  return told == 0 || (message.sip_payload && message.sip_payload->pl_len >= told);
}

SocketAddress source_of(msg_t* message) {
  sockaddr_storage raw{};
  socklen_t size = sizeof(raw);
  if (::msg_get_address(message, reinterpret_cast<su_sockaddr_t*>(&raw), &size) != 0) return {};
  return unmapped(SocketAddress::from(raw));
}

// Where it came to, of a datagram.
std::optional<SocketAddress> local_of(const tport_t* transport) {
  const auto* address = ::tport_is_dgram(transport) ? ::tport_get_address(transport) : nullptr;
  if (!address || !address->ai_addr) return std::nullopt;
  sockaddr_storage raw{};
  std::memcpy(&raw, address->ai_addr, std::min<size_t>(address->ai_addrlen, sizeof(raw)));
  return SocketAddress::from(raw);
}

}  // namespace

// Sofia's own description of SIP messages. By it a message is known for one of ours. A request is one, and answered,
// also where Sofia cannot read its Request-URI, or the token that its method is (RFC 3261 section 25.1).
struct Intake::MessageClass : msg_mclass_t {
  explicit MessageClass(Listener& to) : msg_mclass_t(*::sip_default_mclass()), listener(to) {
    request_line.hc_parse = parse_request_line;
    mc_request->hr_class = &request_line;
    cseq.hc_parse = parse_cseq;
    put_before(sip_cseq_class, &cseq);
  }
  // By a header's name the parser finds ours, which comes first; by its class everybody else finds what Sofia knows.
  void put_before(msg_hclass_t* known, msg_hclass_t* ours) {
    auto* at =
        std::find_if(std::begin(mc_hash), std::end(mc_hash), [&](auto& entry) { return entry.hr_class == known; });
    size_t next = static_cast<size_t>(at - mc_hash);
    while (mc_hash[next].hr_class) next = (next + 1) % static_cast<size_t>(mc_hash_size);
    mc_hash[next] = *at;
    at->hr_class = ours;
    ++mc_hash_used;
  }
  void look_at_response(msg_t* message, sip_t& response) const;

  Listener& listener;
  std::remove_const_t<msg_hclass_t> request_line = *sip_request_class, cseq = *sip_cseq_class;
};

Intake::Intake(Listener& listener) : class_(std::make_unique<MessageClass>(listener)) {}
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
  const bool is_refusal =
      is_kept_in_dialog(method) && is_for_call(status) && listener.has_answered(response.sip_call_id->i_id);
  // Nor may the 200 of a PRACK bind the dialog to its fork.
  if (is_of_prack || is_refusal) spare_dialog(message, response);
}

issize_t Intake::parse_request_line(su_home_t* home, msg_header_t* header, char* text, isize_t size) noexcept {
  // To all others it is what Sofia knows.
  header->sh_class = sip_request_class;
  std::string_view line(text, size);
  line.remove_suffix(line.size() - (line.find_last_not_of(" \t") + 1));
  const bool is_sip = line.ends_with(sip_version_2_0);
  if (::sip_request_d(home, header, text, size) >= 0) return 0;
  // The method, which Sofia has ended with a null where it found a blank.
  const size_t method = span_token(text);
  if (!is_sip || method == 0 || text[method] != '\0') return -1;
  auto& request = *reinterpret_cast<sip_header_t*>(header)->sh_request;
  request.rq_method = method_of(text);
  request.rq_method_name = text;
  ::url_init(request.rq_url, url_sip);
  request.rq_url->url_host = kUnreadable;
  request.rq_version = sip_version_2_0;
  return 0;
}

issize_t Intake::parse_cseq(su_home_t* home, msg_header_t* header, char* text, isize_t size) noexcept {
  header->sh_class = sip_cseq_class;
  uint32_t number = 0;
  const char* end = text + size;
  auto [digits_end, error] = std::from_chars(text, end, number);
  if (::sip_cseq_d(home, header, text, size) >= 0) return 0;
  const size_t blanks = span_lws(digits_end), method = span_token(digits_end + blanks);
  if (error != std::errc{} || blanks == 0 || method == 0 || digits_end[blanks + method] != '\0') return -1;
  auto& cseq = *reinterpret_cast<sip_header_t*>(header)->sh_cseq;
  cseq.cs_seq = number;
  cseq.cs_method = method_of(digits_end + blanks);
  cseq.cs_method_name = digits_end + blanks;
  return 0;
}

bool Intake::takes(tport_t* transport, msg_t* message) {
  const auto* known = ::msg_mclass(message);
  // Of another user of Sofia's in this process.
  if (known->mc_request->hr_class->hc_parse != parse_request_line) return true;
  const auto& own = static_cast<const MessageClass&>(*known);
  auto& listener = own.listener;
  auto* sip = reinterpret_cast<sip_t*>(::msg_object(message));
  auto source = source_of(message);
  listener.on_message(local_of(transport));
  if (sip->sip_request) return takes_request(listener, transport, message, *sip, source);
  if (!sip->sip_status) {
    listener.on_garbage(source);
    return false;
  }
  if (!listener.on_response(*sip, source)) return false;
  // Sofia finds no contact to follow then; it stays in the chain of headers, for redirect_contacts().
  if (is_redirection(*sip)) sip->sip_contact = nullptr;
  if (sip->sip_cseq && sip->sip_call_id) own.look_at_response(message, *sip);
  return true;
}

bool Intake::takes_request(Listener& listener, tport_t* transport, msg_t* message, sip_t& request,
                           const SocketAddress& source) {
  const bool whole = is_whole(request);
  auto reception = listener.on_request(request, source, whole);
  const auto& line = *request.sip_request;
  // RFC 3261 section 8.2.1: the method is looked at first.
  if (reception.kind == Reception::Kind::Pass && !is_readable(line) && line.rq_method == sip_method_unknown) {
    reception = {Reception::Kind::Answer, 501, {}};
  }
  if (reception.kind == Reception::Kind::Answer) {
    answer_statelessly(*transport, *message, source, reception.status, reception.headers);
  }
  if (reception.kind != Reception::Kind::Pass) return false;
  // Sofia answers 400 by itself, without a transaction.
  if (!whole) request.sip_flags |= MSG_FLG_ERROR;
  if (request.sip_from && request.sip_to && request.sip_to->a_tag && request.sip_call_id &&
      listener.is_calling(request.sip_call_id->i_id, request.sip_to->a_tag)) {
    hide_fork(request);
  }
  return true;
}

namespace {

// Sofia's transports hand each message that they have read, good or bad, to its transactions by this function, which
// its library exports but no header tells. The dynamic linker binds the library's own calls to ours.
using Deliver = void(tport_t*, msg_t*, su_time_t);
Deliver* theirs() {
  static auto* const found = reinterpret_cast<Deliver*>(::dlsym(RTLD_NEXT, "tport_base_deliver"));
  return found;
}

}  // namespace

Result<> Intake::check() {
  if (!theirs()) return fail("this libsofia-sip-ua has no tport_base_deliver: nothing could be asked who sends it");
  return {};
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

extern "C" void tport_base_deliver(tport_t* transport, msg_t* message, su_time_t now) {
  if (sg::sip::Intake::takes(transport, message)) return sg::sip::theirs()(transport, message, now);
  ::msg_destroy(message);
}
