#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "t38/t30_frame.h"

namespace sg::t38::testing {

// The frame that T.30 names so: "DIS", "PPS-EOP".
inline FrameCode frame_named(std::string_view name) {
  for (unsigned kind = 0; kind <= 0xFF; ++kind) {
    const unsigned most = kind == fcf::kPps ? 0xFF : 0;
    for (unsigned second = 0; second <= most; ++second) {
      const FrameCode code{static_cast<uint8_t>(kind), static_cast<uint8_t>(second)};
      if (code.name() == name) return code;
    }
  }
  throw std::invalid_argument(std::string(name) + " is no frame of T.30");
}

}  // namespace sg::t38::testing
