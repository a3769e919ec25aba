#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "t38/t30_frame.h"

namespace sg::t38 {

// Which way a T.30 frame or signal travels across the gateway.
enum class Direction : uint8_t { FromT38, ToT38 };

// One thing seen of a fax in passing, for its timeline.
struct FaxEvent {
  enum class Kind : uint8_t {
    Frame,     // an HDLC control frame: `code` tells which, `frame` is its T.30 facsimile control field
    Training,  // `bit_rate` is the speed trained at
    PageStarted,
    PageEnded,
    Ended,  // DCN, or the carrier is gone for good
  };
  Kind kind = Kind::Frame;
  Direction direction = Direction::FromT38;
  uint8_t frame = 0;  // as T.30 clause 5.3.6.1 writes it: DIS is 0x01, DCS 0x41 or, with its X bit, 0xC1
  int bit_rate = 0;
  bool ecm = false;
  FrameCode code{};
  // A frame's octets after its facsimile control field, cut to what fits: identities, capabilities. The first bit on
  // the line is the lowest: T.30's bit n is content[(n - 1) / 8] >> (n - 1) % 8 & 1.
  std::array<uint8_t, 40> content{};
  uint8_t content_octets = 0;
};

// Who a CSI, TSI or CIG says it is, T.30 clause 5.3.6.2.4: "+33 1 23". Not for the media tick.
std::string identity_of(const FaxEvent& frame);

// The whole event in words: "DIS", "CSI +33 1 23", "training 14400 bit/s". Not for the media tick.
std::string describe(const FaxEvent& event);

}  // namespace sg::t38
