#include "gateway/sip/stateless_answer.h"

#include <fmt/format.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/tport_tag.h>

#include <functional>

namespace sg::sip {
namespace {

bool is_ipv6(const char* host) {
  return std::string_view(host).find(':') != std::string_view::npos;
}

std::string_view without_brackets(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

// RFC 3261 section 18.2.1, RFC 3581 section 4: where the request really came from.
void note_source(su_home_t* home, sip_via_t& via, const SocketAddress& source) {
  if (source.host() != without_brackets(via.v_host)) {
    ::msg_header_replace_param(home, via.v_common, ::su_strdup(home, ("received=" + source.host()).c_str()));
  }
  if (!via.v_rport) return;
  ::msg_header_replace_param(home, via.v_common, ::su_strdup(home, fmt::format("rport={}", source.port()).c_str()));
}

template <class Header>
std::string text_of(su_home_t* home, const Header* header) {
  const char* text = ::sip_header_as_string(home, reinterpret_cast<const sip_header_t*>(header));
  return text ? text : "";
}

// A header as the request has it. One that could not be read is left out.
template <class Header>
std::string line_of(su_home_t* home, const char* name, const Header* header, const std::string& more = {}) {
  return header ? fmt::format("{}: {}{}\r\n", name, text_of(home, header), more) : std::string{};
}

// Ours for To: the same for each resending of the request, as section 8.2.7 wants it.
std::string tag_of(const sip_t& request) {
  std::string transaction = request.sip_via->v_branch ? request.sip_via->v_branch : "";
  if (request.sip_call_id) transaction += request.sip_call_id->i_id;
  return fmt::format(";tag={:016x}", std::hash<std::string>{}(transaction));
}

std::string head_of_answer(su_home_t* home, const sip_t& request, int status, const std::string& headers) {
  auto head = fmt::format("SIP/2.0 {} {}\r\n", status, ::sip_status_phrase(status));
  for (const auto* via = request.sip_via; via; via = via->v_next) head += line_of(home, "Via", via);
  const bool has_tag = request.sip_to && request.sip_to->a_tag;
  return head + line_of(home, "From", request.sip_from) +
         line_of(home, "To", request.sip_to, has_tag ? std::string{} : tag_of(request)) +
         line_of(home, "Call-ID", request.sip_call_id) + line_of(home, "CSeq", request.sip_cseq) + headers +
         "Content-Length: 0\r\n\r\n";
}

}  // namespace

void answer_statelessly(tport_t& transport, msg_t& message, const SocketAddress& source, int status,
                        const std::string& headers) {
  auto& request = *reinterpret_cast<sip_t*>(::msg_object(&message));
  if (!request.sip_via || request.sip_request->rq_method == sip_method_ack) return;
  auto* home = msg_home(&message);
  note_source(home, *request.sip_via, source);
  auto text = head_of_answer(home, request, status, headers);
  msg_t* answer = ::msg_make(::sip_default_mclass(), 0, text.data(), static_cast<ssize_t>(text.size()));
  if (!answer) return;
  // RFC 3261 section 18.2.2. A connection takes its answers itself, whatever is said here.
  auto host = is_ipv6(source.host().c_str()) ? "[" + source.host() + "]" : source.host();
  const char* sent_by = request.sip_via->v_port;
  auto port = request.sip_via->v_rport ? std::to_string(source.port()) : std::string(sent_by ? sent_by : "5060");
  tp_name_t to{};
  to.tpn_proto = ::tport_name(&transport)->tpn_proto;
  to.tpn_canon = to.tpn_host = host.c_str();
  to.tpn_port = port.c_str();
  ::tport_tsend(&transport, answer, &to, TPTAG_MTU(65535), TAG_END());
  ::msg_destroy(answer);
}

}  // namespace sg::sip
