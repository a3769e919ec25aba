#include "gateway/records/writer.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "gateway/records/files.h"
#include "gateway/records/json.h"

namespace sg::records {
namespace {

// As long as a call is up the journal shows that the gateway lives, so often.
constexpr auto kSignOfLife = std::chrono::seconds(5);
// Numbers are taken in advance, so many at a time: what is killed may not have come to write the latest.
constexpr uint64_t kNumbers = 1000;

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
  std::unique_ptr<Writer> writer(new Writer(file, std::move(*fd), counters, retry_after));
  writer->open_journal();
  writer->thread_ = std::thread([writer = writer.get()] { writer->run(); });
  return writer;
}

Writer::Writer(std::string file, UniqueFd fd, Counters& counters, std::chrono::milliseconds retry_after)
    : file_(std::move(file)),
      retry_after_(retry_after),
      written_(counters.get("records.written")),
      errors_(counters.get("records.errors")),
      gateway_ended_(counters.get("records.gateway_ended")),
      fd_(std::move(fd)) {}

// Calls go on without it.
void Writer::open_journal() {
  // A pipe or a device has nothing in it, nor beside it.
  if (!std::filesystem::is_regular_file(file_)) return;
  last_call_.value = highest_call(file_);
  auto journal = Journal::open(file_ + ".open");
  if (!journal) return log_.error("calls that are up have no journal: {}", journal.error().message);
  journal_ = std::move(*journal);
  last_call_.value = std::max(last_call_.value, journal_->highest_call());
  highest_ = last_call_.value;
  reserved_ = highest_ + kNumbers;
  note(journal_->rewrite(reserved_));
  close_what_an_earlier_run_left();
}

void Writer::close_what_an_earlier_run_left() {
  auto left = journal_->open_calls();
  if (left.empty()) return;
  // It may have been killed between the record and the journal.
  for_each_recent_line(file_, [&](const std::string& line) {
    auto found = left.find(call_of(line));
    if (found == left.end() || uid_of(found->second) != uid_of(line)) return;
    note(journal_->end(found->first));
    left.erase(found);
  });
  for (const auto& [call, line] : left) {
    lines_.push_back({ended_with_gateway(line, journal_->last_touched()) + "\n", call});
    gateway_ended_.add();
  }
  unwritten_ = lines_.size();
  if (!left.empty()) log_.warning("{} calls were up when the gateway ended before: their records say so", left.size());
}

Writer::~Writer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::begin(call::Record record) {
  tell({std::move(record), false});
}

void Writer::write(call::Record record) {
  tell({std::move(record), true});
}

void Writer::tell(News news) {
  bool warn = false;
  {
    std::lock_guard lock(mutex_);
    unwritten_ += news.is_over;
    waiting_.push_back(std::move(news));
    if (unwritten_ > kManyWaiting && !warned_) warn = warned_ = true;
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

std::string Writer::trouble() const {
  std::lock_guard lock(mutex_);
  return trouble_;
}

void Writer::set_trouble(std::string words) {
  std::lock_guard lock(mutex_);
  trouble_ = std::move(words);
}

void Writer::wait(std::unique_lock<std::mutex>& lock) {
  auto is_to_end = [this] { return stopping_ || reopen_; };
  auto has_work = [&] { return is_to_end() || !waiting_.empty(); };
  if (failing_) {
    // New records do not hasten the next try, but a new file or the end does.
    wake_.wait_for(lock, retry_after_, is_to_end);
  } else if (lines_.empty() && journal_ && !journal_->open_calls().empty()) {
    while (!wake_.wait_for(lock, kSignOfLife, has_work)) journal_->touch();
  } else if (lines_.empty()) {
    wake_.wait(lock, has_work);
  }
}

void Writer::run() {
  owner_.take();
  std::unique_lock lock(mutex_);
  for (;;) {
    wait(lock);
    bool last = stopping_;
    take(lock);
    append_lines();
    lock.lock();
    unwritten_ = static_cast<size_t>(std::ranges::count_if(waiting_, &News::is_over)) + lines_.size();
    if (unwritten_ <= kManyWaiting) warned_ = false;
    if (last && waiting_.empty()) break;
  }
  for (const Line& line : lines_) {
    log_.error("not written to {}: {}", file_, line.text.substr(0, line.text.size() - 1));
    if (journal_) note(journal_->end(line.call));
  }
  // No number is skipped by who ends in order.
  if (journal_) note(journal_->rewrite(highest_));
}

// Moves what waits into lines, and unlocks.
void Writer::take(std::unique_lock<std::mutex>& lock) {
  std::deque<News> batch;
  batch.swap(waiting_);
  bool anew = std::exchange(reopen_, false);
  lock.unlock();
  for (const News& news : batch) take(news);
  if (anew) open_anew();
}

void Writer::take(const News& news) {
  const uint64_t call = news.record.call.value;
  keep_numbers_ahead(call);
  if (news.is_over) {
    lines_.push_back({to_json(news.record) + "\n", call});
  } else if (journal_) {
    note(journal_->begin(call, to_json(news.record)));
  }
}

void Writer::keep_numbers_ahead(uint64_t call) {
  highest_ = std::max(highest_, call);
  if (!journal_ || highest_ + kNumbers / 2 < reserved_) return;
  reserved_ = highest_ + kNumbers;
  note(journal_->reserve(reserved_));
}

void Writer::note(const Result<>& journalled) {
  owner_.check();
  if (!journalled) {
    errors_.add();
    if (!journal_failing_) log_.error("the journal of calls that are up: {}", journalled.error().message);
  }
  journal_failing_ = !journalled;
}

void Writer::open_anew() {
  owner_.check();
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
  owner_.check();
  while (!lines_.empty()) {
    const std::string& line = lines_.front().text;
    ssize_t count = ::write(fd_.get(), line.data() + line_written_, line.size() - line_written_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int error = errno;
      errors_.add();
      if (!failing_)
        log_.error("cannot write to {}: {}; records are kept and tried again", file_, std::strerror(error));
      set_trouble(std::strerror(error));
      failing_ = true;
      return;
    }
    line_written_ += static_cast<size_t>(count);
    if (line_written_ < line.size()) continue;
    if (journal_) note(journal_->end(lines_.front().call));
    lines_.pop_front();
    line_written_ = 0;
    written_.add();
  }
  if (failing_) {
    log_.info("{} is written again", file_);
    set_trouble({});
  }
  failing_ = false;
}

}  // namespace sg::records
