#pragma once

#include <sofia-sip/nua.h>

#include <string>
#include <vector>

namespace sg::sip {

// The subscription that a REFER makes inside a dialog, by which the peer is told how its transfer goes (RFC 3515,
// RFC 5589). One at a time. Owned by its SipLeg; signalling thread only.
class Referral {
 public:
  bool is_open() const { return !event_.empty(); }
  // While the call decides, what it has to tell is kept until the REFER is answered.
  bool is_undecided() const { return is_undecided_; }

  // From inside the event of the REFER, with its tags.
  void open(tagi_t* tags);
  // REFER has its answer: 202, or a refusal.
  void accept(nua_handle_t* handle);
  void refuse();
  // NOTIFY; a status from 200 on is the last.
  void tell(nua_handle_t* handle, int status);

 private:
  std::string event_;  // empty: none
  bool is_undecided_ = false;
  std::vector<int> untold_;
};

}  // namespace sg::sip
