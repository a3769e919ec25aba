#pragma once

// SpanDSP, for the .cc files of this room only.
#include <spandsp.h>

#include "base/log.h"

namespace sg::t38 {

// No lines at all: the media tick formats no text.
void be_silent(logging_state_t* logging);

// Lines go to the Log of the innermost LogScope, at debug: SpanDSP's callback carries no user data.
void log_at_debug(logging_state_t* logging);

class LogScope {
 public:
  explicit LogScope(const Log& log);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

 private:
  const Log* outer_;
};

// T30_SUPPORT_ bits. T.30 allows a modulation or not, it knows no limit of speed: below 14 400 bit/s there is no V.17,
// below 9600 no V.29. V.27ter is what every machine has, and what remains.
int modems_up_to(int bit_rate, bool v17, bool v29, bool v27ter);

}  // namespace sg::t38
