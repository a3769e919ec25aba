#include "gateway/route/rates.h"

#include <algorithm>

namespace sg::route {
namespace {

std::chrono::sys_days first_day(const conf::Price& price) {
  return price.from ? std::chrono::sys_days(*price.from) : std::chrono::sys_days::min();
}

}  // namespace

void RateIndex::add(const conf::Price& price) {
  auto& prices = by_prefix_[price.prefix];
  auto is_older = [&](const conf::Price* other) { return first_day(*other) < first_day(price); };
  prices.insert(std::ranges::find_if(prices, is_older), &price);
  longest_ = std::max(longest_, price.prefix.size());
}

std::optional<double> RateIndex::price(std::string_view called, std::optional<std::chrono::sys_days> day) const {
  for (size_t length = std::min(called.size(), longest_) + 1; length-- > 0;) {
    auto found = by_prefix_.find(called.substr(0, length));
    if (found == by_prefix_.end()) continue;
    auto holds = [&](const conf::Price* price) { return !day || first_day(*price) <= *day; };
    auto newest = std::ranges::find_if(found->second, holds);
    if (newest != found->second.end()) return (*newest)->price;
  }
  return std::nullopt;
}

}  // namespace sg::route
