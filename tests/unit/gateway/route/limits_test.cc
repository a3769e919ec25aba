#include "gateway/route/limits.h"

#include <gtest/gtest.h>

namespace sg::route {
namespace {

// A clock that stands until it is moved.
struct LimitsTest : testing::Test {
  std::string refusal(const Limits::Charge& of) {
    auto limit = limits.refusal(route, of, now);
    return limit ? text_of(*limit) : "none";
  }
  std::string refusal() { return refusal(charge); }
  // A call that talked for so long, and is over.
  void talk(std::chrono::seconds length, Limits::Charge with) {
    auto ticket = begin(std::move(with));
    limits.answer(ticket, now);
    now += length;
    limits.end(ticket, now);
  }

  Limits::Ticket begin(Limits::Charge with) {
    with.spend = route.spend;
    return limits.begin(std::move(with), now);
  }

  LimitsTest() { route.name = "out"; }
  TimePoint now{std::chrono::hours(1000)};
  conf::Route route;
  Limits limits;
  Limits::Charge charge{"out", "401", "+4930", true, {}};
};

TEST_F(LimitsTest, ARouteTakesOnlySoManyCallsAtOnce) {
  route.limit = 2;
  auto first = begin(charge);
  EXPECT_EQ(refusal(), "none");
  begin(charge);
  EXPECT_EQ(refusal(), "limit = 2 of route out");

  limits.end(first, now);

  EXPECT_EQ(refusal(), "none");
  limits.end(first, now);  // told twice, counted once
  EXPECT_EQ(limits.calls_on("out"), 1u);
}

TEST_F(LimitsTest, ALineMakesOnlySoManyCallsAnHour) {
  route.spend.per_line_calls_hour = 3;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(refusal(), "none");
    limits.end(begin(charge), now);
    now += 10min;
  }
  EXPECT_EQ(refusal(), "per_line_calls_hour = 3 of route out");
  EXPECT_EQ(refusal({"out", "402", "+4930", true, {}}), "none") << "another line has its own";

  now += 29min;
  EXPECT_NE(refusal(), "none");
  now += 2min;
  EXPECT_EQ(refusal(), "none") << "the first call is more than an hour ago";
}

TEST_F(LimitsTest, ALineTalksOnlySoLongADay) {
  route.spend.per_line_minutes_day = 10;
  talk(9min, charge);
  EXPECT_EQ(refusal(), "none");
  talk(1min, {"out", "401", "+331", true, {}});

  EXPECT_EQ(refusal(), "per_line_minutes_day = 10 of route out");
  EXPECT_EQ(refusal({"out", "402", "+4930", true, {}}), "none");
  now += std::chrono::hours(25);
  EXPECT_EQ(refusal(), "none");
}

TEST_F(LimitsTest, MinutesAbroadAreThoseOfAllLines) {
  route.spend.abroad_minutes_day = 30;
  talk(20min, charge);
  talk(60min, {"out", "402", "+441", false, {}});
  EXPECT_EQ(refusal(), "none");
  talk(10min, {"out", "402", "+331", true, {}});

  EXPECT_EQ(refusal({"out", "403", "+1", true, {}}), "abroad_minutes_day = 30 of route out");
  EXPECT_EQ(refusal({"out", "403", "+441", false, {}}), "none");
}

TEST_F(LimitsTest, ADestinationIsTalkedToOnlySoLong) {
  route.spend.per_destination_minutes_day = 5;
  talk(5min, charge);

  EXPECT_EQ(refusal({"out", "402", "+4930", true, {}}), "per_destination_minutes_day = 5 of route out");
  EXPECT_EQ(refusal({"out", "402", "+4931", true, {}}), "none");
}

TEST_F(LimitsTest, CallsThatAreUpAddUpToThoseThatAreOver) {
  route.spend.abroad_minutes_day = 30;
  talk(5min, charge);
  std::vector<Limits::Ticket> up;
  for (int i = 0; i < 5; ++i) {
    up.push_back(begin({"out", "40" + std::to_string(i), "+331", true, {}}));
    limits.answer(up.back(), now);
    now += 1min;
  }
  // 5 of the first, and 5, 4, 3, 2, 1.
  EXPECT_EQ(refusal(), "none");
  now += 1min;
  EXPECT_EQ(refusal(), "none") << "25 minutes";

  limits.end(up[0], now);
  limits.answer(up[1], now);  // told twice, it began once
  now += 1min;
  EXPECT_EQ(refusal(), "none") << "29 minutes";
  now += 15s;

  EXPECT_EQ(refusal(), "abroad_minutes_day = 30 of route out");
}

TEST_F(LimitsTest, ACallThatIsUpCountsAsFarAsItHasCome) {
  route.spend.abroad_minutes_day = 30;
  auto ticket = begin(charge);
  now += 60min;
  EXPECT_EQ(refusal(), "none") << "it only rang";
  limits.answer(ticket, now);

  now += 30min;

  EXPECT_EQ(refusal(), "abroad_minutes_day = 30 of route out");
  limits.end(ticket, now);
  EXPECT_EQ(refusal(), "abroad_minutes_day = 30 of route out");
}

TEST_F(LimitsTest, ATrunkTakesSoManyCallsASecondEachWay) {
  conf::Trunk trunk;
  trunk.name = "carrier";
  trunk.max_cps = 5;
  auto taken = [&](CallDirection direction) {
    int calls = 0;
    while (calls < 100 && !limits.take(trunk, direction, now)) ++calls;
    return calls;
  };

  EXPECT_EQ(taken(CallDirection::ToTrunk), 10) << "two seconds' worth at once";
  EXPECT_EQ(text_of(*limits.take(trunk, CallDirection::ToTrunk, now)), "max_cps = 5 of trunk carrier");
  EXPECT_EQ(taken(CallDirection::FromTrunk), 10);
  now += 400ms;
  EXPECT_EQ(taken(CallDirection::ToTrunk), 2);
  now += 200ms;
  EXPECT_EQ(taken(CallDirection::ToTrunk), 1);
  now += 1h;
  EXPECT_EQ(taken(CallDirection::ToTrunk), 10) << "what was not used is not saved up";
  trunk.max_cps = 0;
  EXPECT_EQ(taken(CallDirection::ToTrunk), 100);
}

TEST_F(LimitsTest, WhatIsForgottenTakesNoMemory) {
  route.spend.per_line_calls_hour = 5;
  for (int i = 0; i < 20'000; ++i) {
    limits.end(begin({"out", std::to_string(i), "+1", false, {}}), now);
    now += 1s;
  }

  EXPECT_LT(limits.kept(), 8'000u);
}

TEST(Window, ForgetsStepByStep) {
  Window window(Window::Span::Hour);
  TimePoint start{std::chrono::hours(5)};
  for (int minute = 0; minute < 60; ++minute) window.add(1, start + std::chrono::minutes(minute));
  EXPECT_EQ(window.sum(start + 59min), 60u);
  EXPECT_EQ(window.sum(start + 69min), 50u);
  EXPECT_EQ(window.sum(start + 120min), 0u);

  window.add(7, start + 10h);

  EXPECT_EQ(window.sum(start + 10h), 7u);
}

}  // namespace
}  // namespace sg::route
