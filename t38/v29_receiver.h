#pragma once

#include <spandsp.h>

namespace sg::t38 {

// SpanDSP's V.29 receiver takes V.21 for its training when it begins to hear it at an unlucky place: one preamble in
// three of those that it does not hear from their start. What follows is then sent on as V.29. Makes it look at the
// signal once more before it says that it trains; of one that is none of V.29's, it says that training failed.
void mend_false_training(v29_rx_state_t& receiver);

}  // namespace sg::t38
