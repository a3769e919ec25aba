#include "gateway/records/journal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gateway/records/files.h"
#include "gateway/records/json.h"
#include "gateway/records/read.h"
#include "gateway/records/writer.h"

namespace sg::records {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::Key;
using testing::Pair;

struct JournalTest : testing::Test {
  JournalTest() {
    std::string pattern = testing::TempDir() + "journal-XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~JournalTest() override { std::filesystem::remove_all(directory); }

  std::string path(const char* name) const { return directory / name; }
  void write(const char* name, const std::string& text) const { std::ofstream(path(name)) << text; }
  Journal open() const { return Journal::open(path("calls.open")).value(); }

  static call::Record record(uint64_t id, const std::string& uid = "") {
    call::Record record;
    record.call = CallId{id};
    record.uid = uid.empty() ? fmt::format("uid-{}", id) : uid;
    record.started = call::WallTime(std::chrono::milliseconds(1'700'000'000'000));
    return record;
  }
  std::vector<json> records() const {
    std::ifstream in(path("calls"));
    std::vector<json> all;
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
    return all;
  }

  std::filesystem::path directory;
  Counters counters;
};

TEST_F(JournalTest, KeepsTheLatestLineOfEachCallThatIsUp) {
  {
    Journal journal = open();
    ASSERT_TRUE(journal.begin(1, "{\"call\":1,\"step\":1}"));
    ASSERT_TRUE(journal.begin(2, "{\"call\":2,\"step\":1}"));
    ASSERT_TRUE(journal.begin(1, "{\"call\":1,\"step\":2}"));
    ASSERT_TRUE(journal.begin(3, "{\"call\":3,\"step\":1}"));
    ASSERT_TRUE(journal.end(2));
    ASSERT_TRUE(journal.end(3));
  }

  Journal journal = open();

  EXPECT_THAT(journal.open_calls(), ElementsAre(Pair(1, "{\"call\":1,\"step\":2}")));
  EXPECT_EQ(journal.highest_call(), 3u);
}

// What a killed process may leave: each row is a file.
TEST_F(JournalTest, IsReadHoweverItWasCutOff) {
  struct Row {
    const char* text;
    std::vector<uint64_t> open;
    uint64_t highest;
  };
  for (const Row& row :
       {Row{"", {}, 0}, Row{"{\"call\":1,\"step\":1}\n{\"call\":1,\"st", {1}, 1},
        Row{"{\"call\":1,\"step\":1}\n{\"call\":2,\"st", {1}, 2},
        Row{"{\"call\":1,\"step\":1}\n{\"call\":1,\"over\":tr", {1}, 1}, Row{"{\"call\":1,\"step\":1}\n{\"ca", {1}, 1},
        Row{"{\"call\":1,\"step\":1}\n{\"call\":1,\"over\":true}", {}, 1},
        Row{"rubbish\n\n{\"call\":7,\"step\":1}\n", {7}, 7}}) {
    SCOPED_TRACE(row.text);
    write("calls.open", row.text);

    Journal journal = open();

    std::vector<uint64_t> calls;
    for (const auto& [call, line] : journal.open_calls()) calls.push_back(call);
    EXPECT_EQ(calls, row.open);
    EXPECT_EQ(journal.highest_call(), row.highest);
  }
}

TEST_F(JournalTest, GrowsWithTheCallsThatAreUpAndNotWithThoseThatWere) {
  Journal journal = open();
  for (uint64_t call = 1; call <= 20'000; ++call) {
    ASSERT_TRUE(journal.begin(call, fmt::format("{{\"call\":{},\"step\":1}}", call)));
    ASSERT_TRUE(journal.end(call));
  }

  EXPECT_LT(std::filesystem::file_size(path("calls.open")), 300'000u);
  EXPECT_EQ(open().highest_call(), 20'000u);
}

TEST_F(JournalTest, OfAGatewayThatWasKilledBecomesRecords) {
  auto up = record(7);
  up.answered = up.started + std::chrono::seconds(2);
  // What stands on disk while call 7 is up and 8 is over is what a SIGKILL leaves.
  {
    auto writer = Writer::open(path("calls"), counters).value();
    writer->begin(up);
    writer->begin(record(8));
    writer->write(record(8));
  }
  timespec times[2] = {{1'700'000'060, 0}, {1'700'000'060, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path("calls.open").c_str(), times, 0), 0);

  auto writer = Writer::open(path("calls"), counters).value();
  EXPECT_EQ(counters.get("records.gateway_ended").value(), 1u);
  writer.reset();

  auto all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["call"], 8);
  EXPECT_EQ(all[1]["call"], 7);
  EXPECT_EQ(all[1]["uid"], "uid-7");
  EXPECT_EQ(all[1]["released_by"], "gateway ended");
  EXPECT_EQ(all[1]["cause"]["q850"], 41);
  EXPECT_EQ(all[1]["ended"], "2023-11-14T22:14:20.000Z") << "when the journal was last touched";
  EXPECT_EQ(all[1]["talk_s"], 58.0);
  EXPECT_TRUE(from_json(all[1].dump())) << "it can be replayed as any other";
  EXPECT_TRUE(open().open_calls().empty());
  Writer::open(path("calls"), counters).value().reset();
  EXPECT_EQ(records().size(), 2u) << "once only";
}

TEST_F(JournalTest, OfACallWhoseRecordWasStillWrittenBringsNoSecondOne) {
  write("calls", to_json(record(7)) + "\n" + to_json(record(9, "of an earlier life")) + "\n");
  write("calls.open", to_json(record(7)) + "\n" + to_json(record(9)) + "\n");

  Writer::open(path("calls"), counters).value().reset();

  auto all = records();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[2]["uid"], "uid-9");
}

TEST_F(JournalTest, TakesNumbersInAdvanceSoThatNoneIsGivenTwice) {
  {
    auto writer = Writer::open(path("calls"), counters).value();
    EXPECT_EQ(writer->last_call(), CallId{0});
    std::filesystem::copy_file(path("calls.open"), path("kept"));
  }
  EXPECT_EQ(Writer::open(path("calls"), counters).value()->last_call(), CallId{0}) << "ended in order";
  // As a SIGKILL would have left it: numbers may have been given that nobody came to write.
  std::filesystem::rename(path("kept"), path("calls.open"));

  EXPECT_GE(Writer::open(path("calls"), counters).value()->last_call(), CallId{1000});
}

TEST_F(JournalTest, GoesOnAfterADiskThatWasFull) {
  auto journal = open();
  ASSERT_TRUE(journal.begin(1, "{\"call\":1,\"step\":1}"));
  std::filesystem::create_directory(path("calls.open.new"));
  ASSERT_FALSE(journal.rewrite(1));
  EXPECT_FALSE(journal.begin(2, "{\"call\":2,\"step\":1}")) << "the file is not whole";
  std::filesystem::remove(path("calls.open.new"));

  ASSERT_TRUE(journal.begin(3, "{\"call\":3,\"step\":1}"));

  EXPECT_THAT(open().open_calls(), ElementsAre(Key(1), Key(2), Key(3)));
}

}  // namespace
}  // namespace sg::records
