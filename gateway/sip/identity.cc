#include "gateway/sip/identity.h"

#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>

#include "gateway/sip/header_values.h"
#include "gateway/sip/redirection.h"
#include "gateway/sip/uri.h"
#include "gateway/sip/user_user.h"

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

// What P-Asserted-Identity or else Remote-Party-ID says. Nothing: neither is there.
std::optional<tdm::CallingParty> read_asserted(const sip_t& message, bool of_caller) {
  auto own = make_home();
  su_home_t* home = own.get();
  std::optional<tdm::CallingParty> asserted;
  for_each_unknown(message, "P-Asserted-Identity", [&](const char* value) {
    const sip_from_t* identity = ::sip_from_make(home, value);
    if (!identity || asserted) return;
    asserted.emplace();
    asserted->number = number_of(identity->a_url);
    asserted->name = display_of(identity->a_display);
    asserted->screening = tdm::Screening::Network;
  });
  bool is_final = asserted.has_value();
  for_each_unknown(message, "Remote-Party-ID", [&](const char* value) {
    const sip_from_t* party = ::sip_from_make(home, value);
    auto whose = party ? parameter_of(party, "party") : std::string{};
    if (!party || is_final || ::su_casematch(whose.c_str(), of_caller ? "called" : "calling")) return;
    is_final = true;
    asserted.emplace();
    asserted->number = number_of(party->a_url);
    asserted->name = display_of(party->a_display);
    auto privacy = parameter_of(party, "privacy");
    if (!privacy.empty() && privacy != "off") asserted->presentation = tdm::Presentation::Restricted;
    if (parameter_of(party, "screen") == "yes") asserted->screening = tdm::Screening::Network;
  });
  if (asserted && asks_for_privacy(message)) asserted->presentation = tdm::Presentation::Restricted;
  return asserted;
}

bool is_hidden(const tdm::CallingParty& party) {
  return party.presentation != tdm::Presentation::Allowed;
}

std::string address_of(const tdm::CallingParty& party, std::string_view domain,
                       const std::optional<tdm::Subaddress>& subaddress = {}) {
  auto display = party.name.empty() ? std::string{} : quoted(party.name) + " ";
  return fmt::format("{}<{}>", display, uri_of(party.number, domain, {}, subaddress));
}

// P-Asserted-Identity or Remote-Party-ID, as the peer likes it.
std::string asserting_line(const tdm::CallingParty& party, std::string_view domain, IdentityStyle style,
                           std::string_view whose) {
  if (party.number.digits.empty() || style == IdentityStyle::From) return {};
  auto address = address_of(party, domain);
  if (style == IdentityStyle::Asserted) return "P-Asserted-Identity: " + address + "\r\n";
  bool is_screened = party.screening == tdm::Screening::Network || party.screening == tdm::Screening::UserPassed;
  return fmt::format("Remote-Party-ID: {};party={};screen={};privacy={}\r\n", address, whose,
                     is_screened ? "yes" : "no", is_hidden(party) ? "full" : "off");
}

}  // namespace

tdm::CallingParty read_calling(const sip_t& request) {
  tdm::CallingParty calling;
  if (const sip_from_t* from = request.sip_from) {
    calling.number = number_of(from->a_url);
    calling.name = display_of(from->a_display);
  }
  if (auto asserted = read_asserted(request, true)) {
    if (asserted->name.empty()) asserted->name = calling.name;
    return *asserted;
  }
  if (asks_for_privacy(request)) calling.presentation = tdm::Presentation::Restricted;
  // RFC 3323 section 4.1.1.3: this From is nobody's number.
  if (::su_casematch(calling.number.digits.c_str(), "anonymous")) {
    calling.number.digits.clear();
    calling.name.clear();
    calling.presentation = tdm::Presentation::Restricted;
  }
  return calling;
}

std::optional<tdm::CallingParty> read_connected(const sip_t& message) {
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

std::string connected_lines(const tdm::CallingParty& party, std::string_view domain, const IdentityPolicy& policy) {
  auto line = asserting_line(party, domain, policy.identity, "called");
  return line.empty() || !is_hidden(party) ? line : line + "Privacy: id\r\n";
}

}  // namespace sg::sip
