#pragma once

#include <cstdint>

#include "base/clock.h"
#include "tdm/cesop/backend.h"

namespace sg::tdm::cesop {

// Says when a span moves its next packet time.
//   Given      at its own deadlines, each one packet time after the last and never after the wake-up: no drift.
//   Recovered  for each packet time that the peer's sequence numbers have passed. The peer cannot push faster than
//              0.2 % above nominal (after a catch-up): two ends that both follow would else spin.
//   Hold-over  a recovered clock of which nothing is heard goes on by deadlines, at the rate it had.
// What was missed while the thread did not run is caught up, but not in a burst: at most half as fast again as
// nominal, so that those who read and write the bearers keep up. Beyond half a second it is left out and counted as a
// stall. Owned by the Span, under its lock. No I/O.
class PacketClock {
 public:
  PacketClock(ClockSource source, Duration packet_time, TimePoint now);

  static constexpr Duration kMostBehind = 500ms;

  // How fast deadlines run, compared to this machine's clock.
  void set_ppm(double ppm);
  // Recovered: whether to run by deadlines for now.
  void hold_over(bool on, TimePoint now);
  bool is_held_over() const { return by_deadline_ && source_ == ClockSource::Recovered; }

  // `owed`: packet times that the peer has passed and we have not.
  bool is_due(size_t owed, TimePoint now);
  // One packet time was moved.
  void on_tick();
  // When is_due() should be asked again, if nothing arrives; far away when only an arrival matters.
  TimePoint next(size_t owed, TimePoint now) const;
  // By deadlines: how long ago the next one was.
  Duration lateness(TimePoint now) const { return now - deadline_; }
  uint64_t stalls() const { return stalls_; }

 private:
  ClockSource source_;
  Duration packet_time_;
  double period_ns_;
  bool by_deadline_;
  TimePoint deadline_;
  double fraction_ns_ = 0;  // of the deadline
  double most_at_once_;     // packet times
  double paced_;            // packet times that may be moved at once, by now
  double most_pushed_;      // packet times
  double pushed_;           // packet times that the peer may still push, by now
  TimePoint refilled_;
  uint64_t stalls_ = 0;
};

}  // namespace sg::tdm::cesop
