#include "gateway/sip/saved_request.h"

namespace sg::sip {

void SavedRequest::save(nua_t* nua) {
  reset();
  is_set_ = ::nua_save_event(nua, event_) != 0;
}

void SavedRequest::reset() {
  if (is_set_) ::nua_destroy_event(event_);
  is_set_ = false;
}

}  // namespace sg::sip
