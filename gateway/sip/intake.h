#pragma once

#include <sofia-sip/msg_types.h>
#include <sofia-sip/sip.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

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
  // Whether a call of ours with this Call-ID and From tag waits for its answer.
  using Calls = std::function<bool(const char* call_id, const char* tag)>;

  Intake(Admit admit, Stands stands, Calls calls);
  ~Intake();

  // For NTATAG_MCLASS.
  const msg_mclass_t* message_class() const;

 private:
  struct MessageClass;
  static issize_t extract_body(msg_t* message, msg_pub_t* parsed, char* text, isize_t size, int at_end) noexcept;

  std::unique_ptr<MessageClass> class_;
};

// The status as the peer sent it. That of a refusal inside a dialog is changed on its way in, where Sofia would decide
// by itself what it means (RFC 5057 section 5.1).
int true_status(const sip_t& response);

// The RSeq of a response (RFC 3262), which Sofia must not find by itself. Not set: it is not to be acknowledged.
std::optional<uint32_t> reliable_sequence(const sip_t& response);

// The contacts of a redirection, which Sofia must not find by itself: it would follow them without a word.
const sip_contact_t* redirect_contacts(const sip_t& response);

}  // namespace sg::sip
