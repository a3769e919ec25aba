#include "gateway/fax/fax_memory.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

namespace sg::fax {
namespace {

using std::chrono::days;
using Mode = call::MediaModeState;
using Reason = call::ModeReason;

const call::WallTime kNow{std::chrono::seconds(1'700'000'000)};

call::Record fax(Mode mode = Mode::T38, Reason reason = Reason::OurOffer) {
  call::Record record;
  record.fax = true;
  record.answered = kNow;
  record.ended = kNow + std::chrono::minutes(1);
  record.caller = {.trunk = "pstn", .leg = "pstn 1/1", .called = "30", .calling = "100", .cause = {}, .modes = {}};
  record.called.push_back({.trunk = "carrier",
                           .leg = "sip 192.0.2.5",
                           .kind = call::MediaKind::Ip,
                           .called = "+4930",
                           .calling = "100",
                           .cause = {},
                           .modes = {}});
  record.called[0].modes.push_back({kNow, mode, reason});
  record.media.fax = {.pages = 1, .bit_rate = 14400, .ecm = true, .ended_by_dcn = true};
  return record;
}

class FaxMemoryTest : public ::testing::Test {
 protected:
  FaxMemoryTest() { open(); }
  ~FaxMemoryTest() override {
    memory.reset();
    std::filesystem::remove(file);
  }
  void open(call::WallTime now = kNow) {
    memory.reset();
    memory = FaxMemory::open(file, counters, now).value();
  }
  std::vector<FaxExperience> all(call::WallTime now) const { return memory->page("", "", 1000, now); }
  call::MediaPolicy policy_at(call::WallTime now) {
    call::MediaPolicy policy;
    memory->apply("carrier", "+4930", policy, now);
    return policy;
  }
  const std::string file =
      ::testing::TempDir() + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".sqlite";
  Counters counters;
  std::unique_ptr<FaxMemory> memory;
};

TEST_F(FaxMemoryTest, GivesItsNumbersPageByPage) {
  std::vector<FaxExperience> numbers;
  for (const char* trunk : {"a", "b"}) {
    for (const char* number : {"491", "492", "493"}) {
      FaxExperience known;
      known.trunk = trunk;
      known.number = number;
      known.last = kNow;
      numbers.push_back(known);
    }
  }
  ASSERT_TRUE(memory->import(std::move(numbers), kNow));

  std::vector<std::string> seen;
  for (std::string trunk, number;;) {
    const auto page = memory->page(trunk, number, 2, kNow);
    if (page.empty()) break;
    EXPECT_LE(page.size(), 2u);
    for (const auto& each : page) seen.push_back(each.trunk + " " + each.number);
    trunk = page.back().trunk;
    number = page.back().number;
  }

  EXPECT_EQ(seen, (std::vector<std::string>{"a 491", "a 492", "a 493", "b 491", "b 492", "b 493"}));
}

TEST_F(FaxMemoryTest, KeepsWhatWorkedOverARestart) {
  memory->learn(fax(Mode::T38, Reason::PeersOffer), RuleId::Delivered, kNow);
  memory->learn(fax(), RuleId::TrainingFailed, kNow);

  open();

  auto numbers = all(kNow);
  ASSERT_EQ(numbers.size(), 1u) << "only the SIP side has numbers that are worth knowing";
  EXPECT_EQ(numbers[0].trunk, "carrier");
  EXPECT_EQ(numbers[0].number, "4930");
  EXPECT_EQ(name_of(numbers[0].transport), "t38");
  EXPECT_EQ(name_of(numbers[0].asked_by), "peer");
  EXPECT_EQ(numbers[0].bit_rate, 14400);
  EXPECT_TRUE(numbers[0].ecm);
  EXPECT_EQ(numbers[0].delivered, 1);
  EXPECT_EQ(numbers[0].failed, 1);
  EXPECT_TRUE(policy_at(kNow).is_known_fax);
}

TEST_F(FaxMemoryTest, ForgetsANumberAfterThreeMonths) {
  memory->learn(fax(), RuleId::Delivered, kNow);

  EXPECT_EQ(all(kNow + days(90)).size(), 1u);
  EXPECT_TRUE(all(kNow + days(91)).empty());
  EXPECT_FALSE(policy_at(kNow + days(91)).is_known_fax);
  open(kNow + days(91));
  EXPECT_TRUE(all(kNow).empty()) << "gone from the file too";
}

TEST_F(FaxMemoryTest, KeepsWhatIsHeldBackOverARestart) {
  auto record = fax(Mode::Passthrough, Reason::Refused);
  record.called[0].t38_refused_with = 488;
  memory->learn(record, RuleId::Delivered, kNow);
  for (int i = 0; i < 4; ++i) memory->learn(fax(), RuleId::EcmGaveUp, kNow);
  const auto before = all(kNow);

  open();

  ASSERT_EQ(all(kNow).size(), 1u);
  EXPECT_EQ(to_json(all(kNow)[0], kNow), to_json(before.at(0), kNow));
  EXPECT_EQ(before[0].held_back(kNow), "T.38 not asked for (refused with 488), at most 9600 bit/s, no ECM");
}

TEST_F(FaxMemoryTest, ForgetsANumberOnRequestForGood) {
  memory->learn(fax(), RuleId::Delivered, kNow);

  EXPECT_FALSE(memory->forget("carrier", "+4999"));
  EXPECT_FALSE(memory->forget("pbx", "+4930"));
  EXPECT_TRUE(memory->forget("carrier", "+4930"));
  EXPECT_FALSE(memory->forget("carrier", "+4930"));
  open();

  EXPECT_TRUE(all(kNow).empty());
  EXPECT_FALSE(policy_at(kNow).is_known_fax);
}

// Whoever writes a number and whoever calls it mean the same one.
TEST_F(FaxMemoryTest, HasOneFormOfANumber) {
  for (const char* written : {"4930", "+4930", "+49 (30)", "49-30", "49.30"}) {
    SCOPED_TRACE(written);
    for (const char* called : {"4930", "+4930"}) {
      memory
          ->import({{.trunk = "carrier",
                     .number = written,
                     .t38_use = FaxExperience::T38Use::Without,
                     .t38_use_since = kNow,
                     .last = kNow}},
                   kNow)
          .value();
      ASSERT_EQ(all(kNow).size(), 1u);
      EXPECT_EQ(all(kNow)[0].number, "4930");
      call::MediaPolicy policy;
      memory->apply("carrier", called, policy, kNow);
      EXPECT_EQ(policy.t38, T38Ask::Never);

      auto record = fax();
      record.called[0].called = called;
      memory->learn(record, RuleId::Delivered, kNow);
      EXPECT_EQ(all(kNow).size(), 1u);

      EXPECT_TRUE(memory->forget("carrier", written));
      EXPECT_TRUE(all(kNow).empty());
    }
  }
}

TEST_F(FaxMemoryTest, OfARowWithPlusAndOneWithoutTheNewerStays) {
  for (const auto& [with_plus, without, newer] : {std::tuple{kNow - days(1), kNow, 7}, {kNow, kNow - days(1), 3}}) {
    memory.reset();
    std::filesystem::remove(file);
    open();
    memory.reset();
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    auto row = [](const char* number, int delivered, call::WallTime last) {
      return fmt::format(
          "INSERT INTO fax_number (trunk, number, transport, asked_by, bit_rate, ecm, delivered, failed, "
          "last) VALUES ('carrier', '{}', 't38', 'us', 14400, 1, {}, 0, {});",
          number, delivered, std::chrono::duration_cast<std::chrono::seconds>(last.time_since_epoch()).count());
    };
    const auto sql =
        row("+4930", 3, with_plus) + row("4930", 7, without) + row("+4940", 9, kNow) + "PRAGMA user_version = 2;";
    ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);

    open();

    auto numbers = all(kNow);
    ASSERT_EQ(numbers.size(), 2u);
    EXPECT_EQ(numbers[0].number, "4930");
    EXPECT_EQ(numbers[0].delivered, newer);
    EXPECT_EQ(numbers[1].number, "4940");
    EXPECT_EQ(numbers[1].delivered, 9);
  }
}

TEST_F(FaxMemoryTest, LearnsNothingFromCallsThatWereNoFaxOrNotAnswered) {
  auto voice = fax(), unanswered = fax();
  voice.fax = false;
  unanswered.answered.reset();

  memory->learn(voice, RuleId::Delivered, kNow);
  memory->learn(unanswered, RuleId::Delivered, kNow);

  EXPECT_TRUE(all(kNow).empty());
}

TEST_F(FaxMemoryTest, TakesOverWhatAnotherGatewayKnewUnlessItKnowsNewer) {
  memory->learn(fax(), RuleId::Delivered, kNow);
  FaxExperience older{.trunk = "carrier", .number = "+4930", .last = kNow - days(1)};
  FaxExperience other{.trunk = "carrier",
                      .number = "+4940",
                      .transport = FaxExperience::Transport::G711,
                      .delivered = 7,
                      .last = kNow - days(1)};
  FaxExperience past{.trunk = "carrier", .number = "+4950", .last = kNow - days(91)};

  auto imported = memory->import({older, other, past}, kNow).value();
  open();

  EXPECT_EQ(imported.taken, 1u);
  EXPECT_EQ(imported.older, 2u);
  auto numbers = all(kNow);
  ASSERT_EQ(numbers.size(), 2u);
  EXPECT_EQ(numbers[0].delivered, 1);
  EXPECT_EQ(numbers[1].number, "4940");
  EXPECT_EQ(numbers[1].delivered, 7);
}

TEST_F(FaxMemoryTest, AFileOfTheVersionBeforeKeepsWhatWorkedAndNotWhatWasHeldBack) {
  memory.reset();
  std::filesystem::remove(file);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  const auto sql = fmt::format(
      "CREATE TABLE fax_number (trunk TEXT NOT NULL, number TEXT NOT NULL, transport TEXT NOT NULL, asked_by TEXT NOT "
      "NULL, bit_rate INTEGER NOT NULL, ecm INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL, "
      "failed_in_a_row INTEGER NOT NULL, step INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (trunk, number)) "
      "WITHOUT ROWID; PRAGMA user_version = 1;"
      "INSERT INTO fax_number VALUES ('carrier', '+4930', 't38', 'us', 14400, 1, 5, 2, 0, 3, {});",
      std::chrono::duration_cast<std::chrono::seconds>(kNow.time_since_epoch()).count());
  ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);

  open();

  auto numbers = all(kNow);
  ASSERT_EQ(numbers.size(), 1u);
  EXPECT_EQ(numbers[0].delivered, 5);
  EXPECT_EQ(numbers[0].held_back(kNow), "");
  memory->learn(fax(), RuleId::Delivered, kNow);
  open();
  EXPECT_EQ(all(kNow).at(0).delivered, 6);
}

TEST_F(FaxMemoryTest, AFileThatIsNoDatabaseIsRefusedWithAReason) {
  const std::string other = file + ".txt";
  std::ofstream(other) << "this is a text that somebody keeps here, long enough to be no header of SQLite's";

  auto opened = FaxMemory::open(other, counters, kNow);
  auto nowhere = FaxMemory::open("/nonexistent/fax.sqlite", counters, kNow);
  std::filesystem::remove(other);

  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find(other), std::string::npos);
  EXPECT_FALSE(nowhere);
}

}  // namespace
}  // namespace sg::fax
