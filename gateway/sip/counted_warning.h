#pragma once

#include <string>
#include <utility>

#include "base/counters.h"
#include "base/log.h"

namespace sg::sip {

// What a flood must not fill the log with: counts, and says so once more each time that the count has doubled.
// `counter` and `log` outlive it. A reference, as they are.
class CountedWarning {
 public:
  CountedWarning(Counter& counter, const Log& log) : counter_(counter), log_(log) {}

  template <class... Words>
  void add(fmt::format_string<Words...> text, Words&&... words) {
    counter_.add();
    const uint64_t count = counter_.value();
    if ((count & (count - 1)) != 0) return;
    log_.warning("{} ({} so far)", fmt::format(text, std::forward<Words>(words)...), count);
  }

 private:
  Counter& counter_;
  const Log& log_;
};

}  // namespace sg::sip
