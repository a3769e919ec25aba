#pragma once

// For the .cc files of this room only.
#include <spandsp.h>

namespace sg::t38 {

// SpanDSP 0.0.6 fails in one of four of V.17's short trainings, with which each page begins: in which, goes by sample
// and phase of the carrier as it arrives. The page is lost then. Mends that. To be called before each block of audio,
// since SpanDSP may set the receiver up anew; costs a comparison.
void mend_short_training(v17_rx_state_t& receiver);

}  // namespace sg::t38
