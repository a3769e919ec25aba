#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sg::t38 {

// A training that the T.38 peer was told of, and whether it comes from the line. SpanDSP's gateway announces it from
// DCS alone, 75 ms after its carrier, as it must begin in time, and leaves it at that: where none comes, or none that
// it can follow, the peer's machine takes a signal for present and waits for ever. Owned by a Gateway, on its thread.
// Time is the line's, in samples at 8 kHz.
class AnnouncedTraining {
 public:
  enum class Line : uint8_t { Silence, Signal, Lost };  // what a block of it holds
  enum class Outcome : uint8_t {
    Open,
    Heard,  // somebody trains: told once
    Gone,   // nobody does, or what was heard could not be followed: it is to be taken back
  };

  // An indicator of training goes to the peer. Of a check (T.30's TCF) it is known how long it lasts; a page may last
  // long.
  void announce(int bit_rate, bool is_check);
  // What it announced has come, as data. The speed, where nobody was told yet that it was heard.
  std::optional<int> come();
  // Something else was said instead.
  void forget() { bit_rate_ = 0; }

  Outcome pass(size_t samples, Line line);
  int bit_rate() const { return bit_rate_; }

 private:
  int bit_rate_ = 0;  // zero: none is announced
  bool is_check_ = false;
  bool is_heard_ = false;
  size_t age_ = 0;     // samples since it was announced
  size_t signal_ = 0;  // of signal without a pause
  size_t silence_ = 0;
};

}  // namespace sg::t38
