#include "gateway/sip/headers.h"

#include <sofia-sip/msg_mime.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/su_string.h>
#include <sofia-sip/url.h>

#include <array>
#include <charconv>
#include <memory>

namespace sg::sip {
namespace {

struct HomeDeleter {
  void operator()(su_home_t* home) const { ::su_home_unref(home); }
};
using Home = std::unique_ptr<su_home_t, HomeDeleter>;
Home make_home() {
  return Home(static_cast<su_home_t*>(::su_home_new(sizeof(su_home_t))));
}

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

// Calls `use(value)` for each header of this name that Sofia keeps as text.
template <class Use>
void for_each_unknown(const sip_t& message, const char* name, Use&& use) {
  for (const sip_unknown_t* header = message.sip_unknown; header; header = header->un_next) {
    if (::su_casematch(header->un_name, name) && header->un_value) use(header->un_value);
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

tdm::CallingParty read_calling(const sip_t& request, su_home_t* home) {
  tdm::CallingParty calling;
  if (const sip_from_t* from = request.sip_from) {
    calling.number = number_of(from->a_url);
    calling.name = display_of(from->a_display);
  }
  bool is_asserted = false;
  for_each_unknown(request, "Remote-Party-ID", [&](const char* value) {
    const sip_from_t* party = ::sip_from_make(home, value);
    if (!party || is_asserted || ::su_casematch(parameter_of(party, "party").c_str(), "called")) return;
    is_asserted = true;
    calling.number = number_of(party->a_url);
    if (party->a_display) calling.name = display_of(party->a_display);
    auto privacy = parameter_of(party, "privacy");
    if (!privacy.empty() && privacy != "off") calling.presentation = tdm::Presentation::Restricted;
    if (parameter_of(party, "screen") == "yes") calling.screening = tdm::Screening::Network;
  });
  bool has_identity = false;
  for_each_unknown(request, "P-Asserted-Identity", [&](const char* value) {
    const sip_from_t* identity = ::sip_from_make(home, value);
    if (!identity || has_identity) return;
    has_identity = is_asserted = true;
    calling.number = number_of(identity->a_url);
    if (identity->a_display) calling.name = display_of(identity->a_display);
    calling.screening = tdm::Screening::Network;
  });
  if (asks_for_privacy(request)) calling.presentation = tdm::Presentation::Restricted;
  // RFC 3323 section 4.1.1.3: this From is nobody's number.
  if (!is_asserted && ::su_casematch(calling.number.digits.c_str(), "anonymous")) {
    calling.number.digits.clear();
    calling.name.clear();
    calling.presentation = tdm::Presentation::Restricted;
  }
  return calling;
}

struct DiversionReason {
  const char* word;
  uint8_t q952;
};
constexpr std::array<DiversionReason, 6> kDiversionReasons{
    {{"unknown", 0}, {"user-busy", 1}, {"no-answer", 2}, {"deflection", 4}, {"unavailable", 9}, {"unconditional", 15}}};

// The topmost Diversion is the latest; the lowest names who was called first.
std::optional<tdm::Redirection> read_diversion(const sip_t& request, su_home_t* home) {
  std::optional<tdm::Redirection> redirection;
  unsigned count = 0;
  for_each_unknown(request, "Diversion", [&](const char* value) {
    const sip_from_t* diversion = ::sip_from_make(home, value);
    if (!diversion) return;
    redirection.emplace();
    redirection->from = number_of(diversion->a_url);
    auto reason = parameter_of(diversion, "reason");
    for (const auto& known : kDiversionReasons) {
      if (::su_casematch(reason.c_str(), known.word)) redirection->reason = known.q952;
    }
    auto privacy = parameter_of(diversion, "privacy");
    if (!privacy.empty() && privacy != "off") redirection->presentation = tdm::Presentation::Restricted;
    unsigned counter = 1;
    auto digits = parameter_of(diversion, "counter");
    std::from_chars(digits.data(), digits.data() + digits.size(), counter);
    count += std::min(counter, 31u);
  });
  if (redirection) redirection->count = static_cast<uint8_t>(std::min(std::max(count, 1u), 31u));
  return redirection;
}

bool is_type(const sip_t& message, const char* type) {
  return message.sip_content_type && message.sip_content_type->c_type &&
         ::su_casematch(message.sip_content_type->c_type, type);
}

std::string payload_of(const sip_payload_t* payload) {
  return payload && payload->pl_data ? std::string(payload->pl_data, payload->pl_len) : std::string{};
}

std::string escaped_user(const tdm::Number& number) {
  std::string user = number.type == tdm::TypeOfNumber::International ? "+" : "";
  for (char c : number.digits) {
    bool plain =
        std::isalnum(static_cast<unsigned char>(c)) || std::string_view("+*-_.!~'()").find(c) != std::string_view::npos;
    user += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return user;
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
  if (request.sip_max_forwards) setup.max_forwards = static_cast<int>(request.sip_max_forwards->mf_count);
  setup.max_forwards -= 1;
  return setup;
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
    auto at = body.find("Signal=");
    if (at != std::string::npos) digits = body.substr(at + 7, 1);
  } else if (is_type(info, "application/dtmf")) {
    digits = body.substr(0, 1);
  }
  return std::string_view("0123456789*#ABCD").find(digits) == std::string_view::npos ? std::string{} : digits;
}

std::string read_sdp_body(const sip_t& message) {
  if (is_type(message, "application/sdp")) return payload_of(message.sip_payload);
  if (!message.sip_content_type || !message.sip_payload || !message.sip_content_type->c_type ||
      !::su_casenmatch(message.sip_content_type->c_type, "multipart/", 10)) {
    return {};
  }
  auto home = make_home();
  // Sofia cuts the body up in place: give it a copy.
  auto* copy = ::sip_payload_dup(home.get(), message.sip_payload);
  const msg_multipart_t* part = ::msg_multipart_parse(home.get(), message.sip_content_type, copy);
  for (; part; part = part->mp_next) {
    if (part->mp_content_type && ::su_casematch(part->mp_content_type->c_type, "application/sdp")) {
      return payload_of(part->mp_payload);
    }
  }
  return {};
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

std::string uri_of(const tdm::Number& number, std::string_view host_and_port, std::string_view parameters) {
  auto user = escaped_user(number);
  return fmt::format("sip:{}{}{}{}", user, user.empty() ? "" : "@", host_and_port, parameters);
}

Identity identity_of(const call::Setup& setup, std::string_view domain) {
  const auto& calling = setup.calling;
  Identity identity;
  auto display = calling.name.empty() ? std::string{} : quoted(calling.name) + " ";
  auto address = fmt::format("{}<{}>", display, uri_of(calling.number, domain));
  bool is_hidden = calling.presentation != tdm::Presentation::Allowed;
  identity.from = is_hidden ? "\"Anonymous\" <sip:anonymous@anonymous.invalid>" : address;
  if (!calling.number.digits.empty()) identity.asserted = address;
  if (is_hidden) identity.privacy = "id";
  if (setup.redirection) {
    const auto& from = *setup.redirection;
    std::string_view reason = "unknown";
    for (const auto& known : kDiversionReasons) {
      if (known.q952 == from.reason) reason = known.word;
    }
    identity.diversion = fmt::format("<{}>;reason={};counter={};privacy={}", uri_of(from.from, domain), reason,
                                     from.count, from.presentation == tdm::Presentation::Allowed ? "off" : "full");
  }
  return identity;
}

}  // namespace sg::sip
