#pragma once

#include "base/clock.h"
#include "tdm/cesop/packet.h"
#include "tdm/types.h"

namespace sg::tdm::cesop {

// Turns what arrives, or does not, into the alarms of a span, and our alarms into what we tell the peer.
//   RED     no packet for 250 ms: loss of signal (RFC 5086 section 6.2.2 leaves the time to configuration)
//   BLUE    the peer says AIS (L bit)
//   YELLOW  the peer says that it does not get our packets (R bit), or passes on a remote defect (M bits 10)
// An alarm begins and ends only when its cause stood, or was away, for 100 ms. RED hides the others. A span begins RED.
// Owned by the Span, under its lock. No I/O.
class Alarms {
 public:
  explicit Alarms(TimePoint now) : last_packet_(now), good_since_(now) {}

  void on_packet(Packet::Defect defect, bool remote_loss, TimePoint now);
  // Call it every few milliseconds.
  void on_time(TimePoint now);

  AlarmSet alarms() const { return is_red_ ? kAlarmRed : static_cast<AlarmSet>(blue_.alarm | yellow_.alarm); }
  // RFC 5086 section 4.3: R while packets are lost; RDI back to whoever sends us AIS (G.704: RAI).
  bool tell_loss() const { return is_red_; }
  Packet::Defect tell_defect() const { return blue_.alarm ? Packet::Defect::Rdi : Packet::Defect::None; }

  static constexpr Duration kLossTime = 250ms;
  static constexpr Duration kPersistence = 100ms;

 private:
  struct Persistent {
    AlarmSet alarm = kNoAlarm;
    bool has_cause = false;
    TimePoint since;

    void observe(bool cause, TimePoint now) {
      if (cause != has_cause) since = now;
      has_cause = cause;
    }
    void settle(AlarmSet name, TimePoint now) {
      if (now - since >= kPersistence) alarm = has_cause ? name : kNoAlarm;
    }
  };

  bool is_red_ = true;
  TimePoint last_packet_;
  TimePoint good_since_;  // packets came without a gap of kLossTime since then
  bool ever_ = false;
  Persistent blue_, yellow_;
};

}  // namespace sg::tdm::cesop
