#include "gateway/sip/headers.h"

#include <sofia-sip/msg_mime.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/su_string.h>
#include <sofia-sip/url.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <memory>

namespace sg::sip {
namespace {

std::string text_of(const char* text) {
  return text ? text : "";
}

tdm::Number number_of(const url_t* url) {
  tdm::Number number;
  number.digits = user_of(url);
  if (number.digits.starts_with('+')) {
    number.digits.erase(0, 1);
    number.type = tdm::TypeOfNumber::International;
  }
  return number;
}

// A display name without its quotes.
std::string display_of(const char* display) {
  std::string quoted = text_of(display), name;
  if (quoted.size() < 2 || quoted.front() != '"') return quoted;
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\' && i + 2 < quoted.size()) ++i;
    name += quoted[i];
  }
  return name;
}

// The values of a header that may be a list: its parts at the commas that stand outside of quotes and of <…>.
std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> parts(1);
  bool in_quotes = false, in_address = false;
  for (size_t i = 0; i < list.size(); ++i) {
    char c = list[i];
    if (in_quotes && c == '\\' && i + 1 < list.size())
      parts.back() += list[i++], c = list[i];
    else if (c == '"')
      in_quotes = !in_quotes;
    else if (!in_quotes && c == '<')
      in_address = true;
    else if (!in_quotes && c == '>')
      in_address = false;
    if (c == ',' && !in_quotes && !in_address) {
      parts.emplace_back();
    } else if (c != ' ' || !parts.back().empty()) {
      parts.back() += c;
    }
  }
  return parts;
}

// Calls `use(value)` for each value of the headers of this name that Sofia keeps as text.
template <class Use>
void for_each_unknown(const sip_t& message, const char* name, Use&& use) {
  for (const sip_unknown_t* header = message.sip_unknown; header; header = header->un_next) {
    if (!::su_casematch(header->un_name, name) || !header->un_value) continue;
    for (const auto& part : parts_of(header->un_value)) use(part.c_str());
  }
}

