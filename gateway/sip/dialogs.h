#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>

namespace sg::sip {

// The Call-IDs of the legs that live, and what those that we began asked for. Signalling thread only.
class Dialogs {
 public:
  // `asked_for`: the user part of our INVITE's Request-URI; empty for a dialog that the peer began.
  void add(const std::string& call_id, const std::string& asked_for) { legs_.emplace(call_id, asked_for); }
  void remove(const std::string& call_id, const std::string& asked_for) {
    auto [begin, end] = legs_.equal_range(call_id);
    auto found = std::find_if(begin, end, [&](const auto& leg) { return leg.second == asked_for; });
    if (found != end) legs_.erase(found);
  }
  bool knows(const std::string& call_id) const { return legs_.contains(call_id); }
  // RFC 3261 section 16.3: our own INVITE came back and still wants the same. With another Request-URI it is a spiral,
  // which is fine: somebody has forwarded the call.
  bool is_loop(const std::string& call_id, const std::string& asked_for) const {
    auto [begin, end] = legs_.equal_range(call_id);
    return !asked_for.empty() && std::any_of(begin, end, [&](const auto& leg) { return leg.second == asked_for; });
  }

 private:
  std::unordered_multimap<std::string, std::string> legs_;
};

}  // namespace sg::sip
