#pragma once

#include <sofia-sip/sip.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/call/leg.h"

// What SIP messages say in words of calls, and back. Pure functions.
namespace sg::sip {

// Request-URI, who calls and on whose behalf (identity.h, redirection.h), User-to-User, sub-addresses (RFC 4715),
// Replaces, Join and Max-Forwards. max_forwards is what is left: below 0 goes no further by SIP.
call::Setup read_setup(const sip_t& request);
// The cause that a request or response gives (RFC 3326): Q.850's, or 0.
int read_q850(const sip_t& message);
call::Replaces replaces_of(const sip_replaces_t& header);
// What a REFER wants. Nothing: it does not say where to.
std::optional<call::TransferRequest> read_transfer(const sip_t& refer);
// The contacts of a 302 that have a number, best first.
// `is_ours`: whether we listen at this host and port.
std::vector<call::Redirect> read_redirects(const sip_contact_t* contacts,
                                           const std::function<bool(const std::string&, uint16_t)>& is_ours);
// Whether the body is of this type: "application/sdp".
bool is_type(const sip_t& message, const char* type);
std::string payload_of(const sip_payload_t* payload);
// The body if it is SDP, also inside multipart. Empty: none.
std::string read_sdp_body(const sip_t& message);
// The message carries what is no SDP, and nothing says that it is optional (RFC 3261 section 8.2.3).
bool must_understand_body(const sip_t& message);
// How long an INVITE is good for (RFC 3261 section 13.2.1). Not set: it does not say.
std::optional<std::chrono::seconds> expiry_of(const sip_t& invite);
// RFC 3261 section 20.1: without Accept, SDP is taken.
bool accepts_sdp(const sip_t& request);
// The header lists this option tag or method.
bool supports_100rel(const sip_t& request);
bool allows_update(const sip_t& message);

std::string reason_of(const call::Cause& cause);

}  // namespace sg::sip
