#pragma once

#include <sofia-sip/sip.h>

#include <string>
#include <string_view>

#include "gateway/call/leg.h"

// What SIP headers say in words of calls, and back. Pure functions.
namespace sg::sip {

// Request-URI, P-Asserted-Identity (RFC 3325), Remote-Party-ID or From, Privacy (RFC 3323), Diversion (RFC 5806) and
// Max-Forwards. A leading "+" becomes the type of number. max_forwards is what is left: below 0 goes no further by SIP.
call::Setup read_setup(const sip_t& request);
// The user part, escapes resolved and parameters cut off. `url` may be null.
std::string user_of(const url_t* url);
// The cause that a request or response gives (RFC 3326): Q.850's, or 0.
int read_q850(const sip_t& message);
// The digits of an INFO: application/dtmf-relay or application/dtmf.
std::string read_dtmf(const sip_t& info);
// The body if it is SDP, also inside multipart. Empty: none.
std::string read_sdp_body(const sip_t& message);
// The header lists this option tag or method.
bool supports_100rel(const sip_t& request);
bool allows_update(const sip_t& message);

std::string reason_of(const call::Cause& cause);
// "sip:+4930123@[::1]:5060;transport=tcp". `host_and_port` is ready for a URI.
std::string uri_of(const tdm::Number& number, std::string_view host_and_port, std::string_view parameters = {});
struct Identity {
  std::string from;  // header values; empty where not to be sent
  std::string asserted, privacy, diversion;
};
Identity identity_of(const call::Setup& setup, std::string_view domain);

}  // namespace sg::sip
