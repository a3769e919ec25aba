#pragma once

#include "base/kinds/sip.h"

namespace sg::sip {

// How a peer wants to be told who calls, and on whose behalf.
struct IdentityPolicy {
  IdentityStyle identity = IdentityStyle::Asserted;
  DiversionStyle diversion = DiversionStyle::Diversion;
};

}  // namespace sg::sip
