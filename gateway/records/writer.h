#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/counters.h"
#include "base/log.h"
#include "base/owner_thread.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "gateway/call/record.h"
#include "gateway/records/journal.h"

namespace sg::records {

// Appends call records to a file, a JSON line each, on a thread of its own, and loses none: what cannot be written
// (disk full) is kept and tried again; the operator hears of it once. Beside the file it keeps a Journal, FILE.open, of
// the calls that are up: a gateway that was killed leaves them there, and the next one writes their records, released
// by "gateway ended". Counts records.written, records.errors and records.gateway_ended.
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

  // No call of an earlier run had a higher number. Any thread.
  CallId last_call() const { return last_call_; }
  // What is known of a call that is up: when it has begun, and again when it is answered. Any thread; never waits for
  // the file.
  void begin(call::Record record);
  // A call is over. Any thread; never waits for the file.
  void write(call::Record record);
  // Opens the file anew, after log rotation. Any thread.
  void reopen();
  // Records not written yet. Any thread.
  size_t waiting() const;
  // Why they wait, in words; empty: nothing is wrong. Any thread.
  std::string trouble() const;

 private:
  struct News {
    call::Record record;
    bool is_over;
  };
  // A line of the record file.
  struct Line {
    std::string text;
    uint64_t call;
  };

  Writer(std::string file, UniqueFd fd, Counters& counters, std::chrono::milliseconds retry_after);
  void open_journal();
  void close_what_an_earlier_run_left();
  void tell(News news);
  void run();
  void wait(std::unique_lock<std::mutex>& lock);
  void take(std::unique_lock<std::mutex>& lock);
  void take(const News& news);
  void open_anew();
  void append_lines();
  void keep_numbers_ahead(uint64_t call);
  void note(const Result<>& journalled);
  void set_trouble(std::string words);

  const std::string file_;
  const std::chrono::milliseconds retry_after_;
  Counter& written_;
  Counter& errors_;
  Counter& gateway_ended_;
  const Log log_{"records"};
  CallId last_call_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<News> waiting_;
  size_t unwritten_ = 0;  // records in waiting_, and lines_
  bool stopping_ = false;
  bool reopen_ = false;
  bool warned_ = false;
  std::string trouble_;

  // The records thread's.
  OwnerThread owner_;
  UniqueFd fd_;
  std::deque<Line> lines_;  // the first may be written in part
  size_t line_written_ = 0;
  bool failing_ = false;
  std::optional<Journal> journal_;  // not set: the file is none that could have one, or the directory takes no other
  bool journal_failing_ = false;
  uint64_t highest_ = 0, reserved_ = 0;  // numbers of calls

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sg::records
