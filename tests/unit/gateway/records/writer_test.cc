#include "gateway/records/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/clock.h"

namespace sg::records {
namespace {

using testing::HasSubstr;

// A directory of its own for each test, gone with it.
struct WriterFixture : testing::Test {
  WriterFixture() {
    std::string pattern = testing::TempDir() + "records-XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~WriterFixture() override { std::filesystem::remove_all(directory); }

  std::string path(const char* name) const { return directory / name; }

  static call::Record record(uint64_t id) {
    call::Record record;
    record.call = CallId{id};
    return record;
  }

  static std::vector<uint64_t> calls_in(const std::string& file) {
    std::ifstream in(file);
    std::vector<uint64_t> calls;
    for (std::string line; std::getline(in, line);)
      calls.push_back(nlohmann::json::parse(line).at("call").get<uint64_t>());
    return calls;
  }

  // Whether it comes true before anybody loses patience.
  template <class Claim>
  static bool comes_true(Claim claim) {
    auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!claim()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

  std::filesystem::path directory;
  Counters counters;
};

using Writing = WriterFixture;

TEST_F(Writing, AppendsEveryRecordOfEveryThread) {
  auto writer = Writer::open(path("calls"), counters).value();
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < 250; ++i) writer->write(record(t * 250 + i));
    });
  }
  for (auto& thread : threads) thread.join();
  writer.reset();

  auto calls = calls_in(path("calls"));
  std::sort(calls.begin(), calls.end());
  ASSERT_EQ(calls.size(), 1000u);
  for (uint64_t i = 0; i < 1000; ++i) EXPECT_EQ(calls[i], i);
  EXPECT_EQ(counters.get("records.written").value(), 1000u);
}

TEST_F(Writing, WritesWithoutWaitingForTheEnd) {
  auto writer = Writer::open(path("calls"), counters).value();

  writer->write(record(1));

  EXPECT_TRUE(comes_true([&] { return writer->waiting() == 0; }));
  EXPECT_EQ(calls_in(path("calls")), std::vector<uint64_t>{1});
}

TEST_F(Writing, GoesOnAfterWhatTheFileHoldsAlready) {
  Writer::open(path("calls"), counters).value()->write(record(1));
  Writer::open(path("calls"), counters).value()->write(record(2));

  EXPECT_EQ(calls_in(path("calls")), (std::vector<uint64_t>{1, 2}));
}

TEST_F(Writing, KeepsWhatAFullDiskRefusesAndWritesItLater) {
  std::filesystem::create_symlink("/dev/full", path("calls"));
  auto writer = Writer::open(path("calls"), counters, 1ms).value();
  writer->write(record(1));
  ASSERT_TRUE(comes_true([&] { return counters.get("records.errors").value() > 1; })) << "it tries again";
  writer->write(record(2));
  EXPECT_EQ(writer->waiting(), 2u);
  EXPECT_EQ(writer->trouble(), "No space left on device");

  std::filesystem::remove(path("calls"));
  writer->reopen();
  EXPECT_TRUE(comes_true([&] { return writer->waiting() == 0 && writer->trouble().empty(); }));
  writer.reset();

  EXPECT_EQ(calls_in(path("calls")), (std::vector<uint64_t>{1, 2}));
}

TEST_F(Writing, LogsInFullWhatItCouldNotWriteInTheEnd) {
  set_up_logging(LogLevel::Error);
  auto writer = Writer::open("/dev/full", counters, 1h).value();
  writer->write(record(4711));
  ASSERT_TRUE(comes_true([&] { return counters.get("records.errors").value() > 0; }));

  testing::internal::CaptureStderr();
  writer.reset();

  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("\"call\":4711"));
}

TEST_F(Writing, GoesToTheNewFileAfterRotation) {
  auto writer = Writer::open(path("calls"), counters).value();
  writer->write(record(1));
  ASSERT_TRUE(comes_true([&] { return writer->waiting() == 0; }));

  std::filesystem::rename(path("calls"), path("calls.1"));
  writer->reopen();
  writer->write(record(2));
  writer.reset();

  EXPECT_EQ(calls_in(path("calls.1")), std::vector<uint64_t>{1});
  EXPECT_EQ(calls_in(path("calls")), std::vector<uint64_t>{2});
}

TEST_F(Writing, SaysWhichFileCannotBeOpened) {
  auto writer = Writer::open(path("no/such/directory"), counters);

  ASSERT_FALSE(writer);
  EXPECT_THAT(writer.error().message, HasSubstr("no/such/directory: No such file or directory"));
}

}  // namespace
}  // namespace sg::records
