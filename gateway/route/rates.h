#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/settings.h"

namespace sg::route {

// What calls to one trunk cost, looked up by the longest prefix in as many steps as the number has digits.
class RateIndex {
 public:
  // The price outlives the index.
  void add(const conf::Price& price);

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
