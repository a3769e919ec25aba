#pragma once

#include <sofia-sip/nua.h>

namespace sg::sip {

// What one of Sofia's handles belongs to, and points to as its magic.
class HandleOwner {
 public:
  virtual void on_event(nua_event_t event, int status, const sip_t* sip, tagi_t* tags) = 0;
  nua_hmagic_t* magic() { return reinterpret_cast<nua_hmagic_t*>(this); }
  static HandleOwner& from(nua_hmagic_t* magic) { return *reinterpret_cast<HandleOwner*>(magic); }

 protected:
  ~HandleOwner() = default;
};

}  // namespace sg::sip
