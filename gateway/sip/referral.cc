#include "gateway/sip/referral.h"

#include <fmt/format.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <utility>

namespace sg::sip {

void Referral::open(tagi_t* tags) {
  const sip_event_t* event = nullptr;
  ::tl_gets(tags, NUTAG_REFER_EVENT_REF(event), TAG_END());
  event_ = event && event->o_id ? fmt::format("refer;id={}", event->o_id) : "refer";
  is_undecided_ = true;
}

void Referral::accept(nua_handle_t* handle) {
  is_undecided_ = false;
  tell(handle, 100);
  for (int status : std::exchange(untold_, {})) tell(handle, status);
}

void Referral::refuse() {
  *this = Referral{};
}

void Referral::tell(nua_handle_t* handle, int status) {
  if (is_undecided_) return untold_.push_back(status);
  if (!is_open()) return;
  auto fragment = fmt::format("SIP/2.0 {} {}\r\n", status, ::sip_status_phrase(status));
  const bool is_final = status >= 200;
  ::nua_notify(handle, SIPTAG_EVENT_STR(event_.c_str()), SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"),
               SIPTAG_PAYLOAD_STR(fragment.c_str()),
               NUTAG_SUBSTATE(is_final ? nua_substate_terminated : nua_substate_active), TAG_END());
  if (is_final) event_.clear();
}

}  // namespace sg::sip
