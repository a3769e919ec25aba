#include "tdm/pri/span_alarms.h"

#include <utility>

namespace sg::tdm::pri {

SpanAlarms::SpanAlarms(Reactor& reactor, Inventory& inventory, Duration hold, Duration release,
                       std::function<void(uint16_t span)> end_calls)
    : reactor_(reactor), inventory_(inventory), hold_(hold), release_(release), end_calls_(std::move(end_calls)) {}

void SpanAlarms::set(uint16_t span, AlarmSet alarms) {
  Alarm& alarm = alarms_.try_emplace(span, reactor_).first->second;
  const bool was_on = std::exchange(alarm.alarms, alarms) != kNoAlarm;
  alarm.hold.cancel();
  if (alarms == kNoAlarm) {
    alarm.release.cancel();
    if (hold_ == Duration::zero()) return inventory_.set_in_alarm(span, false);
    return alarm.hold.arm(hold_, [this, span] { inventory_.set_in_alarm(span, false); });
  }
  inventory_.set_in_alarm(span, true);
  if (!was_on) alarm.release.arm(release_, [this, span] { end_calls_(span); });
}

AlarmSet SpanAlarms::of(uint16_t span) const {
  auto alarm = alarms_.find(span);
  return alarm == alarms_.end() ? kNoAlarm : alarm->second.alarms;
}

}  // namespace sg::tdm::pri
