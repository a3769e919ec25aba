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

  // Whether a dialog with this Call-ID stands.
  using Stands = std::function<bool(const char* call_id)>;

  Intake(Admit admit, Stands stands);
  ~Intake();

  // For NTATAG_MCLASS.
  const msg_mclass_t* message_class() const;

 private:
  struct MessageClass;
  static issize_t extract_body(msg_t* message, msg_pub_t* parsed, char* text, isize_t size, int at_end) noexcept;

  std::unique_ptr<MessageClass> class_;
};

// The status as the peer sent it. That of a re-INVITE's refusal is changed on its way in, where Sofia would end the
// dialog for it though it speaks of the request only (RFC 5057 section 5.1).
int true_status(const sip_t& response);

// The contacts of a redirection, which Sofia must not find by itself: it would follow them without a word.
const sip_contact_t* redirect_contacts(const sip_t& response);

}  // namespace sg::sip
