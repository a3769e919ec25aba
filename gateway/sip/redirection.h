#pragma once

#include <sofia-sip/sip.h>

#include <optional>
#include <string>
#include <string_view>

#include "gateway/sip/identity_policy.h"
#include "party/party.h"

// On whose behalf a call comes: Diversion (RFC 5806) and History-Info (RFC 7044), both ways. Pure functions.
namespace sg::sip {

std::optional<party::Redirection> read_redirection(const sip_t& request);
// With its CRLF; empty where the peer wants none.
std::string redirection_line(const party::Redirection& redirection, const party::Number& called,
                             std::string_view domain, DiversionStyle style);

}  // namespace sg::sip
