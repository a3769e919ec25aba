#include "base/async_log.h"

#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>

namespace sg {
namespace {

constexpr size_t kMostLines = 8192;
constexpr std::chrono::milliseconds kPatience{1000};

// Hands on to another sink what standard error has room for. Log thread only.
class PatientSink final : public spdlog::sinks::sink {
 public:
  PatientSink(spdlog::sink_ptr to, spdlog::details::thread_pool& queue, Counter& dropped)
      : to_(std::move(to)), queue_(queue), dropped_(dropped) {}

  void log(const spdlog::details::log_msg& line) override {
    count_overruns();
    if (has_room()) {
      to_->log(line);
    } else {
      dropped_.add();
    }
  }
  void flush() override {}
  void set_pattern(const std::string& pattern) override { to_->set_pattern(pattern); }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    to_->set_formatter(std::move(formatter));
  }

 private:
  // A reader that has been waited for once in vain is not waited for again: the queue would only grow old.
  bool has_room() {
    pollfd out{STDERR_FILENO, POLLOUT, 0};
    has_reader_ = ::poll(&out, 1, has_reader_ ? static_cast<int>(kPatience.count()) : 0) != 0;
    return has_reader_;
  }
  void count_overruns() {
    const size_t overruns = queue_.overrun_counter();
    dropped_.add(overruns - overruns_);
    overruns_ = overruns;
  }

  spdlog::sink_ptr to_;
  spdlog::details::thread_pool& queue_;
  Counter& dropped_;
  size_t overruns_ = 0;
  bool has_reader_ = true;
};

}  // namespace

AsyncLog::AsyncLog(Counters& counters)
    : before_(spdlog::default_logger()), thread_(std::make_shared<spdlog::details::thread_pool>(kMostLines, 1)) {
  auto sink = std::make_shared<PatientSink>(before_->sinks().front(), *thread_, counters.get("log.dropped"));
  auto logger = std::make_shared<spdlog::async_logger>(before_->name(), std::move(sink), thread_,
                                                       spdlog::async_overflow_policy::overrun_oldest);
  logger->set_level(before_->level());
  spdlog::set_default_logger(std::move(logger));
}

AsyncLog::~AsyncLog() {
  spdlog::set_default_logger(before_);
}

}  // namespace sg
