#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/counters.h"
#include "base/log.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "gateway/records/call_record.h"

namespace sg::records {

// Appends call records to a file, a JSON line each, on a thread of its own, and loses none: what cannot be written
// (disk full, file gone) is kept and tried again; the operator hears of it once.
// Owned by the Application. write() from any thread: it never blocks on the file.
class Writer {
 public:
  // More than this many waiting is told as a warning, once: the file cannot keep up.
  static constexpr size_t kManyWaiting = 10000;

  // Error: the file cannot be opened for appending. `retry_after`: pause before a failed write is tried again.
  static Result<std::unique_ptr<Writer>> open(const std::string& file, Counters& counters,
                                              std::chrono::milliseconds retry_after = std::chrono::seconds(1));
  // Writes what waits; what still cannot be written then is logged in full, so that it is not lost.
  ~Writer();

  void write(CallRecord record);
  // Opens the file anew, after log rotation. Any thread.
  void reopen();
  size_t waiting() const;

 private:
  Writer(std::string file, UniqueFd fd, Counters& counters, std::chrono::milliseconds retry_after);
  void run();
  // One attempt to append the lines; what remains unwritten stays in `lines`.
  Result<> append(std::string& lines);

  const std::string file_;
  UniqueFd fd_;
  const std::chrono::milliseconds retry_after_;
  Counter& written_;
  Counter& errors_;
  Counter& overfull_;
  Log log_{"records"};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<CallRecord> waiting_;
  bool stopping_ = false;
  bool reopen_ = false;
  bool told_full_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sg::records
