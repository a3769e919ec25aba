#include "media/rtp/packet.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>

namespace sg::media::rtp {
namespace {

Bytes read_data(const std::string& name) {
  std::ifstream file(std::filesystem::path(SG_TEST_DATA) / "rtp" / name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

bool lies_within(ByteView inner, ByteView outer) {
  return inner.empty() || (inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size());
}

// Version 2, padding, extension of two words, two CSRCs, payload 10 octets of 0x55, 4 of padding.
Bytes rich_packet() {
  Bytes bytes = {0xb2, 0x88, 0x12, 0x34, 0x01, 0x02, 0x03, 0x04, 0xde, 0xad, 0xbe, 0xef};
  bytes.insert(bytes.end(), 8, 0x11);
  bytes.insert(bytes.end(), {0xbe, 0xde, 0x00, 0x02, 1, 2, 3, 4, 5, 6, 7, 8});
  bytes.insert(bytes.end(), 10, 0x55);
  bytes.insert(bytes.end(), {0, 0, 0, 4});
  return bytes;
}

TEST(RtpPacket, ParsesEveryFieldOfTheHeader) {
  auto bytes = rich_packet();
  auto packet = Packet::parse(bytes);

  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->marker);
  EXPECT_EQ(packet->payload_type, 8);
  EXPECT_EQ(packet->sequence, 0x1234);
  EXPECT_EQ(packet->timestamp, 0x01020304u);
  EXPECT_EQ(packet->ssrc, 0xdeadbeefu);
  EXPECT_EQ(packet->csrc_count, 2);
  EXPECT_EQ(packet->extension_profile, 0xbede);
  EXPECT_EQ(packet->extension.size(), 8u);
  EXPECT_EQ(Bytes(packet->payload.begin(), packet->payload.end()), Bytes(10, 0x55));
}

TEST(RtpPacket, AWrittenHeaderIsReadBack) {
  Header header{.marker = true, .payload_type = 101, .sequence = 65535, .timestamp = 0xfffffff0, .ssrc = 7};
  std::array<uint8_t, kHeaderOctets> bytes;
  write_header(header, bytes);
  auto packet = Packet::parse(bytes);

  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->marker);
  EXPECT_EQ(packet->payload_type, 101);
  EXPECT_EQ(packet->sequence, 65535);
  EXPECT_EQ(packet->timestamp, 0xfffffff0);
  EXPECT_EQ(packet->ssrc, 7u);
  EXPECT_TRUE(packet->payload.empty());
}

TEST(RtpPacket, OddAndHostileDatagramsAreTakenOrRefusedAsTheStandardSays) {
  const std::map<std::string, int> payload_octets = {
      // -1: refused
      {"ok_pcma.bin", 160},
      {"odd_159.bin", 159},
      {"payload_1400.bin", 1400},
      {"payload_1_byte.bin", 1},
      {"jumbo_60000.bin", 60000},
      {"rfc2833_len3.bin", 3},
      {"rfc2833_event255.bin", 4},
      {"pt_neg_then_zero_payload.bin", 0},
      {"csrc15_truncated.bin", -1},
      {"ext_len_overrun.bin", -1},
      {"empty.bin", -1},
      {"padding_gt_payload.bin", -1},
      {"padding_zero.bin", -1},
  };
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(SG_TEST_DATA) / "rtp")) {
    auto name = entry.path().filename().string();
    ASSERT_TRUE(payload_octets.contains(name)) << name;
    auto bytes = read_data(name);
    auto packet = Packet::parse(bytes);
    EXPECT_EQ(packet ? static_cast<int>(packet->payload.size()) : -1, payload_octets.at(name)) << name;
    ++files;
  }
  EXPECT_EQ(files, payload_octets.size());
}

TEST(RtpPacket, NoPrefixOfAPacketReadsBeyondItsEnd) {
  auto whole = rich_packet();
  for (size_t length = 0; length < whole.size(); ++length) {
    Bytes prefix(whole.begin(),
                 whole.begin() + static_cast<std::ptrdiff_t>(length));  // its own allocation: ASan watches its end
    prefix.shrink_to_fit();
    auto packet = Packet::parse(prefix);
    if (length < 12 + 8 + 12) {
      EXPECT_FALSE(packet) << length;
    } else if (packet) {
      EXPECT_TRUE(lies_within(packet->payload, prefix)) << length;
    }
  }
}

TEST(RtpPacket, MutationsNeverLeaveTheDatagram) {
  std::mt19937 random(1);
  auto whole = rich_packet();
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(random() % (whole.size() + 1)));
    for (unsigned flips = 1 + random() % 4; flips > 0 && !bytes.empty(); --flips)
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    auto packet = Packet::parse(bytes);
    if (!packet) continue;
    ASSERT_TRUE(lies_within(packet->payload, bytes));
    ASSERT_TRUE(lies_within(packet->extension, bytes));
    ASSERT_EQ(bytes[0] >> 6, 2);
  }
}

TEST(RtpPacket, RtcpIsToldApartByItsPacketType) {
  EXPECT_TRUE(is_rtcp(Bytes{0x80, 200}));
  EXPECT_TRUE(is_rtcp(Bytes{0x81, 201}));
  EXPECT_FALSE(is_rtcp(Bytes{0x80, 0x80 | 8}));
  EXPECT_FALSE(is_rtcp(Bytes{0x80, 101}));
  EXPECT_FALSE(is_rtcp(Bytes{0x00, 200}));
  EXPECT_FALSE(is_rtcp(Bytes{0x80}));
}

}  // namespace
}  // namespace sg::media::rtp
