#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "media/jitter/octet_window.h"
#include "tdm/types.h"

namespace sg::media {

// Goes on with a modem's signal where a piece of it is missing: it repeats what was played 20 ms before. In that time
// the tones and carriers of T.30's modems (1100, 1650, 1700, 1800, 1850, 2100 Hz) and their symbols (300, 1200, 1600,
// 2400 baud) go through a whole number of periods. So a receiver keeps carrier, timing and equaliser over the piece,
// and loses no more than its bits, which ECM asks for again, where a hole of 20 ms costs it all up to the next
// training.
class SignalRepeater {
 public:
  static constexpr int64_t kPeriod = 160;

  // A multiple of the period that is at least as long: what may be put into a signal.
  static int64_t whole_periods(int64_t octets) { return (octets + kPeriod - 1) / kPeriod * kPeriod; }

  // Makes up what is to be played at `position` on, where nothing came, and notes it. A signal that stays away is over:
  // idle octets from then on. Returns how many octets were made up.
  size_t fill(OctetWindow& ring, int64_t position, std::span<uint8_t> octets, tdm::Law law) {
    size_t made_up = 0;
    for (uint8_t& octet : octets) {
      const bool goes_on = position >= kPeriod && missing_ < kLongest;
      octet = goes_on ? ring.at(position - kPeriod) : tdm::idle_octet(law);
      ring.note_gap(position++, ByteView(&octet, 1));
      missing_ += 1;
      made_up += goes_on;
    }
    return made_up;
  }
  // The signal was there again.
  void on_signal() { missing_ = 0; }
  // What comes next is no gap in a signal: there was none, or none for long.
  void give_up() { missing_ = kLongest; }

 private:
  static constexpr int64_t kLongest = 2400;  // 300 ms

  int64_t missing_ = 0;  // octets since the gap began
};

}  // namespace sg::media
