#pragma once

#include <sofia-sip/msg_types.h>
#include <sofia-sip/sip.h>

#include <functional>
#include <memory>

#include "base/socket_address.h"

namespace sg::sip {

// Sees each message between Sofia's parser and its transactions, where it can still be left without any answer.
// Owned by the SipAgent, outlives its user agents. Signalling thread only.
class Intake {
 public:
  // False: the request is dropped.
  using Admit = std::function<bool(const sip_t& request, const SocketAddress& source)>;

  explicit Intake(Admit admit);
  ~Intake();

  // For NTATAG_MCLASS.
  const msg_mclass_t* message_class() const;

 private:
  struct MessageClass;
  static issize_t extract_body(msg_t* message, msg_pub_t* parsed, char* text, isize_t size, int at_end) noexcept;

  std::unique_ptr<MessageClass> class_;
};

// The contacts of a redirection, which Sofia must not find by itself: it would follow them without a word.
const sip_contact_t* redirect_contacts(const sip_t& response);

}  // namespace sg::sip
