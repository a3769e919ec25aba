#pragma once

#include "base/bytes.h"

namespace sg::fuzz {

// One input as several datagrams: each is preceded by its length in two octets, the first of them the high one. So a
// seed of one datagram is one too, if its first octets say no less than it has.
template <class Take>
void for_each_datagram(ByteView input, Take take) {
  while (input.size() >= 2) {
    size_t length = std::min<size_t>(size_t{input[0]} << 8 | input[1], input.size() - 2);
    take(input.subspan(2, length));
    input = input.subspan(2 + length);
  }
}

}  // namespace sg::fuzz
