#include "gateway/records/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

namespace sg::records {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using testing::ElementsAre;

class RecordFiles : public ::testing::Test {
 protected:
  RecordFiles() {
    fs::remove_all(folder);
    fs::create_directory(folder);
  }
  ~RecordFiles() override { fs::remove_all(folder); }

  // `age`: how long ago it was written.
  void put(const std::string& name, const std::string& text, hours age = hours(0)) {
    std::ofstream(folder / name) << text;
    fs::last_write_time(folder / name, now - age);
  }
  void put_compressed(const std::string& name, const std::string& text, hours age) {
    gzFile out = gzopen((folder / name).c_str(), "wb");
    gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    gzclose(out);
    fs::last_write_time(folder / name, now - age);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& each : files_of(file)) names.push_back(fs::path(each).filename());
    return names;
  }

  const fs::path folder = fs::path(::testing::TempDir()) / ("sg_record_files_" + std::to_string(::getpid()));
  const std::string file = folder / "calls.jsonl";
  const fs::file_time_type now = fs::file_time_type::clock::now();
};

TEST_F(RecordFiles, RotatedOnesAreFoundTheNewestFirst) {
  put("calls.jsonl", "");
  put("calls.jsonl.2.gz", "", hours(48));
  put("calls.jsonl.1", "", hours(24));
  put("calls-20260301.jsonl", "", hours(72));
  put("calls.jsonl.3.xz", "", hours(1));
  put("calls.jsonl.bak", "", hours(1));
  put("calls2.jsonl", "", hours(1));

  EXPECT_THAT(names(), ElementsAre("calls.jsonl", "calls.jsonl.1", "calls.jsonl.2.gz", "calls-20260301.jsonl"));
}

TEST_F(RecordFiles, LinesOfAnyLengthAreReadCompressedOrNot) {
  const std::string longer(200'000, 'x');
  const std::string text = "a\n" + longer + "\n\nb";
  put("calls.jsonl", text);
  put_compressed("calls.jsonl.1.gz", text, hours(1));

  for (const auto& each : files_of(file)) {
    std::vector<std::string> lines;
    ASSERT_TRUE(for_each_line(each, [&](const std::string& line) { lines.push_back(line); }));
    EXPECT_THAT(lines, ElementsAre("a", longer, "", "b")) << each;
  }
  EXPECT_FALSE(for_each_line(folder / "none", [](const std::string&) {}));
}

TEST_F(RecordFiles, ACompressedFileThatWasCutOffIsAnError) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += fmt::format("{{\"call\":{},\n", i);
  put_compressed("calls.jsonl.1.gz", text, hours(1));
  fs::resize_file(folder / "calls.jsonl.1.gz", fs::file_size(folder / "calls.jsonl.1.gz") / 2);

  EXPECT_FALSE(for_each_line(folder / "calls.jsonl.1.gz", [](const std::string&) {}));
}

TEST_F(RecordFiles, TheHighestCallIsNotAlwaysTheLast) {
  EXPECT_EQ(highest_call(file), 0u) << "no file at all";
  put("calls.jsonl", "{\"call\":7,\"a\":1}\n{\"call\":9,\"a\":1}\n{\"call\":8,\"a\":1}\n{\"call\":99");

  EXPECT_EQ(highest_call(file), 9u);
}

TEST_F(RecordFiles, AfterRotationTheHighestCallIsInTheFileBefore) {
  put("calls.jsonl", "");
  put_compressed("calls.jsonl.1.gz", "{\"call\":4711,\"a\":1}\n", hours(1));
  put("calls.jsonl.2", "{\"call\":12,\"a\":1}\n", hours(2));

  EXPECT_EQ(highest_call(file), 4711u);
}

TEST_F(RecordFiles, OfALargeFileTheEndIsEnough) {
  std::string text = "{\"call\":900000,\"long ago\":1}\n";
  const std::string filler(1000, '.');
  for (int i = 1; i <= 20'000; ++i) text += fmt::format("{{\"call\":{},\"{}\":1}}\n", i, filler);
  put("calls.jsonl", text);

  EXPECT_EQ(highest_call(file), 20'000u);
}

TEST_F(RecordFiles, WhatIsNoNumberOfACallIsPassedOver) {
  EXPECT_EQ(call_of("{\"call\":17,\"started\":1}"), 17u);
  for (const char* line : {"", "{\"call\":", "{\"call\":17", "{\"call\":-1,", "{\"call\":\"17\",", "{\"call\":1.5,",
                           "{\"call\":18446744073709551615,", "17"}) {
    EXPECT_EQ(call_of(line), 0u) << line;
  }
}

}  // namespace
}  // namespace sg::records
