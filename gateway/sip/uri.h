#pragma once

#include <sofia-sip/url.h>

#include <optional>
#include <string>
#include <string_view>

#include "tdm/signalling.h"

// Telephone numbers in URIs: sip (RFC 3261 section 19.1.6) and tel (RFC 3966). Pure functions.
namespace sg::sip {

// The user part, escapes resolved and parameters cut off. `url` may be null.
std::string user_of(const url_t* url);
// A leading "+" becomes the type of number.
tdm::Number number_of(const url_t* url);
// RFC 4715. Not set: there is none.
std::optional<tdm::Subaddress> read_subaddress(const url_t* url);
// "sip:+4930123@[::1]:5060;transport=tcp". `host_and_port` is ready for a URI.
std::string uri_of(const tdm::Number& number, std::string_view host_and_port, std::string_view parameters = {},
                   const std::optional<tdm::Subaddress>& subaddress = {});

}  // namespace sg::sip
