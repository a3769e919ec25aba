#pragma once

#include "base/clock.h"

namespace sg::sip {

// Whether a peer is worth calling, by what its probes found. A value.
class PeerHealth {
 public:
  struct Limits {
    int misses_to_down = 3, answers_to_up = 2;
  };
  PeerHealth() = default;
  explicit PeerHealth(const Limits& limits) : limits_(limits) {}

  // Both: whether is_up() has changed.
  bool on_answer() {
    misses_ = 0;
    if (is_up_ || ++answers_ < limits_.answers_to_up) return false;
    return is_up_ = true;
  }
  bool on_miss() {
    answers_ = 0;
    ++misses_;
    if (!is_up_ || misses_ < limits_.misses_to_down) return false;
    is_up_ = false;
    return true;
  }

  // A peer that was never asked counts as up.
  bool is_up() const { return is_up_; }
  int misses() const { return misses_; }  // in a row

 private:
  Limits limits_;
  bool is_up_ = true;
  int misses_ = 0, answers_ = 0;
};

}  // namespace sg::sip
