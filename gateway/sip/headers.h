#pragma once

#include <sofia-sip/sip.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/call/leg.h"
#include "gateway/sip/identity_policy.h"

// What SIP headers say in words of calls, and back. Pure functions.
namespace sg::sip {

struct HomeDeleter {
  void operator()(su_home_t* home) const { ::su_home_unref(home); }
};
// Where Sofia's parsers put what they make.
using Home = std::unique_ptr<su_home_t, HomeDeleter>;
inline Home make_home() {
  return Home(static_cast<su_home_t*>(::su_home_new(sizeof(su_home_t))));
}

// Request-URI, P-Asserted-Identity (RFC 3325), Remote-Party-ID or From, Privacy (RFC 3323), Diversion (RFC 5806) or
// History-Info (RFC 7044), User-to-User, sub-addresses (RFC 4715), Replaces, Join and Max-Forwards. A leading "+"
// becomes the type of number. max_forwards is what is left: below 0 goes no further by SIP.
call::Setup read_setup(const sip_t& request);
// The user part, escapes resolved and parameters cut off. `url` may be null.
std::string user_of(const url_t* url);
// The cause that a request or response gives (RFC 3326): Q.850's, or 0.
int read_q850(const sip_t& message);
// Who answered, by the response: P-Asserted-Identity or Remote-Party-ID.
std::optional<tdm::CallingParty> read_connected(const sip_t& message);
// RFC 7433 with RFC 7434: the first octet is the protocol discriminator.
std::optional<tdm::UserUser> read_user_user(const sip_t& message);
call::Replaces replaces_of(const sip_replaces_t& header);
// What a REFER wants. Nothing: it does not say where to.
std::optional<call::TransferRequest> read_transfer(const sip_t& refer);
// The contacts of a 302 that have a number, best first.
// `is_ours`: whether we listen at this host and port.
std::vector<call::Redirect> read_redirects(const sip_contact_t* contacts,
                                           const std::function<bool(const std::string&, uint16_t)>& is_ours);
// The digits of an INFO: application/dtmf-relay or application/dtmf.
std::string read_dtmf(const sip_t& info);
// The body if it is SDP, also inside multipart. Empty: none.
std::string read_sdp_body(const sip_t& message);
// The message carries what is no SDP, and nothing says that it is optional (RFC 3261 section 8.2.3).
bool must_understand_body(const sip_t& message);
// How long an INVITE is good for (RFC 3261 section 13.2.1). Not set: it does not say.
std::optional<std::chrono::seconds> expiry_of(const sip_t& invite);
// The header lists this option tag or method.
bool supports_100rel(const sip_t& request);
bool allows_update(const sip_t& message);

std::string reason_of(const call::Cause& cause);
// "sip:+4930123@[::1]:5060;transport=tcp". `host_and_port` is ready for a URI.
std::string uri_of(const tdm::Number& number, std::string_view host_and_port, std::string_view parameters = {},
                   const std::optional<tdm::Subaddress>& subaddress = {});
struct Identity {
  std::string from;   // the header's value
  std::string lines;  // further headers, each with its CRLF; may be empty
};
Identity identity_of(const call::Setup& setup, std::string_view domain, const IdentityPolicy& policy);
// Who answers: headers for the response.
std::string connected_lines(const tdm::CallingParty& party, std::string_view domain, const IdentityPolicy& policy);
std::string user_user_line(const tdm::UserUser& user_user);

}  // namespace sg::sip
