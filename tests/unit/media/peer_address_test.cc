#include "media/peer_address.h"

#include <gtest/gtest.h>

namespace sg::media {
namespace {

using Verdict = PeerAddress::Verdict;

struct PeerAddressTest : ::testing::Test {
  const SocketAddress told = SocketAddress::parse("192.0.2.1:4000").value();
  const SocketAddress elsewhere = SocketAddress::parse("198.51.100.7:61234").value();
  const SocketAddress stranger = SocketAddress::parse("203.0.113.9:5").value();
  PeerAddress peer{PeerAddress::Lock::UntilToldComes};
  PeerAddress firm{PeerAddress::Lock::Firm};

  void SetUp() override {
    peer.tell(told);
    firm.tell(told);
  }
};

TEST_F(PeerAddressTest, IsWhatWasToldUntilHeard) {
  EXPECT_EQ(peer.current(), told);
}

TEST_F(PeerAddressTest, FirstSourceIsBelievedAndThenNoOther) {
  EXPECT_EQ(peer.on_valid(elsewhere), Verdict::Latched);
  EXPECT_EQ(peer.on_valid(elsewhere), Verdict::Known);
  EXPECT_EQ(peer.on_valid(stranger), Verdict::Foreign);
  EXPECT_EQ(peer.current(), elsewhere);
}

TEST_F(PeerAddressTest, ToldAddressWinsWhenItComesAfterAll) {
  peer.on_valid(stranger);

  EXPECT_EQ(peer.on_valid(told), Verdict::Latched);
  EXPECT_EQ(peer.on_valid(stranger), Verdict::Foreign);
  EXPECT_EQ(peer.current(), told);
}

TEST_F(PeerAddressTest, AFirmLockHoldsAgainstTheToldAddressToo) {
  firm.on_valid(elsewhere);

  for (int i = 0; i < 100; ++i) EXPECT_EQ(firm.on_valid(told), Verdict::Foreign);
  EXPECT_EQ(firm.on_valid(elsewhere), Verdict::Known);
  EXPECT_EQ(firm.current(), elsewhere);
}

TEST_F(PeerAddressTest, CheckingChangesNothing) {
  EXPECT_EQ(peer.check(elsewhere), Verdict::Latched);
  EXPECT_EQ(peer.check(stranger), Verdict::Latched);
  EXPECT_EQ(peer.current(), told);
}

// One late packet from the told address must not make a stranger of who sends from elsewhere.
TEST_F(PeerAddressTest, WhoLostTheLockToAStrayPacketHasItBackAfterARun) {
  peer.on_valid(elsewhere);
  peer.on_valid(told);

  for (int i = 1; i < PeerAddress::kRun; ++i) EXPECT_EQ(peer.on_valid(elsewhere), Verdict::Foreign);
  EXPECT_EQ(peer.on_valid(elsewhere), Verdict::Latched);
  EXPECT_EQ(peer.current(), elsewhere);
}

TEST_F(PeerAddressTest, ARunThatTheToldAddressBreaksIsNone) {
  peer.on_valid(elsewhere);
  peer.on_valid(told);

  for (int i = 1; i < 3 * PeerAddress::kRun; ++i) {
    if (i % 10 == 0) peer.on_valid(told);
    EXPECT_EQ(peer.on_valid(elsewhere), Verdict::Foreign);
  }
  EXPECT_EQ(peer.current(), told);
}

TEST_F(PeerAddressTest, WhatIsUnderWayFromTheOldAddressSettlesNothing) {
  firm.on_valid(told);
  firm.tell(elsewhere);

  EXPECT_EQ(firm.on_valid(told), Verdict::Known);
  EXPECT_EQ(firm.current(), elsewhere);
  EXPECT_EQ(firm.on_valid(elsewhere), Verdict::Known);
  EXPECT_EQ(firm.on_valid(told), Verdict::Foreign);
}

TEST_F(PeerAddressTest, APeerThatStaysWhereItWasIsBelievedAfterARun) {
  firm.on_valid(told);
  firm.tell(elsewhere);

  for (int i = 1; i < PeerAddress::kRun; ++i) EXPECT_EQ(firm.on_valid(told), Verdict::Known);
  EXPECT_EQ(firm.on_valid(told), Verdict::Latched);
  EXPECT_EQ(firm.current(), told);
}

// It moves when it has our answer, which may take more than a run.
TEST_F(PeerAddressTest, APeerThatMovesLateIsFollowedAllTheSame) {
  firm.on_valid(told);
  firm.tell(elsewhere);
  for (int i = 0; i < 3 * PeerAddress::kRun; ++i) firm.on_valid(told);

  EXPECT_EQ(firm.on_valid(elsewhere), Verdict::Latched);
  EXPECT_EQ(firm.current(), elsewhere);
  EXPECT_EQ(firm.on_valid(told), Verdict::Foreign);
}

TEST_F(PeerAddressTest, ThePlaceThatWasLearntAndIsThenToldIsSettledByItsNextPacket) {
  firm.on_valid(elsewhere);
  firm.tell(elsewhere);

  EXPECT_EQ(firm.on_valid(elsewhere), Verdict::Known);
  EXPECT_EQ(firm.on_valid(told), Verdict::Foreign);
}

TEST_F(PeerAddressTest, RepeatedTellingKeepsWhatWasLearnt) {
  peer.on_valid(elsewhere);

  peer.tell(told);

  EXPECT_EQ(peer.current(), elsewhere);
}

TEST_F(PeerAddressTest, NewAddressStartsAnew) {
  peer.on_valid(elsewhere);

  peer.tell(stranger);

  EXPECT_EQ(peer.current(), stranger);
}

TEST_F(PeerAddressTest, ZeroAddressAndPortZeroMeanHold) {
  EXPECT_TRUE(peer.can_be_sent_to());
  peer.tell(SocketAddress::parse("0.0.0.0:4000").value());
  EXPECT_FALSE(peer.can_be_sent_to());
  peer.tell(SocketAddress::parse("192.0.2.1:0").value());
  EXPECT_FALSE(peer.can_be_sent_to());
  peer.tell(SocketAddress{});
  EXPECT_FALSE(peer.can_be_sent_to());
}

}  // namespace
}  // namespace sg::media
