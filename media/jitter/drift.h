#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace sg::media {

// Measures by how much a sender's clock runs faster than ours, from how early its packets come: the earliest packet of
// each two seconds (the others waited somewhere) is a sample of a straight line, whose slope is the drift. A line
// through all samples at first, through the last two minutes or so later on (alpha-beta filter of growing memory).
class Drift {
 public:
  static constexpr Duration kWindow = 2s;

  // `lead`: octets (of 125 us) before its turn that the packet came, as if nothing had ever been corrected.
  void on_packet(double lead, TimePoint arrival);
  void restart() { *this = Drift{}; }

  // Nothing until enough is known, which takes a quarter of a minute.
  std::optional<double> ppm() const;
  // By how many octets the lead has changed since the beginning.
  double change() const;
  // How far the samples lie from the line, octets: what the network adds by chance.
  double scatter() const { return scatter_; }

 private:
  static constexpr int kEnough = 8;
  static constexpr int kMemory = 64;  // windows

  void on_window(double earliest);

  std::optional<TimePoint> window_end_;
  double earliest_ = 0;
  bool has_packet_ = false;
  int windows_ = 0;
  double first_ = 0;
  double lead_ = 0;   // octets, smoothed
  double slope_ = 0;  // octets a window
  double scatter_ = 0;
};

}  // namespace sg::media
