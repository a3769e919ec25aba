#include "gateway/sip/reliable_responses.h"

#include <fmt/format.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>

#include <utility>

#include "gateway/sip/header_values.h"
#include "gateway/sip/intake.h"

namespace sg::sip {
namespace {

constexpr size_t kMostForks = 32;

}  // namespace

bool ReliableResponses::acknowledge(nua_handle_t* handle, const sip_t& response, bool is_established) {
  auto sequence = reliable_sequence(response);
  if (!sequence || !response.sip_to || !response.sip_to->a_tag) return true;
  auto fork = fmt::format("{} {}", response.sip_cseq->cs_seq, response.sip_to->a_tag);
  if (last_.size() >= kMostForks && !last_.contains(fork)) return false;
  auto [last, is_new] = last_.try_emplace(fork, *sequence);
  if (!is_new && *sequence != last->second + 1) return false;
  last->second = *sequence;
  auto rack = fmt::format("{} {} INVITE", *sequence, response.sip_cseq->cs_seq);
  if (is_established) {
    ::nua_method(handle, NUTAG_METHOD("PRACK"), SIPTAG_RACK_STR(rack.c_str()), TAG_END());
    return true;
  }
  // No dialog stands yet, so its parts are told one by one (RFC 3261 section 12.1.2).
  auto home = make_home();
  const char* target = response.sip_contact ? ::url_as_string(home.get(), response.sip_contact->m_url) : nullptr;
  sip_route_t* route = nullptr;
  for (auto* next = ::sip_route_dup(home.get(), response.sip_record_route); next;) {
    auto* hop = std::exchange(next, next->r_next);
    hop->r_next = std::exchange(route, hop);
  }
  ::nua_method(handle, NUTAG_METHOD("PRACK"), TAG_IF(target, NUTAG_URL(target)), SIPTAG_TO(response.sip_to),
               SIPTAG_ROUTE(route), SIPTAG_RACK_STR(rack.c_str()), TAG_END());
  return true;
}

}  // namespace sg::sip
