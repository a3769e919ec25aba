#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/counters.h"
#include "base/log.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "gateway/call/record.h"

namespace sg::records {

// Appends call records to a file, a JSON line each, on a thread of its own, and loses none: what cannot be written
// (disk full) is kept and tried again; the operator hears of it once. Counts records.written and records.errors.
// Owned by the Application.
class Writer {
 public:
  // With more than this many waiting the operator is warned, once: the file cannot keep up.
  static constexpr size_t kManyWaiting = 10000;

  // Error: the file cannot be opened for appending. `retry_after`: pause before a failed write is tried again.
  static Result<std::unique_ptr<Writer>> open(const std::string& file, Counters& counters,
                                              std::chrono::milliseconds retry_after = std::chrono::seconds(1));
  // Writes what waits; what still cannot be written goes to the log, in full, so that even then it is not lost.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Any thread; never waits for the file.
  void write(call::Record record);
  // Opens the file anew, after log rotation. Any thread.
  void reopen();
  // Records not written yet. Any thread.
  size_t waiting() const;

 private:
  Writer(std::string file, UniqueFd fd, Counters& counters, std::chrono::milliseconds retry_after);
  void run();
  void take(std::unique_lock<std::mutex>& lock);
  void open_anew();
  void append_lines();

  const std::string file_;
  const std::chrono::milliseconds retry_after_;
  Counter& written_;
  Counter& errors_;
  const Log log_{"records"};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<call::Record> waiting_;
  size_t unwritten_ = 0;  // waiting_ and lines_
  bool stopping_ = false;
  bool reopen_ = false;
  bool warned_ = false;

  // The records thread's.
  UniqueFd fd_;
  std::deque<std::string> lines_;  // the first may be written in part
  size_t line_written_ = 0;
  bool failing_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sg::records
