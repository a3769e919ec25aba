#pragma once

#include <sofia-sip/sip.h>
#include <sofia-sip/su_string.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

// What header fields are made of. Pure functions.
namespace sg::sip {

struct HomeDeleter {
  void operator()(su_home_t* home) const { ::su_home_unref(home); }
};
// Where Sofia's parsers put what they make.
using Home = std::unique_ptr<su_home_t, HomeDeleter>;
inline Home make_home() {
  return Home(static_cast<su_home_t*>(::su_home_new(sizeof(su_home_t))));
}

// Empty for null.
std::string text_of(const char* text);
// "%41" resolved.
std::string unescaped(std::string_view text);
// A display name without its quotes, and the other way round; without controls (base/text.h) either way.
std::string display_of(const char* display);
std::string quoted(const std::string& name);
// The values of a header that may be a list: its parts at the commas that stand outside of quotes and of <…>.
std::vector<std::string> parts_of(std::string_view list);
// A parameter of the header, without its quotes.
std::string parameter_of(const sip_from_t* address, const char* name);
// "0a1B"; empty: no hex.
std::string octets_of_hex(std::string_view hex);
std::string hex_of(std::string_view octets);

// Calls `use(value)` for each value of the headers of this name that Sofia keeps as text.
template <class Use>
void for_each_unknown(const sip_t& message, const char* name, Use&& use) {
  for (const sip_unknown_t* header = message.sip_unknown; header; header = header->un_next) {
    if (!::su_casematch(header->un_name, name) || !header->un_value) continue;
    for (const auto& part : parts_of(header->un_value)) use(part.c_str());
  }
}

}  // namespace sg::sip
