#include "gateway/sip/farewell.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>

#include <algorithm>

#include "gateway/sip/header_values.h"
#include "gateway/sip/sip_words.h"

namespace sg::sip {
namespace {

constexpr uint32_t kBeyondUnanswered = 100;

}  // namespace

void Farewell::set_addresses(std::string ours, std::string theirs) {
  ours_ = std::move(ours);
  theirs_ = std::move(theirs);
}

void Farewell::set_tags(const call::Replaces& named) {
  dialog_ = named;
}

void Farewell::set_route(const sip_t& message) {
  auto home = make_home();
  route_.clear();
  for (const auto* hop = message.sip_record_route; hop; hop = hop->r_next) {
    auto uri = std::string("<") + ::url_as_string(home.get(), hop->r_url) + ">";
    const bool is_first = route_.empty();
    route_ = is_first ? uri : message.sip_status ? uri + ", " + route_ : route_ + ", " + uri;
  }
}

void Farewell::note(const sip_t& message) {
  auto home = make_home();
  const bool may_tell = message.sip_request || (message.sip_status && message.sip_status->st_status < 300);
  if (message.sip_contact && may_tell) target_ = ::url_as_string(home.get(), message.sip_contact->m_url);
  if (message.sip_status && message.sip_cseq) sequence_ = std::max(sequence_, message.sip_cseq->cs_seq);
}

void Farewell::say(nua_t* nua, const std::string& reason) const {
  if (dialog_.call_id.empty() || target_.empty()) return;
  auto from = ours_ + ";tag=" + dialog_.to_tag, to = theirs_ + ";tag=" + dialog_.from_tag;
  nua_handle_t* handle =
      ::nua_handle(nua, nullptr, NUTAG_URL(target_.c_str()), SIPTAG_CALL_ID_STR(dialog_.call_id.c_str()),
                   SIPTAG_FROM_STR(from.c_str()), SIPTAG_TO_STR(to.c_str()), TAG_END());
  if (!handle) return;
  // What was never answered has a number too.
  auto sequence = std::to_string(sequence_ + kBeyondUnanswered) + " BYE";
  ::nua_method(handle, NUTAG_METHOD("BYE"), SIPTAG_CSEQ_STR(sequence.c_str()), SIPTAG_ROUTE_STR(or_null(route_)),
               SIPTAG_REASON_STR(reason.c_str()), TAG_END());
}

}  // namespace sg::sip
