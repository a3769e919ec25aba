#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "tools/spangatectl/client.h"

namespace sg::spangatectl {

struct DiffQuestion {
  std::string file;     // the configuration to try
  std::string records;  // empty: the file that [records] of the configuration names
  std::string since;    // "2026-03-01": records that began earlier are left out; empty: none
};

// Error: it is neither a date nor a date and a time.
Result<> check_since(std::string_view text);

// Replays recorded calls through a configuration that is not in force. Needs no gateway.
// {"file", "records", "calls", "skipped", "elsewhere": [{"call", "started", "from", "called", "route", "went",
// "would_go"}]}. Error: the configuration or the records cannot be read.
Result<Json> diff(const DiffQuestion& question);

}  // namespace sg::spangatectl
