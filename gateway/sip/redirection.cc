#include "gateway/sip/redirection.h"

#include <fmt/format.h>
#include <sofia-sip/sip_header.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "gateway/sip/header_values.h"
#include "gateway/sip/uri.h"

namespace sg::sip {
namespace {

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
std::optional<party::Redirection> read_diversion(const sip_t& request, su_home_t* home) {
  std::optional<party::Redirection> redirection;
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
    redirection->from = party_number_of(diversion->a_url);
    auto reason = parameter_of(diversion, "reason");
    for (const auto& known : kDiversionReasons) {
      if (::su_casematch(reason.c_str(), known.word)) redirection->reason = known.q952;
    }
    auto privacy = parameter_of(diversion, "privacy");
    if (!privacy.empty() && privacy != "off") redirection->presentation = Presentation::Restricted;
  });
  if (redirection) redirection->count = static_cast<uint8_t>(std::min(count, kMostDiversions));
  return redirection;
}

// Beside those: 600 is busy too (RFC 3261 section 21.6.1), and 487 a deflection while it rang (RFC 4458 section 2).
uint8_t reason_of_status(int status) {
  if (status == 600) status = 486;
  if (status == 487) status = 480;
  for (const auto& known : kDiversionReasons) {
    if (known.status == status) return known.q952;
  }
  return 0;
}

uint8_t reason_of_q850(int cause) {
  switch (cause) {
    case 17:  // user busy
      return 1;
    case 18:  // no user responding
    case 19:  // no answer from user
      return 2;
    case 20:  // subscriber absent
    case 27:  // destination out of order
      return 9;
    default:
      return 0;
  }
}

// RFC 7044 section 10.2: why the entry was diverted from, as the Reason header (RFC 3326) within its URI says. Not set:
// it has none.
std::optional<uint8_t> reason_in(const url_t* url, su_home_t* home) {
  auto text = header_in(url, "Reason");
  std::optional<uint8_t> found;
  for (const auto* reason = text.empty() ? nullptr : ::sip_reason_make(home, text.c_str()); reason;
       reason = reason->re_next) {
    int cause = 0;
    std::string_view digits = reason->re_cause ? reason->re_cause : "";
    std::from_chars(digits.data(), digits.data() + digits.size(), cause);
    bool is_sip = ::su_casematch(reason->re_protocol, "SIP"), is_q850 = ::su_casematch(reason->re_protocol, "Q.850");
    if (!found && (is_sip || is_q850)) found = 0;
    // Where both are told, whichever says more.
    if (found == 0) found = is_sip ? reason_of_status(cause) : is_q850 ? reason_of_q850(cause) : 0;
  }
  return found;
}

// RFC 7544 section 4: an entry whose URI has a cause was diverted to; the one before it diverted. RFC 7044
// section 10.2: so did one whose URI has a Reason, if it is not the last.
std::optional<party::Redirection> read_history(const sip_t& request, su_home_t* home) {
  std::optional<party::Redirection> redirection;
  const url_t* before = nullptr;
  int count = 0;
  for_each_unknown(request, "History-Info", [&](const char* value) {
    const sip_from_t* entry = ::sip_from_make(home, value);
    if (!entry) return;
    const url_t* diverting = std::exchange(before, entry->a_url);
    if (!diverting) return;
    char cause[8] = {};
    bool has_cause = ::url_param(entry->a_url->url_params, "cause", cause, sizeof(cause)) > 0;
    auto reason = has_cause ? std::optional(reason_of_status(std::atoi(cause))) : reason_in(diverting, home);
    if (!reason) return;
    ++count;
    redirection.emplace();
    redirection->from = party_number_of(diverting);
    redirection->reason = *reason;
    auto privacy = header_in(diverting, "Privacy");
    if (!privacy.empty() && !::su_casematch(privacy.c_str(), "none")) {
      redirection->presentation = Presentation::Restricted;
    }
  });
  if (redirection) redirection->count = static_cast<uint8_t>(std::min(count, kMostDiversions));
  return redirection;
}

std::string diversion_line(const party::Redirection& redirection, std::string_view domain) {
  return fmt::format("Diversion: <{}>;reason={};counter={};privacy={}\r\n", uri_of(redirection.from, domain),
                     reason_for(redirection.reason).word, redirection.count,
                     redirection.presentation == Presentation::Allowed ? "off" : "full");
}

// RFC 7544 section 3: who was called before the last that diverted is not known, only how many they were.
std::string history_line(const party::Redirection& redirection, const party::Number& called, std::string_view domain) {
  std::string line = "History-Info: ", index = "1";
  for (int i = 1; i < redirection.count; ++i, index += ".1") {
    line += fmt::format("<sip:unknown@unknown.invalid{}>;index={}, ", i == 1 ? "" : ";cause=404", index);
  }
  bool is_first = redirection.count <= 1;
  bool is_private = redirection.presentation != Presentation::Allowed;
  line += fmt::format("<{}{}>;index={}, ", uri_of(redirection.from, domain, is_first ? "" : ";cause=404"),
                      is_private ? "?Privacy=history" : "", index);
  auto cause = fmt::format(";cause={}", reason_for(redirection.reason).status);
  return line + fmt::format("<{}>;index={}.1\r\n", uri_of(called, domain, cause), index);
}

}  // namespace

std::optional<party::Redirection> read_redirection(const sip_t& request) {
  auto home = make_home();
  auto redirection = read_diversion(request, home.get());
  return redirection ? redirection : read_history(request, home.get());
}

std::string redirection_line(const party::Redirection& redirection, const party::Number& called,
                             std::string_view domain, DiversionStyle style) {
  switch (style) {
    case DiversionStyle::Diversion:
      return diversion_line(redirection, domain);
    case DiversionStyle::HistoryInfo:
      return history_line(redirection, called, domain);
    case DiversionStyle::None:
      break;
  }
  return {};
}

}  // namespace sg::sip
