#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/settings.h"

namespace sg::route {

// A trunk's rate sheet, looked up by the longest prefix in as many steps as the number has digits.
class RateIndex {
 public:
  // `rates` outlive the index.
  explicit RateIndex(std::span<const conf::Price> rates);

  // What a call costs on that day (UTC): of the longest prefix that has a price then, the newest. Without a day the
  // newest counts. None: no prefix fits.
  std::optional<double> price(std::string_view called, std::optional<std::chrono::sys_days> day) const;

 private:
  std::unordered_map<std::string_view, std::vector<const conf::Price*>> by_prefix_;  // the newest first
  size_t longest_ = 0;
};

// By the trunk's name.
using Rates = std::map<std::string, RateIndex, std::less<>>;

}  // namespace sg::route
