#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace sg::sip {

// The Call-IDs of the legs that live, what those that we began asked for, and whose they are. Signalling thread only.
class Dialogs {
 public:
  struct Leg {
    std::string asked_for{};  // the user part of our INVITE's Request-URI; empty for a dialog that the peer began
    std::string tag{};        // of our From in a call that we begin
    std::string trunk{};      // whose peer it is with; empty: none
    // Numeric addresses that signalling has led to: where its INVITE came from or went to, Contact, Record-Route.
    std::unordered_set<std::string> hosts{};
    bool is_answered = false;
    // Our INVITE went to a name: who answers it is who it led to.
    bool goes_to_name = false;
  };

  // Good until remove().
  Leg& add(const std::string& call_id, Leg leg) { return legs_.emplace(call_id, std::move(leg))->second; }
  // What add() gave.
  void remove(const std::string& call_id, const Leg& leg) {
    auto [begin, end] = legs_.equal_range(call_id);
    auto found = std::find_if(begin, end, [&](const auto& entry) { return &entry.second == &leg; });
    if (found != end) legs_.erase(found);
  }
  // Ours, and not answered yet.
  bool is_calling(const std::string& call_id, const std::string& tag) const {
    return !tag.empty() && any(call_id, [&](const Leg& leg) { return !leg.is_answered && leg.tag == tag; });
  }
  bool has_answered(const std::string& call_id) const {
    return any(call_id, [](const Leg& leg) { return leg.is_answered; });
  }
  bool knows(const std::string& call_id) const { return legs_.contains(call_id); }
  // Whether the predicate holds for a leg with this Call-ID.
  template <class Predicate>
  bool any(const std::string& call_id, Predicate&& holds) const {
    auto [begin, end] = legs_.equal_range(call_id);
    for (auto leg = begin; leg != end; ++leg) {
      if (holds(leg->second)) return true;
    }
    return false;
  }
  // Whether any of them is led to this host.
  bool has_led_to(const std::string& host) const {
    return std::any_of(legs_.begin(), legs_.end(), [&](const auto& leg) { return leg.second.hosts.contains(host); });
  }
  // RFC 3261 section 16.3: our own INVITE came back and still wants the same. With another Request-URI it is a spiral,
  // which is fine: somebody has forwarded the call.
  bool is_loop(const std::string& call_id, const std::string& asked_for) const {
    return !asked_for.empty() && any(call_id, [&](const Leg& leg) { return leg.asked_for == asked_for; });
  }

 private:
  std::unordered_multimap<std::string, Leg> legs_;
};

}  // namespace sg::sip
