#include "gateway/guard/request_admission.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

namespace sg::guard {
namespace {

struct RequestAdmissionTest : testing::Test {
  static Request request(RequestKind kind, uint64_t number, std::string source = "192.0.2.1") {
    Request made;
    made.source = std::move(source);
    made.trunk = "carrier";
    made.kind = kind;
    made.transaction = {.call = number, .branch = number};
    return made;
  }
  // How many of so many new ones pass, refused ones not counted.
  int passed(int tries, RequestKind kind, const std::string& source = "192.0.2.1") {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += admission->on_request(request(kind, next++, source), now) == Verdict::Pass;
    return count;
  }
  void start(const RequestLimits& limits) { admission.emplace(limits); }

  std::optional<RequestAdmission> admission;
  TimePoint now = TimePoint{} + 1h;
  uint64_t next = 1;
};

TEST_F(RequestAdmissionTest, LetsASecondsWorthOfAnyMethodThroughAtOnceAndThenAsManyAsFlowIn) {
  start({.requests_per_second = 10});

  EXPECT_EQ(passed(50, RequestKind::Other), 10);
  now += 500ms;
  EXPECT_EQ(passed(50, RequestKind::Invite), 5);
  EXPECT_EQ(passed(50, RequestKind::Other, "192.0.2.2"), 10) << "another source has a rate of its own";
  now += 1h;
  EXPECT_EQ(passed(50, RequestKind::Other), 10);
}

TEST_F(RequestAdmissionTest, InvitesHaveARateWithinTheRate) {
  start({.requests_per_second = 10, .invites_per_second = 4});

  EXPECT_EQ(passed(8, RequestKind::Invite), 4);
  EXPECT_EQ(passed(8, RequestKind::Other), 2) << "those that were refused were requests too";
}

TEST_F(RequestAdmissionTest, ATrunksAddressesTogetherHaveFourTimesTheRate) {
  start({.requests_per_second = 10});
  int count = 0;

  for (int host = 1; host <= 100; ++host) count += passed(10, RequestKind::Other, "192.0.2." + std::to_string(host));

  EXPECT_EQ(count, 40);
}

TEST_F(RequestAdmissionTest, WhatBelongsToADialogNeverWaitsForWhatIsNew) {
  start({.requests_per_second = 10, .transactions = 5});
  passed(100, RequestKind::Other);

  auto bye = request(RequestKind::Other, next++);
  bye.is_of_dialog = true;
  bye.call_id = "a";

  EXPECT_EQ(admission->on_request(bye, now), Verdict::Pass);
}

TEST_F(RequestAdmissionTest, ADialogIsNoWayRoundTheRates) {
  start({.requests_per_second = 10});
  auto info = request(RequestKind::Other, 1);
  info.is_of_dialog = true;
  info.call_id = "a";
  int count = 0;

  for (int i = 0; i < 1000; ++i) count += admission->on_request(info, now) == Verdict::Pass;

  EXPECT_EQ(count, 50);
}

TEST_F(RequestAdmissionTest, AResentRequestIsOfItsTransactionAndNotRefused) {
  start({.requests_per_second = 10});
  auto first = request(RequestKind::Invite, 1000);
  ASSERT_EQ(admission->on_request(first, now), Verdict::Pass);
  passed(100, RequestKind::Other);

  EXPECT_EQ(admission->on_request(first, now), Verdict::Pass);
  first.transaction.branch = 7;
  EXPECT_NE(admission->on_request(first, now), Verdict::Pass) << "another branch is another transaction";
}

TEST_F(RequestAdmissionTest, RefusesNoMoreThanItTakesAndIsSilentThen) {
  start({.requests_per_second = 10});
  std::map<Verdict, int> verdicts;

  for (int i = 0; i < 1000; ++i) ++verdicts[admission->on_request(request(RequestKind::Invite, next++), now)];

  EXPECT_EQ(verdicts[Verdict::Pass], 10);
  EXPECT_EQ(verdicts[Verdict::Refuse], 10);
  EXPECT_EQ(verdicts[Verdict::Drop], 980);
}

TEST_F(RequestAdmissionTest, WhoAsksWhetherWeAreThereIsAnsweredInAFlood) {
  start({.requests_per_second = 10});
  std::map<Verdict, int> verdicts;
  passed(1000, RequestKind::Other);

  for (int i = 0; i < 1000; ++i) ++verdicts[admission->on_request(request(RequestKind::Question, next++), now)];

  EXPECT_EQ(verdicts[Verdict::Pass], 0);
  EXPECT_EQ(verdicts[Verdict::Refuse], 200);
}

TEST_F(RequestAdmissionTest, OpenTransactionsAreBoundedAndEndAfter64TimesT1) {
  start({.transactions = 20});

  EXPECT_EQ(passed(100, RequestKind::Other), 20);
  EXPECT_EQ(admission->transactions(now), 20u);
  now += 31s;
  EXPECT_EQ(passed(100, RequestKind::Other), 0);
  now += 1s;
  EXPECT_EQ(admission->transactions(now), 0u);
  EXPECT_EQ(passed(100, RequestKind::Other), 20);
}

TEST_F(RequestAdmissionTest, AnAckEndsItsInvitesTransaction) {
  start({.transactions = 1});
  ASSERT_EQ(passed(1, RequestKind::Invite), 1);
  ASSERT_EQ(passed(1, RequestKind::Invite), 0);

  // Of a 200: another branch (RFC 3261 section 13.2.2.4).
  auto ack = request(RequestKind::Ack, 1);
  ack.transaction.branch = 99;

  EXPECT_EQ(admission->on_request(ack, now), Verdict::Pass);
  EXPECT_EQ(passed(1, RequestKind::Invite), 1);
}

TEST_F(RequestAdmissionTest, MalformedRequestsHaveTheSameRate) {
  start({.requests_per_second = 10});
  auto broken = request(RequestKind::Other, 0);
  broken.is_whole = false;
  int count = 0;

  for (int i = 0; i < 100; ++i) count += admission->on_request(broken, now) == Verdict::Pass;

  EXPECT_EQ(count, 10);
  EXPECT_EQ(admission->transactions(now), 0u);
}

TEST_F(RequestAdmissionTest, WithoutLimitsEverythingPasses) {
  start({});

  EXPECT_EQ(passed(1000, RequestKind::Invite) + passed(1000, RequestKind::Other), 2000);
}

TEST(RateTable, ForgetsWhoHasBeenQuietLongestWhenSourcesAreForged) {
  RateTable table(100);
  TimePoint now{};
  ASSERT_TRUE(table.take("busy", 1, now));

  for (int i = 0; i < 10'000; ++i) {
    table.take(std::to_string(i), 1, now);
    EXPECT_FALSE(table.take("busy", 1, now)) << "it is not forgotten";
  }

  EXPECT_EQ(table.size(), 100u);
}

}  // namespace
}  // namespace sg::guard
