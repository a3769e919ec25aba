#pragma once

#include <functional>
#include <map>
#include <vector>

#include "base/reactor.h"
#include "tdm/span_history.h"

namespace sg::trunk {

// Keeps what every span counted by quarters of an hour and days. Owned by the Application; signalling thread only.
class SpanWatch {
 public:
  using Spans = std::function<std::vector<tdm::SpanStatus>()>;

  // `spans` tells how all of them stand now.
  SpanWatch(Reactor& reactor, Spans spans);

  // To be called when a span's alarms change, too.
  void take();
  // What the span has counted, up to what it says now.
  tdm::SpanHistory::View history(const tdm::SpanStatus& span) const;

 private:
  // So late may a step of the wall clock be noticed.
  static constexpr Duration kLongestWait = 60s;

  void arm();

  const Spans spans_;
  std::map<uint16_t, tdm::SpanHistory> histories_;
  Timer timer_;
};

}  // namespace sg::trunk
