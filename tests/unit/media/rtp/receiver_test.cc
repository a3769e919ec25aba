#include "media/rtp/receiver.h"

#include <gtest/gtest.h>

namespace sg::media::rtp {
namespace {

using Verdict = Receiver::Verdict;

struct ReceiverFixture {
  Receiver receiver;
  TimePoint now = TimePoint{} + 1h;
  Bytes payload = Bytes(160);

  Verdict packet(uint32_t ssrc, uint16_t sequence, uint32_t timestamp = 0, Duration after = 0ms) {
    now += after;
    Packet p;
    p.ssrc = ssrc;
    p.sequence = sequence;
    p.timestamp = timestamp;
    p.payload = payload;
    return receiver.on_packet(p, now);
  }
};

TEST(Receiver, TakesTheFirstSourceOnAtOnce) {
  ReceiverFixture f;
  EXPECT_FALSE(f.receiver.make_report());
  EXPECT_EQ(f.packet(1, 100), Verdict::Restarted);
  EXPECT_EQ(f.packet(1, 101), Verdict::Accepted);
  EXPECT_EQ(f.receiver.ssrc(), 1u);
}

TEST(Receiver, AnotherSourceHasToShowTwoPacketsInSequence) {
  ReceiverFixture f;
  f.packet(1, 100);
  EXPECT_EQ(f.packet(2, 500), Verdict::Rejected);
  EXPECT_EQ(f.packet(2, 502), Verdict::Rejected);
  EXPECT_EQ(f.packet(2, 503), Verdict::Restarted);
  EXPECT_EQ(f.packet(2, 504), Verdict::Accepted);
  EXPECT_EQ(f.receiver.ssrc(), 2u);
  EXPECT_EQ(f.receiver.stats().rejected, 2u);
  EXPECT_EQ(f.receiver.stats().sources, 2u);
}

TEST(Receiver, ASecondSourceBesideALiveOneIsNeverTakenOn) {
  ReceiverFixture f;
  for (uint16_t i = 0; i < 100; ++i) {
    EXPECT_NE(f.packet(1, i), Verdict::Rejected);
    EXPECT_EQ(f.packet(2, i), Verdict::Rejected);
  }
}

TEST(Receiver, ASequenceThatJumpsIsBelievedWhenThePacketAfterItFollows) {
  ReceiverFixture f;
  f.packet(1, 100);
  EXPECT_EQ(f.packet(1, 20000), Verdict::Rejected);
  EXPECT_EQ(f.packet(1, 101), Verdict::Accepted);
  EXPECT_EQ(f.packet(1, 30000), Verdict::Rejected);
  EXPECT_EQ(f.packet(1, 30001), Verdict::Restarted);
  EXPECT_EQ(f.receiver.stats().restarts, 1u);
  EXPECT_EQ(f.receiver.stats().lost, 0);
}

TEST(Receiver, CountsLossAcrossTheSequenceWrap) {
  ReceiverFixture f;
  for (int i = 0; i < 100; ++i) {
    if (i % 10 != 5) f.packet(1, static_cast<uint16_t>(65500 + i));
  }
  auto report = f.receiver.make_report();

  ASSERT_TRUE(report);
  EXPECT_EQ(report->cumulative_lost, 10);
  EXPECT_EQ(report->fraction_lost, 10 * 256 / 100);
  EXPECT_EQ(report->extended_highest_sequence, 65599u);

  for (int i = 100; i < 110; ++i) f.packet(1, static_cast<uint16_t>(65500 + i));
  EXPECT_EQ(f.receiver.make_report()->fraction_lost, 0);
}

TEST(Receiver, ReorderedPacketsAreNotLost) {
  ReceiverFixture f;
  for (uint16_t s : {1, 2, 4, 3, 5, 8, 7, 6}) f.packet(1, s);
  EXPECT_EQ(f.receiver.stats().lost, 0);
}

TEST(Receiver, JitterOfRegularPacketsIsZeroAndOfAlternatingOnesComesToTheirDifference) {
  ReceiverFixture regular;
  for (uint16_t i = 0; i < 200; ++i) regular.packet(1, i, 160u * i, 20ms);
  EXPECT_EQ(regular.receiver.stats().jitter_ms, 0);

  ReceiverFixture alternating;
  for (uint16_t i = 0; i < 400; ++i) alternating.packet(1, i, 160u * i, i % 2 ? 25ms : 15ms);
  EXPECT_NEAR(alternating.receiver.stats().jitter_ms, 5, 0.1);
}

TEST(Receiver, ATimestampJumpIsNoJitter) {
  ReceiverFixture f;
  for (uint16_t i = 0; i < 10; ++i) f.packet(1, i, 160u * i, 20ms);
  f.packet(1, 10, 0x80000000, 20ms);
  f.packet(1, 11, 0x80000000 + 160, 20ms);
  EXPECT_EQ(f.receiver.stats().jitter_ms, 0);
}

}  // namespace
}  // namespace sg::media::rtp
