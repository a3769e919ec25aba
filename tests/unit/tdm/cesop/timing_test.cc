#include <gtest/gtest.h>

#include "tdm/cesop/alarms.h"
#include "tdm/cesop/clock_recovery.h"
#include "tdm/cesop/packet_clock.h"

namespace sg::tdm::cesop {
namespace {

const TimePoint kStart = TimePoint{} + 1h;

// Moves packet times for this long, in steps; how many it were.
int run(PacketClock& clock, TimePoint from, Duration time, Duration step, size_t owed = 0) {
  int ticks = 0;
  for (TimePoint now = from; now <= from + time; now += step) {
    while (clock.is_due(owed, now)) {
      clock.on_tick();
      ++ticks;
    }
  }
  return ticks;
}

TEST(PacketClock, AGivenClockDoesNotDriftHoweverLateItIsAsked) {
  PacketClock clock(ClockSource::Given, 5ms, kStart);

  EXPECT_EQ(run(clock, kStart, 100s, 7ms + 300us), 20000 - 1);  // asked last at 99.996 s
}

TEST(PacketClock, AGivenClockRunsAsMuchFasterAsToldTo) {
  PacketClock clock(ClockSource::Given, 5ms, kStart);
  clock.set_ppm(1000);

  EXPECT_NEAR(run(clock, kStart, 100s, 1ms), 20020, 1);
}

TEST(PacketClock, CatchesUpAfterAStallAtHalfAsFastAgain) {
  PacketClock clock(ClockSource::Given, 5ms, kStart);
  TimePoint stalled = kStart + 400ms;

  EXPECT_EQ(run(clock, stalled, 0ms, 1ms), 2);
  EXPECT_NEAR(run(clock, stalled, 500ms, 1ms), 150, 2);
  // All that was missed came by then.
  EXPECT_NEAR(run(clock, stalled + 501ms, 499ms, 1ms), (1400 / 5) - 152, 2);
  EXPECT_EQ(run(clock, stalled + 1001ms, 999ms, 1ms), 200);
  EXPECT_EQ(clock.stalls(), 0u);
}

TEST(PacketClock, LeavesOutAStallThatIsTooLongAndCountsIt) {
  PacketClock clock(ClockSource::Given, 5ms, kStart);

  EXPECT_EQ(run(clock, kStart + 10s, 0ms, 1ms), 1);
  EXPECT_EQ(clock.stalls(), 1u);
}

TEST(PacketClock, ARecoveredClockTicksOnlyByWhatThePeerOwes) {
  PacketClock clock(ClockSource::Recovered, 5ms, kStart);

  EXPECT_FALSE(clock.is_due(0, kStart + 100ms));
  EXPECT_TRUE(clock.is_due(1, kStart + 100ms));
}

TEST(PacketClock, NoPeerPushesARecoveredClockMuchAboveItsRate) {
  PacketClock clock(ClockSource::Recovered, 5ms, kStart);

  int ticks = run(clock, kStart, 100s, 1ms, 1000);

  EXPECT_LE(ticks, 20000 * 1.002 + 101);
  EXPECT_GE(ticks, 20000);
}

TEST(PacketClock, HoldsOverByItsOwnTimer) {
  PacketClock clock(ClockSource::Recovered, 5ms, kStart);
  clock.hold_over(true, kStart);
  EXPECT_EQ(run(clock, kStart, 1s, 1ms), 200);

  clock.hold_over(false, kStart + 1s);

  EXPECT_FALSE(clock.is_due(0, kStart + 2s));
}

TEST(ClockRecovery, FindsThePeersOffsetThroughJitter) {
  for (double ppm : {-100.0, 0.0, 50.0}) {
    ClockRecovery recovery(5ms);
    uint32_t seed = 1;
    for (int i = 0; i < 20000; ++i) {
      seed = seed * 1664525 + 1013904223;
      auto sent = Duration(static_cast<int64_t>(i * 5e6 / (1 + ppm * 1e-6)));
      recovery.on_arrival(static_cast<uint16_t>(i), kStart + sent + Duration(1us) * (seed >> 20));
    }
    EXPECT_NEAR(recovery.ppm(), ppm, 5);
  }
}

TEST(ClockRecovery, SaysNothingBeforeItKnows) {
  ClockRecovery recovery(5ms);
  recovery.on_arrival(1, kStart);
  recovery.on_arrival(2, kStart + 100ms);

  EXPECT_EQ(recovery.ppm(), 0);
}

struct AlarmsTest : testing::Test {
  TimePoint now = kStart;
  Alarms alarms{kStart};

  void packets(Duration time, Packet::Defect defect = Packet::Defect::None, bool remote_loss = false) {
    for (auto end = now + time; now < end; now += 5ms) alarms.on_packet(defect, remote_loss, now);
  }
  void silence(Duration time) {
    for (auto end = now + time; now < end; now += 5ms) alarms.on_time(now);
  }
};

TEST_F(AlarmsTest, BeginRedAndClearAfterPacketsCameForAWhile) {
  silence(1s);
  EXPECT_EQ(alarms.alarms(), kAlarmRed);
  EXPECT_TRUE(alarms.tell_loss());
  packets(50ms);
  EXPECT_EQ(alarms.alarms(), kAlarmRed);

  packets(100ms);

  EXPECT_EQ(alarms.alarms(), kNoAlarm);
  EXPECT_FALSE(alarms.tell_loss());
}

TEST_F(AlarmsTest, AShortGapIsNoAlarmAndALongOneIsRed) {
  packets(1s);
  silence(240ms);
  EXPECT_EQ(alarms.alarms(), kNoAlarm);
  packets(1s);

  silence(300ms);

  EXPECT_EQ(alarms.alarms(), kAlarmRed);
}

TEST_F(AlarmsTest, AisIsBlueAndAnsweredWithRdi) {
  packets(1s);
  packets(50ms, Packet::Defect::Ais);
  EXPECT_EQ(alarms.alarms(), kNoAlarm);

  packets(100ms, Packet::Defect::Ais);

  EXPECT_EQ(alarms.alarms(), kAlarmBlue);
  EXPECT_EQ(alarms.tell_defect(), Packet::Defect::Rdi);
  packets(200ms);
  EXPECT_EQ(alarms.alarms(), kNoAlarm);
}

TEST_F(AlarmsTest, RemoteLossAndRemoteDefectAreYellow) {
  packets(1s);
  packets(200ms, Packet::Defect::None, true);
  EXPECT_EQ(alarms.alarms(), kAlarmYellow);
  packets(200ms);
  EXPECT_EQ(alarms.alarms(), kNoAlarm);

  packets(200ms, Packet::Defect::Rdi);

  EXPECT_EQ(alarms.alarms(), kAlarmYellow);
}

}  // namespace
}  // namespace sg::tdm::cesop
