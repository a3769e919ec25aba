#pragma once

#include <optional>

#include "base/bytes.h"

// What is done with Q.921 frames on their way to and from libpri. Frames are without FCS.
namespace sg::tdm::pri {

struct Guarded {
  Bytes frame;           // what libpri may read
  int removed = 0;       // information elements left out
};

// libpri reads some information elements without looking at their length. Here they are checked first: one that is
// malformed is left out, as Q.931 section 5.8.7.2 has it for those that are not mandatory. None: the message itself
// cannot be read (5.8.1, 5.8.2), drop the frame.
std::optional<Guarded> guard(ByteView frame);

// The frame is a DISCONNECT with progress description 8: in-band information is available.
bool is_disconnect_with_announcement(ByteView frame);

// The call reference's flag (Q.931 4.3): set in messages from the side that the call came to.
constexpr int kFromDestination = 0x8000;

// The call reference value and its flag, when the frame is a DISCONNECT.
std::optional<int> reference_of_disconnect(ByteView frame);

// The same DISCONNECT with progress description 8 (Q.931 4.5.23), in its place between the information elements.
Bytes with_announcement(ByteView disconnect);

}  // namespace sg::tdm::pri
