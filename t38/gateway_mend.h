#pragma once

#include <spandsp.h>

#include "t38/t30_frame.h"

// Where SpanDSP's T.38 gateway is wrong, and can be mended from outside.
namespace sg::t38 {

// A frame that the gateway has just read, from the modem or from the peer.
// - In polling it is the called machine that sends, and the answers have the X bit (T.30 5.3.6.1): it "is set to one by
//   the station which receives a valid DIS signal". SpanDSP knows CFR, CTR, RTN and RTP without it alone, and so stays
//   with the check of training where a page with error correction comes.
// - It takes DTC for a DCS: trains by the capabilities in it, and announces a training to the peer that nobody sends.
void heed_frame(t38_gateway_state_t& gateway, const T30Frame& frame, bool from_modem);

// Each of the peer's indicators ends what the one before it began, but SpanDSP's CNG never ends by itself, its CED not
// before its time, and a carrier not before something of it has come as data: whatever comes then waits for it. Once a
// block, before its audio is made.
void end_replaced_signal(t38_gateway_state_t& gateway);

// The training that was announced to the peer last does not come. The peer is told of the signal's end and, where it
// was a check of training, of an octet of it, which is none that may pass: some machines (SpanDSP's terminals) make
// nothing of a check that has no octets at all.
void take_back_training(t38_gateway_state_t& gateway);

}  // namespace sg::t38
