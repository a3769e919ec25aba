#include "gateway/sip/user_user.h"

#include "gateway/sip/header_values.h"

namespace sg::sip {

std::optional<party::UserUser> read_user_user(const sip_t& message) {
  std::optional<party::UserUser> user_user;
  for_each_unknown(message, "User-to-User", [&](const char* value) {
    // "04416263;encoding=hex". Other packages than isdn-uui (RFC 7434) are not for us.
    std::string_view text(value);
    auto data = text.substr(0, text.find(';'));
    if (text.find("purpose=") != std::string_view::npos && text.find("purpose=isdn-u") == std::string_view::npos)
      return;
    auto octets = octets_of_hex(data.substr(0, data.find_last_not_of(' ') + 1));
    if (user_user || octets.size() < 2 || octets.size() > 129) return;
    user_user = party::UserUser{static_cast<uint8_t>(octets.front()), octets.substr(1)};
  });
  return user_user;
}

std::string user_user_line(const party::UserUser& user_user) {
  auto octets = std::string(1, static_cast<char>(user_user.protocol)) + user_user.octets;
  return "User-to-User: " + hex_of(octets) + ";encoding=hex\r\n";
}

}  // namespace sg::sip
