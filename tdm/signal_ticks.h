#pragma once

#include "base/event_signal.h"
#include "tdm/bearer.h"

namespace sg::tdm {

// The TickSource of a backend that signals its blocks itself: one for all bearers that tick together.
class SignalTicks final : public TickSource {
 public:
  int fd() const override { return signal_.fd(); }
  void acknowledge() override { signal_.clear(); }
  void signal() { signal_.signal(); }

 private:
  EventSignal signal_;
};

}  // namespace sg::tdm
