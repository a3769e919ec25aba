#pragma once

#include <memory>

#include "base/counters.h"

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace sg {

// While it lives, lines of the log go to standard error on a thread of their own, by a queue of some thousand. Whoever
// logs never waits: when nobody reads standard error any more (a full pipe, a stopped terminal) lines are dropped, the
// oldest first, and counted as log.dropped. It is made after set_up_logging() by whoever owns the counters.
class AsyncLog {
 public:
  explicit AsyncLog(Counters& counters);
  // Writes what waits, unless nobody reads; from then on lines are written at once again.
  ~AsyncLog();
  AsyncLog(const AsyncLog&) = delete;
  AsyncLog& operator=(const AsyncLog&) = delete;

 private:
  std::shared_ptr<spdlog::logger> before_;
  std::shared_ptr<spdlog::details::thread_pool> thread_;
};

}  // namespace sg
