#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace sg::guard {

// What waits to be read at one place where requests come in, at the moment when something of it is read.
struct Backlog {
  double filled = 0;  // the share of its room, 0 to 1
  Duration age{};     // how long that which is read has waited
};

struct OverloadLimits {
  // Above both it is a backlog. Few messages that were late are none (the process or its machine was held up), and many
  // that cost nothing are none (a flood that is dropped): by refusing calls neither would become less.
  double filled = 0.25;
  Duration age = 2ms;
  // A backlog that has not been below these for so long, from when the first of its messages came.
  Duration stands_for = 200ms;
  // The overload is over when there has been no backlog for so long.
  Duration calm_for = 2s;
};

// Whether more calls come in at one place than can be set up, as a backlog of their messages stands (RFC 7339 section
// 4: it is queueing delay that kills; RFC 8289: a standing queue is one whose best over an interval is bad). While
// there is an overload, calls are refused as long as there is half a backlog, and taken below: so the backlog stays
// about there. A core: what waits and the time come in. Signalling thread only.
class Overload {
 public:
  enum class Change : uint8_t { None, Began, Ended };

  explicit Overload(const OverloadLimits& limits = {}) : limits_(limits) {}

  // Something has been read, or nothing is there to be read.
  Change on_backlog(const Backlog& backlog, TimePoint now);
  bool is_on() const { return is_on_; }
  // Whether a new call that is read now is one too many.
  bool refuses_calls() const { return is_on_ && is_half_filled_; }

 private:
  Change begin(const Backlog& backlog, TimePoint now);
  Change end(TimePoint now);

  const OverloadLimits limits_;
  bool is_on_ = false;
  bool is_half_filled_ = false;
  std::optional<TimePoint> stands_since_, calm_since_;
};

}  // namespace sg::guard
