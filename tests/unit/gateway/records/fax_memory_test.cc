#include "gateway/records/fax_memory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace sg::records {
namespace {

using Step = FaxExperience::Step;
using Verdict = call::FaxOutcome::Verdict;
using std::chrono::days;

const call::WallTime kNow{std::chrono::seconds(1'700'000'000)};

call::Record fax(Verdict verdict, const char* transport = "t38", const char* reason = "our offer") {
  call::Record record;
  record.fax = true;
  record.answered = kNow;
  record.caller = {.trunk = "pstn", .leg = "pstn 1/1", .called = "30", .calling = "100", .cause = {}, .modes = {}};
  record.called.push_back(
      {.trunk = "carrier", .leg = "sip 192.0.2.5", .called = "+4930", .calling = "100", .cause = {}, .modes = {}});
  record.called[0].modes.push_back({kNow, transport, reason});
  record.media.fax = {.pages = 1, .bit_rate = 14400, .ecm = true, .ended_by_dcn = true};
  record.fax_diagnosis.verdict = verdict;
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
  call::MediaPolicy policy_at(call::WallTime now) {
    call::MediaPolicy policy;
    memory->apply("carrier", "+4930", policy, now);
    return policy;
  }
  void fails(int times, call::WallTime now = kNow) {
    for (int i = 0; i < times; ++i) memory->learn(fax(Verdict::Failed), now);
  }

  const std::string file =
      ::testing::TempDir() + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".sqlite";
  Counters counters;
  std::unique_ptr<FaxMemory> memory;
};

TEST_F(FaxMemoryTest, KeepsWhatWorkedOverARestart) {
  memory->learn(fax(Verdict::Delivered, "t38", "peer's offer"), kNow);
  memory->learn(fax(Verdict::Failed), kNow);

  open();

  auto all = memory->all(kNow);
  ASSERT_EQ(all.size(), 1u) << "only the SIP side has numbers that are worth knowing";
  EXPECT_EQ(all[0].trunk, "carrier");
  EXPECT_EQ(all[0].number, "+4930");
  EXPECT_EQ(all[0].transport, "t38");
  EXPECT_EQ(all[0].asked_by, "peer");
  EXPECT_EQ(all[0].bit_rate, 14400);
  EXPECT_TRUE(all[0].ecm);
  EXPECT_EQ(all[0].delivered, 1);
  EXPECT_EQ(all[0].failed, 1);
  EXPECT_TRUE(policy_at(kNow).is_known_fax);
}

TEST_F(FaxMemoryTest, HoldsBackMoreAndMoreForANumberThatGoesOnFailing) {
  fails(1);
  EXPECT_EQ(policy_at(kNow).t38_params.max_bit_rate, 14400) << "once is chance";

  fails(1);
  EXPECT_EQ(policy_at(kNow).t38_params.max_bit_rate, 9600);
  EXPECT_TRUE(policy_at(kNow).ecm);

  fails(2);
  EXPECT_EQ(policy_at(kNow).t38_params.max_bit_rate, 9600);
  EXPECT_FALSE(policy_at(kNow).ecm);

  fails(2);
  EXPECT_EQ(policy_at(kNow).t38, call::T38Ask::Never);
  EXPECT_TRUE(policy_at(kNow).ecm) << "in G.711 the machines do as they like";

  for (int i = 0; i < 2; ++i) memory->learn(fax(Verdict::Failed, "g711-fax", "never"), kNow);
  EXPECT_EQ(policy_at(kNow).t38, call::T38Ask::Preamble) << "nothing helped: from the start again";
}

TEST_F(FaxMemoryTest, AFaxThatWasDeliveredBreaksTheRowOfFailures) {
  fails(1);
  memory->learn(fax(Verdict::Delivered), kNow);
  fails(1);

  EXPECT_EQ(policy_at(kNow).t38_params.max_bit_rate, 14400);
}

TEST_F(FaxMemoryTest, TriesWithoutItAgainAfterAMonthAndForgetsAfterThree) {
  fails(4);

  EXPECT_FALSE(policy_at(kNow + days(29)).ecm);
  EXPECT_TRUE(policy_at(kNow + days(30)).ecm);
  EXPECT_EQ(policy_at(kNow + days(30)).t38_params.max_bit_rate, 9600);
  EXPECT_EQ(policy_at(kNow + days(60)).t38_params.max_bit_rate, 14400);
  EXPECT_EQ(memory->all(kNow + days(90)).size(), 1u);
  EXPECT_TRUE(memory->all(kNow + days(91)).empty());
  open(kNow + days(91));
  EXPECT_TRUE(memory->all(kNow).empty()) << "gone from the file too";
}

TEST_F(FaxMemoryTest, ForgetsANumberOnRequestForGood) {
  memory->learn(fax(Verdict::Delivered), kNow);

  EXPECT_EQ(memory->forget("+4999"), 0u);
  EXPECT_EQ(memory->forget("+4930"), 1u);
  open();

  EXPECT_TRUE(memory->all(kNow).empty());
  EXPECT_FALSE(policy_at(kNow).is_known_fax);
}

TEST_F(FaxMemoryTest, LearnsNothingFromWhatIsInDoubtOrWasNoFax) {
  memory->learn(fax(Verdict::InDoubt), kNow);
  memory->learn(fax(Verdict::Unknown), kNow);
  auto voice = fax(Verdict::Delivered);
  voice.fax = false;
  memory->learn(voice, kNow);

  EXPECT_TRUE(memory->all(kNow).empty());
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
}  // namespace sg::records
