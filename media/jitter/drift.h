#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace sg::media {

// Measures by how much a sender's clock runs faster than ours, from how early its packets come. Both packets and our
// own ticks may be late, but never early: of each two seconds the earliest packet and the earliest tick are a sample of
// a straight line, whose slope is the drift. A line through all samples at first, through the last two minutes or so
// later on (alpha-beta filter of growing memory). A sender or a network that falls behind, or catches up, at once is no
// clock: the line then goes on from there.
class Drift {
 public:
  static constexpr Duration kWindow = 2s;

  // A packet came whose first octet (of 125 us) is at this place of the sender's stream.
  void on_packet(double position, TimePoint arrival);
  // A tick of ours: by now so many octets were pulled in all.
  void on_pull(double octets, TimePoint now);
  void restart() { *this = Drift{}; }

  // Nothing until enough is known to keep in step, which takes a quarter of a minute.
  std::optional<double> ppm() const;
  // What may be told of the sender's clock: nothing until it was measured for three quarters of a minute, and to within
  // a few ppm.
  std::optional<double> certain_ppm() const;
  // By how many octets the lead has changed since the beginning, steps aside.
  double change() const;
  // How far the samples lie from the line, octets: what the network adds by chance.
  double scatter() const { return scatter_; }
  // The steps since this was last asked, octets; negative: the sender fell behind.
  double take_step();

 private:
  static constexpr int kEnough = 8;
  static constexpr int kEnoughToTell = 23;
  static constexpr int kMemory = 64;   // windows
  static constexpr int kPackets = 10;  // a window with fewer says nothing

  // The greatest of a window.
  struct Earliest {
    double lead = 0;
    int count = 0;
    void take(double one) {
      lead = count == 0 || one > lead ? one : lead;
      ++count;
    }
  };
  void end_window();
  void on_window(double earliest);
  double octets_until(TimePoint time) const;

  std::optional<TimePoint> began_;
  TimePoint window_end_;
  Earliest packets_, pulls_;
  int windows_ = 0;
  double first_ = 0;
  double lead_ = 0;   // octets, smoothed
  double slope_ = 0;  // octets a window
  double scatter_ = 0;
  double steps_ = 0;
};

}  // namespace sg::media
