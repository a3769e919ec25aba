#pragma once

#include <optional>

#include "base/bytes.h"

// What is done with Q.921 frames on their way to and from libpri. Frames are without FCS.
namespace sg::tdm::pri {

struct Guarded {
  Bytes frame;      // what libpri may read
  int removed = 0;  // information elements, or messages, left out
};

// libpri reads some information elements without looking at their length. Here they are checked first: one that is
// malformed is left out, as Q.931 section 5.8.7.2 has it for those that are not mandatory. A message that cannot be
// read at all (5.8.1, 5.8.2) is left out whole, but its frame goes on: layer 2 must count it. None: drop the frame.
std::optional<Guarded> guard(ByteView frame);

// The call reference's flag (Q.931 4.3): set in messages from the side that the call came to.
constexpr int kFromDestination = 0x8000;

struct Disconnect {
  int reference = 0;          // call reference value and flag
  int cause = 0;              // 0: none was given
  bool announcement = false;  // progress description 8: in-band information is available
};

// What the frame says when it is a DISCONNECT.
std::optional<Disconnect> parse_disconnect(ByteView frame);

// The same DISCONNECT with progress description 8 (Q.931 4.5.23), in its place between the information elements.
Bytes with_announcement(ByteView disconnect);

// Which spans a RESTART is for, when it names no channels (Q.931 4.5.25).
struct Restart {
  bool all_interfaces = false;
  std::optional<int> interface;  // its identifier; none: the one with the D-channel
};

// What the frame says when it is a RESTART.
std::optional<Restart> parse_restart(ByteView frame);

// Whether the frame is a maintenance message (T1.607; AT&T TR 41459): SERVICE or its acknowledgement.
bool is_maintenance(ByteView frame);

// A STATUS for an active call, with cause 30, in a UI frame. The reference has its flag.
Bytes status_frame(int call_reference);

// A DISCONNECT with this cause, in a UI frame.
Bytes disconnect_frame(int call_reference, size_t reference_octets, int cause);

}  // namespace sg::tdm::pri
