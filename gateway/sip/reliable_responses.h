#pragma once

#include <sofia-sip/nua.h>
#include <sofia-sip/sip.h>

#include <cstdint>
#include <map>
#include <string>

namespace sg::sip {

// The reliable provisional responses to one INVITE of ours, and their PRACKs (RFC 3262 section 4). Each fork has tags
// of its own, and counts for itself. Owned by its SipLeg; signalling thread only.
class ReliableResponses {
 public:
  // Sends PRACK where one is due. False: the response has come before or is out of order, and counts for nothing.
  // `is_established`: Sofia has the dialog; else PRACK says for itself where it goes.
  bool acknowledge(nua_handle_t* handle, const sip_t& response, bool is_established);
  // The INVITE is answered.
  void forget() { last_.clear(); }

 private:
  std::map<std::string, uint32_t> last_;  // RSeq, by CSeq and To tag
};

}  // namespace sg::sip
