#pragma once

#include <sofia-sip/sip.h>

#include <optional>
#include <string>
#include <string_view>

#include "gateway/call/leg.h"
#include "gateway/sip/identity_policy.h"

// Who calls and who answers: From, P-Asserted-Identity (RFC 3325), Remote-Party-ID and Privacy (RFC 3323), both ways.
// Pure functions.
namespace sg::sip {

party::CallingParty read_calling(const sip_t& request);
// Who answered, by the response.
std::optional<party::CallingParty> read_connected(const sip_t& message);

struct Identity {
  std::string from;   // the header's value
  std::string lines;  // further headers, each with its CRLF; may be empty
};
// With it goes what else an INVITE says of its parties: on whose behalf, and what the users tell each other.
Identity identity_of(const call::Setup& setup, std::string_view domain, const IdentityPolicy& policy);
// Who answers: headers for the response.
std::string connected_lines(const party::CallingParty& party, std::string_view domain, const IdentityPolicy& policy);

}  // namespace sg::sip
