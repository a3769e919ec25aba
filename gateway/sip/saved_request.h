#pragma once

#include <sofia-sip/nua.h>

namespace sg::sip {

// A request that waits for our answer, kept until then.
class SavedRequest {
 public:
  SavedRequest() = default;
  ~SavedRequest() { reset(); }
  SavedRequest(const SavedRequest&) = delete;
  SavedRequest& operator=(const SavedRequest&) = delete;

  // The request that Sofia is just reporting.
  void save(nua_t* nua);
  void reset();
  bool is_set() const { return is_set_; }
  msg_t* message() const { return is_set_ ? ::nua_saved_event_request(event_) : nullptr; }

 private:
  nua_saved_event_t event_[1] = {};
  bool is_set_ = false;
};

}  // namespace sg::sip
