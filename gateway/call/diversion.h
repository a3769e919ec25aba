#pragma once

#include <algorithm>

#include "gateway/call/leg.h"

// Redirecting numbers (Q.931 4.6.7 of Q.952, RFC 5806), whoever sends a call elsewhere: a peer by 302, or a line.
namespace sg::call {

// Reasons, as Q.952 and libpri number them.
constexpr uint8_t kDivertedBusy = 1;
constexpr uint8_t kDivertedNoReply = 2;
constexpr uint8_t kDivertedUnconditional = 15;

// How often a call was diverted before it came here.
inline int diversions_of(const Setup& setup) {
  return setup.redirection ? setup.redirection->count : 0;
}

// What goes with a call that `by` sends elsewhere.
inline party::Redirection diverted(const Setup& setup, const party::Number& by, uint8_t reason) {
  constexpr int kMost = 31;
  return {.from = by,
          .presentation = Presentation::Allowed,
          .reason = reason,
          .count = static_cast<uint8_t>(std::min(diversions_of(setup) + 1, kMost))};
}

}  // namespace sg::call
