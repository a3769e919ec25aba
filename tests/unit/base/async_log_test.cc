#include "base/async_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "base/unique_fd.h"

namespace sg {
namespace {

// Standard error of this process, as a pipe that a test reads from, or not.
class AsyncLogTest : public testing::Test {
 protected:
  AsyncLogTest() : before_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)), default_(spdlog::default_logger()) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read_end_ = UniqueFd(ends[0]);
    ::fcntl(read_end_.get(), F_SETFL, O_NONBLOCK);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    set_up_logging(LogLevel::Info);
  }
  ~AsyncLogTest() override {
    spdlog::set_default_logger(default_);
    ::dup2(before_.get(), STDERR_FILENO);
  }

  std::string read_what_is_there() {
    std::string text;
    char buffer[4096];
    for (ssize_t count; (count = ::read(read_end_.get(), buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<size_t>(count));
    }
    return text;
  }

  Counters counters_;
  UniqueFd read_end_;

 private:
  UniqueFd before_;
  std::shared_ptr<spdlog::logger> default_;
};

TEST_F(AsyncLogTest, WritesEachLineInOrder) {
  {
    AsyncLog log(counters_);
    for (int i = 0; i < 100; ++i) Log().info("line {}", i);
  }

  auto text = read_what_is_there();
  EXPECT_EQ(std::ranges::count(text, '\n'), 100);
  EXPECT_LT(text.find("info line 8\n"), text.find("info line 99\n"));
  EXPECT_EQ(counters_.get("log.dropped").value(), 0u);
}

TEST_F(AsyncLogTest, WhoLogsGoesOnWhenNobodyReadsAndWhatIsDroppedIsCounted) {
  constexpr size_t kLines = 50'000;
  {
    AsyncLog log(counters_);

    for (size_t i = 0; i < kLines; ++i) Log().info("line {}", i);
  }

  auto text = read_what_is_there();
  auto written = static_cast<size_t>(std::ranges::count(text, '\n'));
  EXPECT_GT(written, 0u);
  EXPECT_EQ(written + counters_.get("log.dropped").value(), kLines);
}

TEST_F(AsyncLogTest, WritesAgainOnceSomebodyReads) {
  AsyncLog log(counters_);
  for (int i = 0; i < 50'000; ++i) Log().info("line {}", i);

  std::string text = read_what_is_there();
  pollfd ready{read_end_.get(), POLLIN, 0};
  while (text.find("info again\n") == text.npos) {
    Log().info("again");
    ASSERT_GT(::poll(&ready, 1, 10'000), 0) << "nothing came any more";
    text += read_what_is_there();
  }
}

TEST_F(AsyncLogTest, AfterItsEndLinesAreWrittenAtOnceAgain) {
  { AsyncLog log(counters_); }

  Log().info("last");

  EXPECT_NE(read_what_is_there().find("info last\n"), std::string::npos);
}

}  // namespace
}  // namespace sg
