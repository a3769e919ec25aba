#include "gateway/sip/headers.h"

#include <sofia-sip/msg_mime.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/su_string.h>
#include <sofia-sip/url.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>

#include "base/text.h"
#include "gateway/sip/header_values.h"
#include "gateway/sip/identity.h"
#include "gateway/sip/redirection.h"
#include "gateway/sip/uri.h"
#include "gateway/sip/user_user.h"

namespace sg::sip {

bool is_type(const sip_t& message, const char* type) {
  return message.sip_content_type && message.sip_content_type->c_type &&
         ::su_casematch(message.sip_content_type->c_type, type);
}

namespace {

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

}  // namespace

std::string payload_of(const sip_payload_t* payload) {
  return payload && payload->pl_data ? std::string(payload->pl_data, payload->pl_len) : std::string{};
}

call::Setup read_setup(const sip_t& request) {
  auto home = make_home();
  call::Setup setup;
  if (request.sip_request) setup.called = number_of(request.sip_request->rq_url);
  setup.calling = read_calling(request);
  setup.redirection = read_redirection(request);
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
  // "?Replaces=1a2b%3Bto-tag%3D1%3Bfrom-tag%3D2".
  if (auto named = header_in(target->r_url, "Replaces"); !named.empty()) {
    const sip_replaces_t* replaces = has_controls(named) ? nullptr : ::sip_replaces_make(home.get(), named.c_str());
    if (!replaces) return std::nullopt;
    transfer.replaces = replaces_of(*replaces);
  }
  if (has_controls(transfer.to.digits)) return std::nullopt;
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
    if (number.digits.empty() || has_controls(number.digits)) continue;
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

bool accepts_sdp(const sip_t& request) {
  if (!request.sip_accept) return true;
  for (const auto* accept = request.sip_accept; accept; accept = accept->ac_next) {
    std::string_view type = accept->ac_type ? accept->ac_type : "";
    if (type == "*/*" || ::su_casematch(accept->ac_type, "application/*") ||
        ::su_casematch(accept->ac_type, "application/sdp")) {
      return true;
    }
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

}  // namespace sg::sip
