#include "gateway/records/writer.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "gateway/records/json.h"

namespace sg::records {
namespace {

Result<UniqueFd> open_for_appending(const std::string& file) {
  UniqueFd fd(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (!fd) return fail("call records: cannot open {}: {}", file, std::strerror(errno));
  return fd;
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::open(const std::string& file, Counters& counters,
                                             std::chrono::milliseconds retry_after) {
  auto fd = open_for_appending(file);
  if (!fd) return tl::unexpected(fd.error());
  return std::unique_ptr<Writer>(new Writer(file, std::move(*fd), counters, retry_after));
}

Writer::Writer(std::string file, UniqueFd fd, Counters& counters, std::chrono::milliseconds retry_after)
    : file_(std::move(file)),
      retry_after_(retry_after),
      written_(counters.get("records.written")),
      errors_(counters.get("records.errors")),
      fd_(std::move(fd)),
      thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::write(call::Record record) {
  bool warn = false;
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(record));
    if (++unwritten_ > kManyWaiting && !warned_) warn = warned_ = true;
  }
  wake_.notify_one();
  if (warn) log_.warning("more than {} call records wait for {}: the file cannot keep up", kManyWaiting, file_);
}

void Writer::reopen() {
  {
    std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  wake_.notify_one();
}

size_t Writer::waiting() const {
  std::lock_guard lock(mutex_);
  return unwritten_;
}

void Writer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    auto has_work = [&] { return stopping_ || reopen_ || !waiting_.empty(); };
    if (!failing_) {
      wake_.wait(lock, has_work);
    } else {
      // New records do not hasten the next try, but a new file or the end does.
      wake_.wait_for(lock, retry_after_, [&] { return stopping_ || reopen_; });
    }
    bool last = stopping_;
    take(lock);
    append_lines();
    lock.lock();
    unwritten_ = waiting_.size() + lines_.size();
    if (unwritten_ <= kManyWaiting) warned_ = false;
    if (last && waiting_.empty()) break;
  }
  for (const std::string& line : lines_) log_.error("not written to {}: {}", file_, line.substr(0, line.size() - 1));
}

// Moves what waits into lines, and unlocks.
void Writer::take(std::unique_lock<std::mutex>& lock) {
  std::deque<call::Record> batch;
  batch.swap(waiting_);
  bool anew = std::exchange(reopen_, false);
  lock.unlock();
  for (const call::Record& record : batch) lines_.push_back(to_json(record) + "\n");
  if (anew) open_anew();
}

void Writer::open_anew() {
  auto fd = open_for_appending(file_);
  if (!fd) {
    errors_.add();
    log_.error("{}; going on with the file that is open", fd.error().message);
    return;
  }
  fd_ = std::move(*fd);
  line_written_ = 0;  // a line begun in the old file is written in full to the new one
}

void Writer::append_lines() {
  while (!lines_.empty()) {
    const std::string& line = lines_.front();
    ssize_t count = ::write(fd_.get(), line.data() + line_written_, line.size() - line_written_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      errors_.add();
      if (!failing_)
        log_.error("cannot write to {}: {}; records are kept and tried again", file_, std::strerror(errno));
      failing_ = true;
      return;
    }
    line_written_ += static_cast<size_t>(count);
    if (line_written_ < line.size()) continue;
    lines_.pop_front();
    line_written_ = 0;
    written_.add();
  }
  if (failing_) log_.info("{} is written again", file_);
  failing_ = false;
}

}  // namespace sg::records
