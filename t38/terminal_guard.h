#pragma once

#include <cstdint>
#include <span>

namespace sg::t38 {

// Of a frame that was received with a good FCS, all that SpanDSP's terminals take on trust. `frame` is what such a
// terminal is about to read, in its order of bits (the lowest first); it is changed in place:
// - A DCS that asks for the width that there is not (bits 17 and 18 both set, T.30 table 2): SpanDSP takes it for -1
//   pels and clears a line buffer that it never allocated. It becomes the widest, as SpanDSP's later versions have it.
// - One that no machine could say becomes one that no machine knows, of which nothing is made: a DCS of more octets
//   than SpanDSP writes down, or at a reserved speed (it reads its table of speeds before the first one); facsimile
//   data without the frame's number (it copies a length of -1).
void make_harmless(std::span<uint8_t> frame);

}  // namespace sg::t38
