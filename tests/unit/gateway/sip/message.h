#pragma once

#include <sofia-sip/msg.h>
#include <sofia-sip/sip_parser.h>

#include <string>

namespace sg::sip {

// A message as Sofia reads it.
class Message {
 public:
  explicit Message(const std::string& text)
      : message_(::msg_make(::sip_default_mclass(), 0, text.data(), static_cast<ssize_t>(text.size()))) {}
  ~Message() { ::msg_destroy(message_); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  const sip_t& operator*() const { return *::sip_object(message_); }

 private:
  msg_t* message_;
};

}  // namespace sg::sip
