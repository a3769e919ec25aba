#pragma once

#include <sofia-sip/msg_types.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/tport.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/socket_address.h"

namespace sg::sip {

// What becomes of a message that has come. An answer is given without a transaction (RFC 3261 section 8.2.7).
struct Reception {
  enum class Kind : uint8_t { Pass, Drop, Answer };
  Kind kind = Kind::Pass;
  int status = 0;
  std::string headers{};  // of the answer; each ends with CRLF
};

// Sees each message between Sofia's parser and its transactions, where it can still be left without any answer: whole,
// truncated or malformed, by datagram or connection.
// Owned by the SipAgent, outlives its user agents. Signalling thread only.
class Intake {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Of each message, before all else: where it came to as a datagram; not set: it came in a stream.
    virtual void on_message(const std::optional<SocketAddress>& local) = 0;
    // `is_whole`: no, it lacks something or cannot be read, and is answered with 400 if it passes.
    virtual Reception on_request(const sip_t& request, const SocketAddress& source, bool is_whole) = 0;
    // Whether the response is looked at.
    virtual bool on_response(const sip_t& response, const SocketAddress& source) = 0;
    // Neither request nor response.
    virtual void on_garbage(const SocketAddress& source) = 0;
    // Whether an answered dialog with this Call-ID stands.
    virtual bool has_answered(const char* call_id) = 0;
    // Whether a call of ours with this Call-ID and From tag waits for its answer.
    virtual bool is_calling(const char* call_id, const char* tag) = 0;
  };

  explicit Intake(Listener& listener);
  ~Intake();

  // Error: Sofia's library does not hand its messages to us.
  static Result<> check();

  // For NTATAG_MCLASS.
  const msg_mclass_t* message_class() const;

  // Whether Sofia is to have the message.
  static bool takes(tport_t* transport, msg_t* message);

 private:
  struct MessageClass;
  static issize_t parse_request_line(su_home_t* home, msg_header_t* header, char* text, isize_t size) noexcept;
  static issize_t parse_cseq(su_home_t* home, msg_header_t* header, char* text, isize_t size) noexcept;
  static bool takes_request(Listener& listener, tport_t* transport, msg_t* message, sip_t& request,
                            const SocketAddress& source);

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
