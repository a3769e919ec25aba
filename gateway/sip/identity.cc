#include "gateway/sip/identity.h"

#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>

#include "gateway/sip/header_values.h"
#include "gateway/sip/redirection.h"
#include "gateway/sip/uri.h"
#include "gateway/sip/user_user.h"
#include "party/number.h"

namespace sg::sip {
namespace {

bool asks_for_privacy(const sip_t& request) {
  const sip_privacy_t* privacy = sip_privacy(&request);
  if (!privacy || !privacy->priv_values) return false;
  for (size_t i = 0; privacy->priv_values[i]; ++i) {
    for (const char* word : {"id", "user", "header"}) {
      if (::su_casematch(privacy->priv_values[i], word)) return true;
    }
  }
  return false;
}

// How much an identity is worth towards a telephone line. RFC 3325 section 9.1: one SIP URI and one tel: URI may be
// asserted, and the SIP one may be an account, even one of digits.
int worth_of(const url_t* url) {
  if (!party::is_number(party_number_of(url).digits)) return 0;
  return url->url_type == url_tel ? 2 : 1;
}

// What P-Asserted-Identity or else Remote-Party-ID says. Nothing: neither is there.
std::optional<party::CallingParty> read_asserted(const sip_t& message, bool of_caller) {
  auto own = make_home();
  su_home_t* home = own.get();
  std::optional<party::CallingParty> asserted;
  int worth = -1;
  for_each_unknown(message, "P-Asserted-Identity", [&](const char* value) {
    const sip_from_t* identity = ::sip_from_make(home, value);
    if (!identity || worth_of(identity->a_url) <= worth) return;
    worth = worth_of(identity->a_url);
    auto name = display_of(identity->a_display);
    if (name.empty() && asserted) name = asserted->name;
    asserted =
        party::CallingParty{party_number_of(identity->a_url), Presentation::Allowed, ScreeningIndicator::Network, name};
  });
  bool is_final = asserted.has_value();
  for_each_unknown(message, "Remote-Party-ID", [&](const char* value) {
    const sip_from_t* party = ::sip_from_make(home, value);
    auto whose = party ? parameter_of(party, "party") : std::string{};
    if (!party || is_final || ::su_casematch(whose.c_str(), of_caller ? "called" : "calling")) return;
    is_final = true;
    asserted.emplace();
    asserted->number = party_number_of(party->a_url);
    asserted->name = display_of(party->a_display);
    auto privacy = parameter_of(party, "privacy");
    if (!privacy.empty() && privacy != "off") asserted->presentation = Presentation::Restricted;
    if (parameter_of(party, "screen") == "yes") asserted->screening = ScreeningIndicator::Network;
  });
  if (asserted && asks_for_privacy(message)) asserted->presentation = Presentation::Restricted;
  return asserted;
}

// RFC 3323 section 4.1.1.3: such a From is nobody's number. Peers write it in more ways than the RFC does; no host is
// in .invalid (RFC 2606).
bool is_nobody(const url_t* url) {
  auto user = user_of(url);
  for (const char* word : {"anonymous", "restricted"}) {
    if (::su_casematch(user.c_str(), word)) return true;
  }
  constexpr std::string_view kInvalid = ".invalid";
  std::string host = url && url->url_host ? url->url_host : "";
  return host.size() >= kInvalid.size() && ::su_casematch(host.c_str() + host.size() - kInvalid.size(), ".invalid");
}

// What From says.
party::CallingParty read_told(const sip_t& request) {
  party::CallingParty told;
  const sip_from_t* from = request.sip_from;
  if (!from) return told;
  told.name = display_of(from->a_display);
  if (asks_for_privacy(request)) told.presentation = Presentation::Restricted;
  if (!is_nobody(from->a_url)) {
    told.number = party_number_of(from->a_url);
    return told;
  }
  told.presentation = Presentation::Restricted;
  if (::su_casematch(told.name.c_str(), "anonymous")) told.name.clear();
  return told;
}

bool is_hidden(const party::CallingParty& party) {
  return party.presentation != Presentation::Allowed;
}

std::string address_of(const party::CallingParty& party, std::string_view domain,
                       const std::optional<party::Subaddress>& subaddress = {}) {
  auto display = party.name.empty() ? std::string{} : quoted(party.name) + " ";
  return fmt::format("{}<{}>", display, uri_of(party.number, domain, {}, subaddress));
}

// P-Asserted-Identity or Remote-Party-ID, as the peer likes it. Only what the network has verified is asserted (RFC
// 3325 section 5, Q.1912.5 section 7.1.3): any telephone can say any number of itself, and From says that one.
std::string asserting_line(const party::CallingParty& party, std::string_view domain, IdentityStyle style,
                           std::string_view whose) {
  if (party.number.digits.empty() || style == IdentityStyle::From) return {};
  bool is_screened =
      party.screening == ScreeningIndicator::Network || party.screening == ScreeningIndicator::UserPassed;
  auto address = address_of(party, domain);
  if (style == IdentityStyle::Asserted) return is_screened ? "P-Asserted-Identity: " + address + "\r\n" : "";
  return fmt::format("Remote-Party-ID: {};party={};screen={};privacy={}\r\n", address, whose,
                     is_screened ? "yes" : "no", is_hidden(party) ? "full" : "off");
}

}  // namespace

party::CallingParty read_calling(const sip_t& request) {
  auto told = read_told(request);
  auto asserted = read_asserted(request, true);
  if (!asserted) return told;
  // An account is asserted, and a number is told. A line has no use for the account.
  if (!party::is_number(asserted->number.digits) && party::is_number(told.number.digits)) {
    if (asserted->presentation == Presentation::Restricted) told.presentation = asserted->presentation;
    return told;
  }
  if (asserted->name.empty()) asserted->name = told.name;
  return *asserted;
}

std::optional<party::CallingParty> read_connected(const sip_t& message) {
  return read_asserted(message, false);
}

Identity identity_of(const call::Setup& setup, std::string_view domain, const IdentityPolicy& policy) {
  const auto& calling = setup.calling;
  Identity identity;
  identity.from = is_hidden(calling) ? "\"Anonymous\" <sip:anonymous@anonymous.invalid>"
                                     : address_of(calling, domain, setup.calling_subaddress);
  identity.lines = asserting_line(calling, domain, policy.identity, "calling");
  if (is_hidden(calling)) identity.lines += "Privacy: id\r\n";
  if (setup.redirection) {
    identity.lines += redirection_line(*setup.redirection, setup.called, domain, policy.diversion);
  }
  if (setup.user_user) identity.lines += user_user_line(*setup.user_user);
  return identity;
}

std::string connected_lines(const party::CallingParty& party, std::string_view domain, const IdentityPolicy& policy) {
  auto line = asserting_line(party, domain, policy.identity, "called");
  return line.empty() || !is_hidden(party) ? line : line + "Privacy: id\r\n";
}

}  // namespace sg::sip
