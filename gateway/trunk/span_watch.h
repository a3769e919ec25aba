#pragma once

#include <map>
#include <vector>

#include "base/log.h"
#include "base/reactor.h"
#include "gateway/trunk/backends.h"
#include "gateway/trunk/trunks.h"
#include "tdm/span_history.h"

namespace sg::trunk {

// Tells the trunks of alarms, and keeps what every span counted by quarters of an hour and days. Owned by the
// Application; signalling thread only.
class SpanWatch final : private tdm::Backend::Listener {
 public:
  // All of these outlive it. The trunks hear of the alarms that stand.
  SpanWatch(Reactor& reactor, Backends& backends, Trunks& trunks);
  ~SpanWatch() override;

  // What the span has counted, up to what it says now.
  tdm::SpanHistory::View history(const tdm::SpanStatus& span) const;

 private:
  // So late may a step of the wall clock be noticed.
  static constexpr Duration kLongestWait = 60s;

  void on_alarms_changed(uint16_t span, tdm::AlarmSet alarms) override;
  void take();
  void arm();

  Backends& backends_;
  Trunks& trunks_;
  const Log log_;
  std::map<uint16_t, tdm::SpanHistory> histories_;
  Timer timer_;
};

}  // namespace sg::trunk
