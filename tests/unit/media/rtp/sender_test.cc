#include "media/rtp/sender.h"

#include <gtest/gtest.h>

#include <array>

namespace sg::media::rtp {
namespace {

TEST(Sender, TimestampFollowsTheTdmOctetsAndWraps) {
  Sender sender({.ssrc = 9, .sequence = 65535, .timestamp = 0xffffff60});
  std::array<uint8_t, 200> datagram;
  Bytes payload(160, 0x55);

  auto length = sender.pack(8, payload, datagram);
  auto first = Packet::parse(ByteView(datagram).first(length));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->sequence, 65535);
  EXPECT_EQ(first->timestamp, 0xffffff60);
  EXPECT_TRUE(first->marker);
  EXPECT_EQ(first->payload.size(), 160u);

  length = sender.pack(8, payload, datagram);
  auto second = Packet::parse(ByteView(datagram).first(length));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->sequence, 0);
  EXPECT_EQ(second->timestamp, 0u);
  EXPECT_FALSE(second->marker);
  EXPECT_EQ(sender.packets(), 2u);
  EXPECT_EQ(sender.octets(), 320u);
}

TEST(Sender, MarksTheFirstPacketAfterAPause) {
  Sender sender({.ssrc = 9, .sequence = 1, .timestamp = 1000});
  std::array<uint8_t, 200> datagram;
  sender.pack(8, Bytes(160), datagram);
  sender.skip(480);

  auto packet = Packet::parse(ByteView(datagram).first(sender.pack(8, Bytes(160), datagram)));

  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->marker);
  EXPECT_EQ(packet->sequence, 2);
  EXPECT_EQ(packet->timestamp, 1640u);
}

TEST(Sender, RefusesABufferThatIsTooSmall) {
  Sender sender({});
  std::array<uint8_t, 171> datagram;
  EXPECT_EQ(sender.pack(8, Bytes(160), datagram), 0u);
  EXPECT_EQ(sender.packets(), 0u);
}

}  // namespace
}  // namespace sg::media::rtp
