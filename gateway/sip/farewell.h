#pragma once

#include <sofia-sip/nua.h>
#include <sofia-sip/sip.h>

#include <cstdint>
#include <string>

#include "gateway/call/leg.h"

namespace sg::sip {

// A dialog's parts (RFC 3261 section 12), kept for the one case that Sofia forgets the dialog before we have said BYE:
// a request of ours that nobody answered. The peer's dialog may stand, and is to be ended. Owned by its leg. Signalling
// thread only.
class Farewell {
 public:
  // Before there are tags: our and the peer's address, as From and To of our requests have them.
  void set_addresses(std::string ours, std::string theirs);
  // `named`: to_tag is ours.
  void set_tags(const call::Replaces& named);
  // The message that made the dialog: a request's route is taken as it is, a response's from its end.
  void set_route(const sip_t& message);
  // Any message of the peer's inside the dialog: its Contact, and our CSeq where it answers us.
  void note(const sip_t& message);
  // BYE, on a handle of its own, which the agent destroys when it is answered. Nothing, where no dialog was.
  void say(nua_t* nua, const std::string& reason) const;

 private:
  call::Replaces dialog_;
  std::string ours_, theirs_, target_, route_;
  uint32_t sequence_ = 0;
};

}  // namespace sg::sip
