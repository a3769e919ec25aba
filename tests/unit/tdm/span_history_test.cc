#include "tdm/span_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace std::chrono_literals;
using testing::Pair;
using testing::UnorderedElementsAre;

namespace sg::tdm {
namespace {

using WallTime = SpanHistory::WallTime;
constexpr WallTime kMidnight{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14}};

struct History : testing::Test {
  void at(std::chrono::milliseconds since_midnight, uint64_t slips, AlarmSet alarms = kNoAlarm) {
    SpanStatus status;
    status.alarms = alarms;
    if (!(alarms & kAlarmRemoved)) status.counters = {{"slips", slips}};
    history.take(kMidnight + since_midnight, status);
  }
  static auto counts(uint64_t slips, uint64_t alarm_seconds) {
    return UnorderedElementsAre(Pair("slips", slips), Pair("alarm seconds", alarm_seconds));
  }
  SpanHistory history;
};

TEST_F(History, CountsFromTheFirstLookOn) {
  at(8h, 1000);
  at(8h + 5min, 1003);

  auto view = history.view();
  EXPECT_THAT(view.quarter->counts, counts(3, 0));
  EXPECT_EQ(view.quarter->from, kMidnight + 8h);
  EXPECT_EQ(view.quarter->until, kMidnight + 8h + 5min);
  EXPECT_THAT(view.day->counts, counts(3, 0));
  EXPECT_FALSE(view.quarter_before);
  EXPECT_FALSE(view.day_before);
}

TEST_F(History, WhatEndsWithAQuarterIsThatOfTheQuarterBefore) {
  at(8h + 1min, 0);
  at(8h + 15min + 2ms, 4);
  at(8h + 20min, 5);

  auto view = history.view();
  EXPECT_THAT(view.quarter_before->counts, counts(4, 0));
  EXPECT_EQ(view.quarter_before->from, kMidnight + 8h + 1min);
  EXPECT_EQ(view.quarter_before->until, kMidnight + 8h + 15min);
  EXPECT_THAT(view.quarter->counts, counts(1, 0));
  EXPECT_THAT(view.day->counts, counts(5, 0));
}

TEST_F(History, ADayEndsAtMidnight) {
  for (auto time = 0min; time <= 24h + 30min; time += 15min) at(time + 1ms, static_cast<uint64_t>(time / 15min));

  auto view = history.view();
  EXPECT_THAT(view.day_before->counts, counts(96, 0));
  EXPECT_THAT(view.day->counts, counts(2, 0));
  EXPECT_THAT(view.quarter_before->counts, counts(1, 0));
}

TEST_F(History, ACountThatWentBackBeganAnew) {
  at(8h, 100);
  at(8h + 1min, 2);

  EXPECT_THAT(history.view().quarter->counts, counts(2, 0));
}

TEST_F(History, ASpanThatWasAwayGoesOnCounting) {
  at(8h, 100);
  at(8h + 1min, 0, kAlarmRemoved);
  at(8h + 1min + 30s, 103);

  EXPECT_THAT(history.view().quarter->counts, counts(3, 30));
}

TEST_F(History, AlarmsCountByTheirLength) {
  at(8h, 0);
  at(8h + 1s, 0, kAlarmRed);
  at(8h + 1s + 600ms, 0, kAlarmRed | kAlarmYellow);
  at(8h + 2s + 100ms, 0);
  at(8h + 3s, 0);
  EXPECT_THAT(history.view().quarter->counts, counts(0, 1));

  at(8h + 4s, 0, kAlarmBlue);
  at(8h + 4s + 900ms, 0);

  EXPECT_THAT(history.view().quarter->counts, counts(0, 2));
}

TEST_F(History, AClockThatIsSetBackCountsNoTime) {
  at(8h, 0, kAlarmRed);
  at(7h + 59min, 7, kAlarmRed);

  EXPECT_THAT(history.view().quarter->counts, counts(0, 0));
  EXPECT_THAT(history.view().day->counts, counts(7, 0));
}

TEST_F(History, AfterAPauseTheQuarterBeforeIsUnknown) {
  at(8h, 0);
  at(10h, 9);

  EXPECT_FALSE(history.view().quarter_before);
  EXPECT_THAT(history.view().quarter->counts, counts(0, 0));
  EXPECT_THAT(history.view().day->counts, counts(9, 0));
}

TEST(SpanHistory, TheNextQuarterIsAlwaysAhead) {
  EXPECT_EQ(SpanHistory::next_quarter(kMidnight), kMidnight + 15min);
  EXPECT_EQ(SpanHistory::next_quarter(kMidnight + 14min + 59s + 999ms), kMidnight + 15min);
}

}  // namespace
}  // namespace sg::tdm
