#include "media/peer_address.h"

#include <gtest/gtest.h>

namespace sg::media {
namespace {

using Verdict = PeerAddress::Verdict;

struct PeerAddressTest : ::testing::Test {
  const SocketAddress told = SocketAddress::parse("192.0.2.1:4000").value();
  const SocketAddress elsewhere = SocketAddress::parse("198.51.100.7:61234").value();
  const SocketAddress stranger = SocketAddress::parse("203.0.113.9:5").value();
  PeerAddress peer;

  void SetUp() override { peer.tell(told); }
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
