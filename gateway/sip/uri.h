#pragma once

#include <sofia-sip/url.h>

#include <optional>
#include <string>
#include <string_view>

#include "party/party.h"

// Telephone numbers in URIs: sip (RFC 3261 section 19.1.6) and tel (RFC 3966). Pure functions.
namespace sg::sip {

// The user part, escapes resolved and parameters cut off. `url` may be null.
std::string user_of(const url_t* url);
// The same as a number. A leading "+" becomes the type of number. Visual separators (RFC 3966 section 5.1.1) are
// dropped where the user part is a telephone number: of tel:, with user=phone, after a "+", or with parameters of a
// number. Such parameters are no part of it: ;ext is dialled inside the far end's exchange, and ;phone-context is no
// prefix (RFC 3966 sections 5.1.3 and 5.1.4).
party::Number number_of(const url_t* url);
// The same of somebody who is told, not called: empty where it has controls (base/text.h).
party::Number party_number_of(const url_t* url);
// RFC 4715. Not set: there is none.
std::optional<party::Subaddress> read_subaddress(const url_t* url);
// A header within the URI, escapes resolved: "id" of "sip:100@x?Privacy=id". Empty: there is none.
std::string header_in(const url_t* url, const char* name);
// "sip:+4930123@[::1]:5060;transport=tcp". `host_and_port` is ready for a URI.
std::string uri_of(const party::Number& number, std::string_view host_and_port, std::string_view parameters = {},
                   const std::optional<party::Subaddress>& subaddress = {});

}  // namespace sg::sip
