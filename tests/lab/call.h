#pragma once

#include <string>
#include <vector>

#include "media/service.h"
#include "t38/fax_machine.h"
#include "tests/lab/condition.h"

namespace sg::lab {

// A line of a fax's ladder.
struct Rung {
  Duration at{};        // since the call began
  std::string where;    // "gateway 1"
  bool forward = true;  // from the sending machine to the receiving one
  std::string what;
};

struct Outcome {
  bool delivered = false;  // the sender has its confirmation, and the receiver every page
  bool ended = false;      // the machines hung up, or the gateway's watchdog cleared the call
  bool as_asked = false;   // with the condition's speed, error correction and compression
  int pages = 0, identical_pages = 0;
  Duration line_time{};
  t38::FaxResult sender, receiver;
  std::vector<media::SessionStats> gateways;
  std::vector<Rung> ladder;
};

// One fax through the condition's gateways, in virtual time. The same seed makes the same call; with an odd one the
// document goes the other way along the route.
// `folder`: for the files of this call, which are removed after it.
Outcome run_call(const Condition& condition, uint64_t seed, const std::filesystem::path& folder);

}  // namespace sg::lab
