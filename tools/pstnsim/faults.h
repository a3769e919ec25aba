#pragma once

#include <string>

#include "tools/pstnsim/json.h"
#include "tools/pstnsim/lines.h"

namespace sg::pstnsim {

// What goes wrong on lines when a test asks for it: alarms, bit errors, a clock that runs away, a D-channel that is
// cut. The exchange's thread.
class Faults {
 public:
  // `lines` has a span, and outlives this.
  explicit Faults(Lines& lines) : lines_(lines) {}

  static bool knows(const std::string& command);
  // The answer to a request of the control socket. Throws Json::exception where it lacks something.
  Json set(const std::string& command, const Json& request);

 private:
  Json set_on_pseudowire(const std::string& command, uint16_t span, const Json& request);

  Lines& lines_;
};

}  // namespace sg::pstnsim
