#include "gateway/call/hunt_rule.h"

#include <algorithm>
#include <array>

namespace sg::call {
namespace {

template <class List>
bool has(const List& list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

bool goes_on_by_default(const Cause& cause) {
  constexpr std::array kCauses{2, 3, 6, 27, 34, 38, 41, 42, 43, 44, 47, 102};
  constexpr std::array kStatuses{401, 407, 408, 500, 502, 503, 504};
  // Where the peer gave a Reason, it says more than the status that it chose for it.
  bool is_status_alone = cause.sip_status != 0 && cause.q850 == cause_of_sip(cause.sip_status).q850;
  return is_status_alone ? has(kStatuses, cause.sip_status) : has(kCauses, cause.q850);
}

bool HuntRule::goes_on(const Cause& cause) const {
  if (has(causes, cause.q850) || (cause.sip_status != 0 && has(statuses, cause.sip_status))) return true;
  return has_default && goes_on_by_default(cause);
}

}  // namespace sg::call