std::string parameter_of(const sip_from_t* address, const char* name) {
  std::string value = text_of(::msg_params_find(address->a_params, name));
  if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

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
std::optional<tdm::CallingParty> read_asserted(const sip_t& message, su_home_t* home, bool of_caller) {
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

tdm::CallingParty read_calling(const sip_t& request, su_home_t* home) {
  tdm::CallingParty calling;
  if (const sip_from_t* from = request.sip_from) {
    calling.number = number_of(from->a_url);
    calling.name = display_of(from->a_display);
  }
  if (auto asserted = read_asserted(request, home, true)) {
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

// Why a call was diverted: in Diversion (RFC 5806), in Q.952, and as RFC 4458 section 2 numbers it for History-Info.
struct DiversionReason {
  const char* word;
  uint8_t q952;
  int status;
};
constexpr std::array<DiversionReason, 6> kDiversionReasons{{{"unknown", 0, 404},
                                                            {"user-busy", 1, 486},
                                                            {"no-answer", 2, 408},
                                                            {"deflection", 4, 480},
                                                            {"unavailable", 9, 503},
                                                            {"unconditional", 15, 302}}};
constexpr int kMostDiversions = 31;

const DiversionReason& reason_for(uint8_t q952) {
  for (const auto& known : kDiversionReasons) {
    if (known.q952 == q952) return known;
  }
  return kDiversionReasons.front();
}

// The topmost Diversion is the latest: Q.931's redirecting number. Their counters add up.
std::optional<tdm::Redirection> read_diversion(const sip_t& request, su_home_t* home) {
  std::optional<tdm::Redirection> redirection;
  int count = 0;
  for_each_unknown(request, "Diversion", [&](const char* value) {
    const sip_from_t* diversion = ::sip_from_make(home, value);
    if (!diversion || user_of(diversion->a_url).empty()) return;
    int counter = 1;
    auto digits = parameter_of(diversion, "counter");
    std::from_chars(digits.data(), digits.data() + digits.size(), counter);
    count += std::clamp(counter, 1, kMostDiversions);
    if (redirection) return;
    redirection.emplace();
    redirection->from = number_of(diversion->a_url);
    auto reason = parameter_of(diversion, "reason");
    for (const auto& known : kDiversionReasons) {
      if (::su_casematch(reason.c_str(), known.word)) redirection->reason = known.q952;
    }
    auto privacy = parameter_of(diversion, "privacy");
    if (!privacy.empty() && privacy != "off") redirection->presentation = tdm::Presentation::Restricted;
  });
  if (redirection) redirection->count = static_cast<uint8_t>(std::min(count, kMostDiversions));
  return redirection;
}

// RFC 7544 section 4: an entry whose URI has a cause was diverted to; the one before it diverted.
std::optional<tdm::Redirection> read_history(const sip_t& request, su_home_t* home) {
  std::optional<tdm::Redirection> redirection;
  const url_t* before = nullptr;
  int count = 0;
  for_each_unknown(request, "History-Info", [&](const char* value) {
    const sip_from_t* entry = ::sip_from_make(home, value);
    if (!entry) return;
    char cause[8] = {};
    if (before && ::url_param(entry->a_url->url_params, "cause", cause, sizeof(cause)) > 0) {
      ++count;
      redirection.emplace();
      redirection->from = number_of(before);
      for (const auto& known : kDiversionReasons) {
        if (std::to_string(known.status) == cause) redirection->reason = known.q952;
      }
      std::string_view headers = before->url_headers ? before->url_headers : "";
      if (headers.find("rivacy=") != std::string_view::npos) {
        redirection->presentation = tdm::Presentation::Restricted;
      }
    }
    before = entry->a_url;
  });
  if (redirection) redirection->count = static_cast<uint8_t>(std::min(count, kMostDiversions));
  return redirection;
}

int value_of_hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Empty: no hex.
std::string octets_of_hex(std::string_view hex) {
  std::string octets;
  if (hex.size() % 2) return {};
  for (size_t i = 0; i < hex.size(); i += 2) {
    int high = value_of_hex(hex[i]), low = value_of_hex(hex[i + 1]);
    if (high < 0 || low < 0) return {};
    octets += static_cast<char>(high << 4 | low);
  }
  return octets;
}

std::string hex_of(std::string_view octets) {
  std::string hex;
  for (char c : octets) hex += fmt::format("{:02X}", static_cast<unsigned char>(c));
  return hex;
}

constexpr char kAfiOfIa5 = 0x50;

// A parameter of the user part: "4711" of "+4930;isub=4711".
std::string user_parameter(const url_t* url, std::string_view name) {
  std::string_view user = url && url->url_user ? url->url_user : "";
  for (auto at = user.find(';'); at != std::string_view::npos; at = user.find(';')) {
    user = user.substr(at + 1);
    auto parameter = user.substr(0, user.find(';'));
    if (!parameter.starts_with(name) || parameter.substr(name.size(), 1) != "=") continue;
    std::string escaped(parameter.substr(name.size() + 1)), value = escaped;
    value.resize(::url_unescape_to(value.data(), escaped.c_str(), value.size()));
    return value;
  }
  return {};
}

// RFC 4715.
std::optional<tdm::Subaddress> read_subaddress(const url_t* url) {
  auto text = user_parameter(url, "isub");
  if (text.empty()) return std::nullopt;
  auto encoding = user_parameter(url, "isub-encoding");
  tdm::Subaddress subaddress;
  subaddress.octets = ::su_casematch(encoding.c_str(), "nsap") ? octets_of_hex(text) : kAfiOfIa5 + text;
  if (subaddress.octets.empty() || subaddress.octets.size() > 20) return std::nullopt;
  return subaddress;
}

bool is_type(const sip_t& message, const char* type) {
  return message.sip_content_type && message.sip_content_type->c_type &&
         ::su_casematch(message.sip_content_type->c_type, type);
}

constexpr std::string_view kSignal = "Signal";

// Of an IPv6 address without its brackets.
std::string host_of(const url_t* url) {
  std::string host = text_of(url->url_host);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return host;
}

uint16_t port_of(const url_t* url) {
  constexpr uint16_t kDefaultPort = 5060;
  return url->url_port ? static_cast<uint16_t>(std::strtoul(url->url_port, nullptr, 10)) : kDefaultPort;
}

std::string payload_of(const sip_payload_t* payload) {
  return payload && payload->pl_data ? std::string(payload->pl_data, payload->pl_len) : std::string{};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain =
        std::isalnum(static_cast<unsigned char>(c)) || std::string_view("+*-_.!~'()").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// With its sub-address, where SIP has a word for it (RFC 4715: NSAP only).
std::string escaped_user(const tdm::Number& number, const std::optional<tdm::Subaddress>& subaddress) {
  std::string user = (number.type == tdm::TypeOfNumber::International ? "+" : "") + escaped(number.digits);
  if (!subaddress || !subaddress->is_nsap || subaddress->octets.empty()) return user;
  if (subaddress->octets.front() == kAfiOfIa5) {
    return user + ";isub=" + escaped(subaddress->octets.substr(1)) + ";isub-encoding=nsap-ia5";
  }
  return user + ";isub=" + hex_of(subaddress->octets) + ";isub-encoding=nsap";
}

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (char c : name) {
    if (static_cast<unsigned char>(c) < ' ') continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string user_of(const url_t* url) {
  if (!url) return {};
  const char* escaped = url->url_user ? url->url_user : url->url_type == url_tel ? url->url_host : nullptr;
  if (!escaped) return {};
  std::string user(escaped);
  user.resize(::url_unescape_to(user.data(), escaped, user.size()));
  return user.substr(0, user.find(';'));
}

call::Setup read_setup(const sip_t& request) {
  auto home = make_home();
  call::Setup setup;
  if (request.sip_request) setup.called = number_of(request.sip_request->rq_url);
  setup.calling = read_calling(request, home.get());
  setup.redirection = read_diversion(request, home.get());
  if (!setup.redirection) setup.redirection = read_history(request, home.get());
  if (request.sip_request) setup.called_subaddress = read_subaddress(request.sip_request->rq_url);
  if (request.sip_from) setup.calling_subaddress = read_subaddress(request.sip_from->a_url);
  setup.user_user = read_user_user(request);
  if (const sip_replaces_t* replaces = sip_replaces(&request)) setup.replaces = replaces_of(*replaces);
  // RFC 3911: written as Replaces is.
  for_each_unknown(request, "Join", [&](const char* value) {
    const sip_replaces_t* join = ::sip_replaces_make(home.get(), value);
    if (join && !setup.join) setup.join = replaces_of(*join);
  });
  if (request.sip_max_forwards) setup.max_forwards = static_cast<int>(request.sip_max_forwards->mf_count);
  setup.max_forwards -= 1;
  return setup;
}

std::optional<tdm::CallingParty> read_connected(const sip_t& message) {
  auto home = make_home();
  return read_asserted(message, home.get(), false);
}

std::optional<tdm::UserUser> read_user_user(const sip_t& message) {
  std::optional<tdm::UserUser> user_user;
  for_each_unknown(message, "User-to-User", [&](const char* value) {
    // "04416263;encoding=hex". Other packages than isdn-uui (RFC 7434) are not for us.
    std::string_view text(value);
    auto data = text.substr(0, text.find(';'));
    if (text.find("purpose=") != std::string_view::npos && text.find("purpose=isdn-u") == std::string_view::npos)
      return;
    auto octets = octets_of_hex(data.substr(0, data.find_last_not_of(' ') + 1));
    if (user_user || octets.size() < 2 || octets.size() > 129) return;
    user_user = tdm::UserUser{static_cast<uint8_t>(octets.front()), octets.substr(1)};
  });
  return user_user;
}

call::Replaces replaces_of(const sip_replaces_t& header) {
  return {text_of(header.rp_call_id), text_of(header.rp_to_tag), text_of(header.rp_from_tag),
          header.rp_early_only != 0};
}

std::optional<call::TransferRequest> read_transfer(const sip_t& refer) {
  const sip_refer_to_t* target = refer.sip_refer_to;
  if (!target) return std::nullopt;
  auto home = make_home();
  call::TransferRequest transfer;
  transfer.to = number_of(target->r_url);
  if (refer.sip_referred_by) {
    const char* text = ::sip_header_as_string(home.get(), reinterpret_cast<const sip_header_t*>(refer.sip_referred_by));
    transfer.referred_by = text_of(text);
  }
  // Headers within the URI: "?Replaces=1a2b%3Bto-tag%3D1%3Bfrom-tag%3D2".
  std::string headers = text_of(target->r_url->url_headers);
  for (size_t at = 0; at < headers.size();) {
    auto end = std::min(headers.find('&', at), headers.size());
    auto header = headers.substr(at, end - at);
    at = end + 1;
    auto equals = header.find('=');
    if (equals == std::string::npos || !::su_casematch(header.substr(0, equals).c_str(), "Replaces")) continue;
    auto value = header.substr(equals + 1), plain = value;
    plain.resize(::url_unescape_to(plain.data(), value.c_str(), plain.size()));
    const sip_replaces_t* replaces = ::sip_replaces_make(home.get(), plain.c_str());
    if (!replaces) return std::nullopt;
    transfer.replaces = replaces_of(*replaces);
  }
  if (transfer.to.digits.empty() && !transfer.replaces) return std::nullopt;
  return transfer;
}

std::vector<call::Redirect> read_redirects(const sip_contact_t* contacts,
                                           const std::function<bool(const std::string&, uint16_t)>& is_ours) {
  struct Weighed {
    call::Redirect redirect;
    double q;
  };
  auto home = make_home();
  std::vector<Weighed> all;
  for (; contacts; contacts = contacts->m_next) {
    auto type = contacts->m_url->url_type;
    if (type != url_sip && type != url_tel) continue;
    auto number = number_of(contacts->m_url);
    if (number.digits.empty()) continue;
    const char* uri = type == url_sip ? ::url_as_string(home.get(), contacts->m_url) : nullptr;
    const bool is_own = type == url_sip && is_ours && is_ours(host_of(contacts->m_url), port_of(contacts->m_url));
    all.push_back(
        {{std::move(number), text_of(uri), is_own}, contacts->m_q ? std::strtod(contacts->m_q, nullptr) : 1.0});
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.q > b.q; });
  std::vector<call::Redirect> redirects;
  for (auto& each : all) redirects.push_back(std::move(each.redirect));
  return redirects;
}

int read_q850(const sip_t& message) {
  for (const sip_reason_t* reason = message.sip_reason; reason; reason = reason->re_next) {
    if (!::su_casematch(reason->re_protocol, "Q.850") || !reason->re_cause) continue;
    int cause = 0;
    std::string_view digits(reason->re_cause);
    std::from_chars(digits.data(), digits.data() + digits.size(), cause);
    if (cause > 0 && cause <= 127) return cause;
  }
  return 0;
}

std::string read_dtmf(const sip_t& info) {
  auto body = payload_of(info.sip_payload);
  std::string digits;
  if (is_type(info, "application/dtmf-relay")) {
    // "Signal=5", "Signal = 5", in any case.
    auto at = std::search(body.begin(), body.end(), kSignal.begin(), kSignal.end(), [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    });
    auto rest = std::string_view(body).substr(static_cast<size_t>(at - body.begin()));
    rest = rest.substr(std::min(kSignal.size(), rest.size()));
    digits = rest.substr(std::min(rest.find_first_not_of(" =\t"), rest.size()), 1);
  } else if (is_type(info, "application/dtmf")) {
    digits = body.substr(0, 1);
  }
  return std::string_view("0123456789*#ABCD").find(digits) == std::string_view::npos ? std::string{} : digits;
}

namespace {

// Null: the body has no parts.
const msg_multipart_t* parts_of_body(const sip_t& message, su_home_t* home) {
  if (!message.sip_content_type || !message.sip_payload || !message.sip_content_type->c_type ||
      !::su_casenmatch(message.sip_content_type->c_type, "multipart/", 10)) {
    return nullptr;
  }
  // Sofia cuts the body up in place: give it a copy.
  auto* copy = ::sip_payload_dup(home, message.sip_payload);
  return ::msg_multipart_parse(home, message.sip_content_type, copy);
}

bool is_optional(const msg_content_disposition_t* disposition) {
  return disposition && disposition->cd_optional;
}

}  // namespace

std::string read_sdp_body(const sip_t& message) {
  if (is_type(message, "application/sdp")) return payload_of(message.sip_payload);
  auto home = make_home();
  for (const auto* part = parts_of_body(message, home.get()); part; part = part->mp_next) {
    if (part->mp_content_type && ::su_casematch(part->mp_content_type->c_type, "application/sdp")) {
      return payload_of(part->mp_payload);
    }
  }
  return {};
}

bool must_understand_body(const sip_t& message) {
  if (!message.sip_payload || is_type(message, "application/sdp") || is_optional(message.sip_content_disposition))
    return false;
  auto home = make_home();
  const auto* part = parts_of_body(message, home.get());
  if (!part) return true;
  for (; part; part = part->mp_next) {
    if (!is_optional(part->mp_content_disposition)) return true;
  }
  return false;
}

std::optional<std::chrono::seconds> expiry_of(const sip_t& invite) {
  const sip_expires_t* expires = invite.sip_expires;
  if (!expires) return std::nullopt;
  if (!expires->ex_date) return std::chrono::seconds(expires->ex_delta);
  // A moment in time, by the sender's clock if it tells that.
  const auto now = invite.sip_date ? invite.sip_date->d_time : ::sip_now();
  return std::chrono::seconds(expires->ex_date > now ? expires->ex_date - now : 0);
}

bool supports_100rel(const sip_t& request) {
  return ::sip_has_feature(request.sip_supported, "100rel") || ::sip_has_feature(request.sip_require, "100rel");
}

bool allows_update(const sip_t& message) {
  return message.sip_allow && ::sip_is_allowed(message.sip_allow, SIP_METHOD_UPDATE);
}

std::string reason_of(const call::Cause& cause) {
  return fmt::format("Q.850;cause={};text=\"{}\"", cause.q850, call::text_of(cause));
}

std::string uri_of(const tdm::Number& number, std::string_view host_and_port, std::string_view parameters,
                   const std::optional<tdm::Subaddress>& subaddress) {
  auto user = escaped_user(number, subaddress);
  return fmt::format("sip:{}{}{}{}", user, user.empty() ? "" : "@", host_and_port, parameters);
}

namespace {

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

std::string diversion_line(const tdm::Redirection& redirection, std::string_view domain) {
  return fmt::format("Diversion: <{}>;reason={};counter={};privacy={}\r\n", uri_of(redirection.from, domain),
                     reason_for(redirection.reason).word, redirection.count,
                     redirection.presentation == tdm::Presentation::Allowed ? "off" : "full");
}

// RFC 7544 section 3: who was called before the last that diverted is not known, only how many they were.
std::string history_line(const tdm::Redirection& redirection, const tdm::Number& called, std::string_view domain) {
  std::string line = "History-Info: ", index = "1";
  for (int i = 1; i < redirection.count; ++i, index += ".1") {
    line += fmt::format("<sip:unknown@unknown.invalid{}>;index={}, ", i == 1 ? "" : ";cause=404", index);
  }
  bool is_first = redirection.count <= 1;
  bool is_private = redirection.presentation != tdm::Presentation::Allowed;
  line += fmt::format("<{}{}>;index={}, ", uri_of(redirection.from, domain, is_first ? "" : ";cause=404"),
                      is_private ? "?Privacy=history" : "", index);
  auto cause = fmt::format(";cause={}", reason_for(redirection.reason).status);
  return line + fmt::format("<{}>;index={}.1\r\n", uri_of(called, domain, cause), index);
}

}  // namespace

std::string user_user_line(const tdm::UserUser& user_user) {
  auto octets = std::string(1, static_cast<char>(user_user.protocol)) + user_user.octets;
  return "User-to-User: " + hex_of(octets) + ";encoding=hex\r\n";
}

Identity identity_of(const call::Setup& setup, std::string_view domain, const IdentityPolicy& policy) {
  const auto& calling = setup.calling;
  Identity identity;
  identity.from = is_hidden(calling) ? "\"Anonymous\" <sip:anonymous@anonymous.invalid>"
                                     : address_of(calling, domain, setup.calling_subaddress);
  identity.lines = asserting_line(calling, domain, policy.identity, "calling");
  if (is_hidden(calling)) identity.lines += "Privacy: id\r\n";
  if (setup.redirection && policy.diversion == DiversionStyle::Diversion) {
    identity.lines += diversion_line(*setup.redirection, domain);
  }
  if (setup.redirection && policy.diversion == DiversionStyle::HistoryInfo) {
    identity.lines += history_line(*setup.redirection, setup.called, domain);
  }
  if (setup.user_user) identity.lines += user_user_line(*setup.user_user);
  return identity;
}

std::string connected_lines(const tdm::CallingParty& party, std::string_view domain, const IdentityPolicy& policy) {
  auto line = asserting_line(party, domain, policy.identity, "called");
  return line.empty() || !is_hidden(party) ? line : line + "Privacy: id\r\n";
}

}  // namespace sg::sip
