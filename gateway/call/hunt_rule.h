#pragma once

#include <vector>

#include "gateway/call/cause.h"

namespace sg::call {

// Which failures send a call on to its next target: those that say that the way is blocked, not the called party.
// A value, from the dial plan.
struct HuntRule {
  bool has_default = true;    // the table of goes_on_by_default()
  std::vector<int> causes;    // Q.850, beside it
  std::vector<int> statuses;  // SIP, beside it

  bool goes_on(const Cause& cause) const;
};

// Causes 2, 3, 6, 27, 34, 38, 41 to 44, 47 and 102; of what came with a SIP status and no cause of its own (RFC 3326),
// 401, 407, 408, 500, 502, 503 and 504.
bool goes_on_by_default(const Cause& cause);

}  // namespace sg::call
