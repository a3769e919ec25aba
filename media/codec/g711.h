#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "tdm/types.h"

// ITU-T G.711 as pure functions on blocks. Linear samples are 16 bits wide: the recommendation's 13 (A) and 14 (mu) bit
// values are left-aligned in them, as the ITU-T Software Tool Library (G.191) does.
// Silence is tdm::idle_octet(). Any thread.
namespace sg::media::g711 {

using tdm::Law;

int16_t decode(Law law, uint8_t octet);
uint8_t encode(Law law, int16_t sample);

// Blocks; both spans have the same length.
void decode(Law law, ByteView octets, std::span<int16_t> linear);
void encode(Law law, std::span<const int16_t> linear, std::span<uint8_t> octets);

// Octet to octet by G.711 tables 3 (mu to A) and 4 (A to mu), or a copy when the laws are the same. `to` may be `from`.
void convert(Law from_law, ByteView from, Law to_law, std::span<uint8_t> to);

}  // namespace sg::media::g711
