#pragma once

#include <array>
#include <cstdint>

#include "base/clock.h"

namespace sg::tdm::cesop {

// Estimates how much faster than this machine's clock the peer's runs, from when its packets arrive. Delay only ever
// adds to an arrival, so the least delayed packet of each second stands for it, and a line through the last minute of
// those gives the rate.
// Owned by the Span, under its lock. No I/O.
class ClockRecovery {
 public:
  explicit ClockRecovery(Duration packet_time) : packet_time_(packet_time) {}

  void on_arrival(uint16_t sequence, TimePoint now);
  // The peer began anew.
  void reset();
  // Parts per million; 0 until there is enough to tell. Beyond kMaxPpm nothing is believed.
  double ppm() const;

  static constexpr double kMaxPpm = 1000;

 private:
  struct Point {
    double sent = 0;   // seconds by the peer's clock
    double delay = 0;  // seconds by which ours was ahead of it, plus the transit
  };
  static constexpr size_t kPoints = 60;
  static constexpr size_t kEnough = 5;
  static constexpr double kSecondsAPoint = 1;

  Duration packet_time_;
  bool begun_ = false;
  TimePoint start_;
  uint16_t last_ = 0;
  int64_t packets_ = 0;  // since the start, by sequence number
  Point best_;
  bool has_best_ = false;
  double point_began_ = 0;
  std::array<Point, kPoints> points_{};
  size_t count_ = 0;  // ever written; the newest kPoints are kept
};

}  // namespace sg::tdm::cesop
