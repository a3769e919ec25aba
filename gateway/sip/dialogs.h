#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>

namespace sg::sip {

// The Call-IDs of the legs that live, and what those that we began asked for. Signalling thread only.
class Dialogs {
 public:
  // `asked_for`: the user part of our INVITE's Request-URI; empty for a dialog that the peer began.
  void add(const std::string& call_id, const std::string& asked_for) {
    legs_.emplace(call_id, Leg{.asked_for = asked_for});
  }
  void remove(const std::string& call_id, const std::string& asked_for) {
    if (auto found = find(call_id, asked_for); found != legs_.end()) legs_.erase(found);
  }
  // The tag of our From in a call that we begin.
  void set_tag(const std::string& call_id, const std::string& asked_for, const std::string& tag) {
    if (auto found = find(call_id, asked_for); found != legs_.end()) found->second.tag = tag;
  }
  // Ours, and not answered yet.
  bool is_calling(const std::string& call_id, const std::string& tag) const {
    auto [begin, end] = legs_.equal_range(call_id);
    return !tag.empty() &&
           std::any_of(begin, end, [&](const auto& leg) { return !leg.second.is_answered && leg.second.tag == tag; });
  }
  void set_answered(const std::string& call_id, const std::string& asked_for) {
    if (auto found = find(call_id, asked_for); found != legs_.end()) found->second.is_answered = true;
  }
  bool has_answered(const std::string& call_id) const {
    auto [begin, end] = legs_.equal_range(call_id);
    return std::any_of(begin, end, [](const auto& leg) { return leg.second.is_answered; });
  }
  bool knows(const std::string& call_id) const { return legs_.contains(call_id); }
  // RFC 3261 section 16.3: our own INVITE came back and still wants the same. With another Request-URI it is a spiral,
  // which is fine: somebody has forwarded the call.
  bool is_loop(const std::string& call_id, const std::string& asked_for) const {
    auto [begin, end] = legs_.equal_range(call_id);
    return !asked_for.empty() &&
           std::any_of(begin, end, [&](const auto& leg) { return leg.second.asked_for == asked_for; });
  }

 private:
  struct Leg {
    std::string asked_for;
    std::string tag = {};
    bool is_answered = false;
  };
  using Legs = std::unordered_multimap<std::string, Leg>;
  Legs::iterator find(const std::string& call_id, const std::string& asked_for) {
    auto [begin, end] = legs_.equal_range(call_id);
    auto found = std::find_if(begin, end, [&](const auto& leg) { return leg.second.asked_for == asked_for; });
    return found == end ? legs_.end() : found;
  }

  Legs legs_;
};

}  // namespace sg::sip
