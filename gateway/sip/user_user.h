#pragma once

#include <sofia-sip/sip.h>

#include <optional>
#include <string>

#include "party/party.h"

// What the users tell each other: User-to-User (RFC 7433 with RFC 7434), both ways. Pure functions.
namespace sg::sip {

// The first octet is the protocol discriminator.
std::optional<party::UserUser> read_user_user(const sip_t& message);
std::string user_user_line(const party::UserUser& user_user);

}  // namespace sg::sip
