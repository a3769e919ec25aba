#include "tdm/cesop/playout.h"

#include <gtest/gtest.h>

namespace sg::tdm::cesop {
namespace {

using What = Playout::What;

struct PlayoutTest : testing::Test {
  Playout playout{{.payload_octets = 4, .depth = 2, .highest = 5, .review = 10}};

  void receive(int sequence) {
    playout.receive(static_cast<uint16_t>(sequence), Bytes(4, static_cast<uint8_t>(sequence)));
  }
  // The number that was played; -1: none was.
  int play() {
    auto next = playout.next();
    return next.what == What::Packet ? next.payload[0] : -1;
  }
};

TEST_F(PlayoutTest, HoldsTheDepthBackAndThenPlaysInOrder) {
  receive(1), receive(2);
  EXPECT_EQ(playout.next().what, What::Idle);
  receive(3);

  EXPECT_EQ(play(), 1);
  EXPECT_EQ(play(), 2);
  EXPECT_EQ(play(), 3);
  EXPECT_EQ(playout.stats().lost, 0u);
}

TEST_F(PlayoutTest, HandsOutEarlyWhatIsInOrderAndKeepsItForItsTime) {
  receive(1);
  ASSERT_EQ(playout.early()->what, What::Lost) << "where it begins, nothing came before";
  EXPECT_EQ(playout.early()->payload[0], 1);
  EXPECT_FALSE(playout.early());
  receive(3);
  EXPECT_FALSE(playout.early()) << "2 may still come";
  receive(2);

  EXPECT_EQ(playout.early()->payload[0], 2);
  EXPECT_EQ(playout.early()->payload[0], 3);
  EXPECT_EQ(play(), 1);
  EXPECT_EQ(play(), 2);
  EXPECT_EQ(play(), 3);
}

TEST_F(PlayoutTest, WhatIsLostIsToldEarlyWhenItsTimeHasPassed) {
  receive(1), receive(3), receive(4);
  playout.early(), playout.early();
  play();
  EXPECT_FALSE(playout.early());
  play();

  EXPECT_EQ(playout.early()->what, What::Lost);
  EXPECT_EQ(playout.early()->payload[0], 3);
  EXPECT_EQ(playout.early()->payload[0], 4);
  EXPECT_FALSE(playout.early());
}

TEST_F(PlayoutTest, OwesWhatCameBeyondTheDepth) {
  receive(1), receive(2);
  EXPECT_EQ(playout.owed(), 0u);
  receive(5);  // 3 and 4 are on the way, or lost: their time has passed

  EXPECT_EQ(playout.owed(), 3u);
}

TEST_F(PlayoutTest, ReordersAcrossTheWrapOfTheSequence) {
  for (int sequence : {65534, 0, 65535, 1}) receive(sequence);

  EXPECT_EQ(play(), 254);
  EXPECT_EQ(play(), 255);
  EXPECT_EQ(play(), 0);
  EXPECT_EQ(play(), 1);
  EXPECT_EQ(playout.stats().reordered, 1u);
}

TEST_F(PlayoutTest, ALostPacketKeepsItsPlace) {
  receive(1), receive(2), receive(4);

  EXPECT_EQ(play(), 1);
  EXPECT_EQ(play(), 2);
  EXPECT_EQ(playout.next().what, What::Lost);
  EXPECT_EQ(play(), 4);
  EXPECT_EQ(playout.stats().lost, 1u);
  EXPECT_EQ(playout.stats().underruns, 0u);
}

TEST_F(PlayoutTest, CountsDuplicatesAndLateOnesAndDropsThem) {
  receive(1), receive(2), receive(2), receive(4);
  EXPECT_EQ(play(), 1);
  EXPECT_EQ(play(), 2);
  playout.next();

  receive(2);
  receive(3);

  EXPECT_EQ(playout.stats().duplicate, 2u);
  EXPECT_EQ(playout.stats().late, 1u);
  EXPECT_EQ(play(), 4);
}

TEST_F(PlayoutTest, WhenAllIsLateItPutsIdleInAndPlaysEverythingAfterwards) {
  receive(1), receive(2), receive(3);
  for (int i = 0; i < 3; ++i) play();
  EXPECT_EQ(playout.next().what, What::Underrun);
  EXPECT_EQ(playout.next().what, What::Underrun);

  receive(4), receive(5);

  EXPECT_EQ(play(), 4);
  EXPECT_EQ(play(), 5);
  EXPECT_EQ(playout.stats().underruns, 2u);
  EXPECT_EQ(playout.stats().lost, 0u);
}

TEST_F(PlayoutTest, ABurstAfterAStallIsNoSlip) {
  for (int i = 0; i < 12; ++i) receive(i);

  for (int i = 0; i < 12; ++i) EXPECT_EQ(play(), i);
  EXPECT_EQ(playout.stats().overruns, 0u);
}

TEST_F(PlayoutTest, APeerThatIsAlwaysAheadSlipsOnePacketAReview) {
  for (int i = 0; i < 10; ++i) receive(i);
  int last = -1, skipped = 0;
  for (int i = 0; i < 12; ++i) {
    int played = play();
    skipped += played - last - 1;
    last = played;
    receive(10 + i);
  }

  EXPECT_EQ(skipped, 1);
  EXPECT_EQ(playout.stats().overruns, 1u);
}

TEST_F(PlayoutTest, OneStrayPacketIsIgnoredAndTwoInARowAreANewSequence) {
  receive(1), receive(2), receive(3);
  receive(30000);
  EXPECT_EQ(play(), 1);
  receive(40000), receive(40001), receive(40002), receive(40003);

  EXPECT_EQ(playout.stats().restarts, 1u);
  EXPECT_EQ(play(), 40001 % 256);
}

TEST_F(PlayoutTest, AnySequenceOfNumbersIsSurvived) {
  uint32_t seed = 3;
  for (int i = 0; i < 100000; ++i) {
    seed = seed * 1664525 + 1013904223;
    receive(seed & 0x1000000 ? static_cast<int>(seed >> 16) : i);
    if (seed & 0x2000000) playout.next();
    EXPECT_LE(playout.waiting(), 512u);
  }
}

}  // namespace
}  // namespace sg::tdm::cesop
