#pragma once

// For the .cc files of this room only.
#include <spandsp.h>

namespace sg::t38 {

// SpanDSP's fast receivers, which listen beside V.21 once there was a page, take V.21 for their training when they
// begin to hear it at an unlucky place: V.29 one preamble in three of those that are not heard from their start,
// V.27ter one in seventy. What follows is then sent on as theirs. Makes them look whether the signal alternates as
// training does; where it does not, they wait for its end.
void mend_false_training(v29_rx_state_t& receiver);
void mend_false_training(v27ter_rx_state_t& receiver);

}  // namespace sg::t38
