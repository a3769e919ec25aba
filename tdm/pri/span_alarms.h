#pragma once

#include <functional>
#include <map>

#include "base/reactor.h"
#include "tdm/inventory.h"
#include "tdm/types.h"

namespace sg::tdm::pri {

// What a span's alarms do to its timeslots and calls: no new calls while it is in alarm, nor for a moment after; and
// those that stand end when it has lasted. Owned by an Interface; signalling thread only.
class SpanAlarms {
 public:
  // `hold`: after the alarms end, until timeslots take calls again. `release`: how long calls are kept; `end_calls` is
  // called then.
  SpanAlarms(Reactor& reactor, Inventory& inventory, Duration hold, Duration release,
             std::function<void(uint16_t span)> end_calls);

  void set(uint16_t span, AlarmSet alarms);
  AlarmSet of(uint16_t span) const;
  bool is_on(uint16_t span) const { return of(span) != kNoAlarm; }

 private:
  // A span that is or was in alarm.
  struct Alarm {
    explicit Alarm(Reactor& reactor) : hold(reactor), release(reactor) {}
    AlarmSet alarms = kNoAlarm;
    Timer hold, release;
  };

  Reactor& reactor_;
  Inventory& inventory_;
  const Duration hold_, release_;
  const std::function<void(uint16_t span)> end_calls_;
  std::map<uint16_t, Alarm> alarms_;
};

}  // namespace sg::tdm::pri
