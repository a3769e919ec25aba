#include "base/counters.h"

#include <algorithm>

namespace sg {

Counter& Counters::get(std::string_view name) {
  std::lock_guard lock(mutex_);
  auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
  if (found != entries_.end()) return found->counter;
  auto& entry = entries_.emplace_back();
  entry.name = name;
  return entry.counter;
}

std::vector<std::pair<std::string, uint64_t>> Counters::snapshot() const {
  std::vector<std::pair<std::string, uint64_t>> all;
  {
    std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) all.emplace_back(entry.name, entry.counter.value());
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace sg
