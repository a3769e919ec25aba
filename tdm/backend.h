#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "tdm/bearer.h"
#include "tdm/dchannel.h"
#include "tdm/line.h"
#include "tdm/types.h"

namespace sg::tdm {

struct BearerOptions {
  size_t block_octets = 160;  // 20 ms
  // Bearers opened with the same group by the same thread may share a TickSource: the media worker's number.
  unsigned group = 0;
};

// What brings timeslots: the DAHDI driver, pseudowires, or memory. Owned by the Application.
// status() and the open_ functions may be called from any thread.
class Backend {
 public:
  // Called on the reactor that the backend was made with.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_alarms_changed(uint16_t span, AlarmSet alarms) = 0;
  };

  virtual ~Backend() = default;
  // The spans this backend has, as they stand now.
  virtual std::vector<SpanStatus> status() const = 0;
  // Error: no such span or timeslot, or it is open already; which, and how to mend it.
  virtual Result<std::unique_ptr<Bearer>> open_bearer(Timeslot slot, const BearerOptions& options) = 0;
  virtual Result<std::unique_ptr<DChannel>> open_dchannel(Timeslot slot) = 0;
  // An analog port or a channel with robbed-bit signalling. A bearer of it may be opened and closed meanwhile, by any
  // thread. Error: not such a channel, or its line is open already.
  virtual Result<std::unique_ptr<Line>> open_line(Timeslot slot);
  virtual void set_listener(Listener* listener) = 0;
};

// What a backend that has no analog ports says.
inline Result<std::unique_ptr<Line>> Backend::open_line(Timeslot slot) {
  return fail("timeslot {} is no analog line: spans of this kind have none", slot);
}

}  // namespace sg::tdm
