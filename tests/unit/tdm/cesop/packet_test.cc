#include "tdm/cesop/packet.h"

#include <gtest/gtest.h>

namespace sg::tdm::cesop {
namespace {

using Defect = Packet::Defect;

Bytes wire(const Packet& packet) {
  Bytes buffer(2000);
  auto written = packet.serialise(buffer);
  return Bytes(written.begin(), written.end());
}

TEST(CesopPacket, IsTheControlWordAndThePayload) {
  Bytes payload(100, 0x42);
  Packet packet;
  packet.sequence = 0x1234;
  packet.payload = payload;

  Bytes octets = wire(packet);

  ASSERT_EQ(octets.size(), 104u);
  EXPECT_EQ(Bytes(octets.begin(), octets.begin() + 4), (Bytes{0x00, 0x00, 0x12, 0x34}));
}

TEST(CesopPacket, TellsItsLengthWhenItIsShorterThan64Octets) {
  for (auto [payload, length] : {std::pair{0, 4}, {24, 28}, {59, 63}, {60, 0}}) {
    Bytes octets(static_cast<size_t>(payload));
    Packet packet;
    packet.payload = octets;
    EXPECT_EQ(wire(packet)[1] & 0x3F, length) << payload;
  }
}

TEST(CesopPacket, HasTheRtpHeaderBeforeTheControlWordOverUdp) {
  Packet packet;
  packet.rtp = RtpHeader{.payload_type = 97, .timestamp = 0x01020304, .ssrc = 0x05060708};
  packet.sequence = 0xABCD;
  packet.remote_loss = true;

  EXPECT_EQ(wire(packet), (Bytes{0x80, 97, 0xAB, 0xCD, 1, 2, 3, 4, 5, 6, 7, 8, 0x04, 16, 0xAB, 0xCD}));
}

TEST(CesopPacket, ComesBackAsItWas) {
  Bytes payload(31 * 40, 0x99);
  for (Defect defect : {Defect::None, Defect::Ais, Defect::Rdi}) {
    for (bool loss : {false, true}) {
      for (bool with_rtp : {false, true}) {
        Packet packet;
        if (with_rtp) packet.rtp = RtpHeader{.payload_type = 97, .timestamp = 77, .ssrc = 88};
        packet.defect = defect;
        packet.remote_loss = loss;
        packet.sequence = 65535;
        packet.payload = payload;
        Bytes octets = wire(packet);

        auto parsed = Packet::parse(octets, with_rtp);

        ASSERT_TRUE(parsed) << parsed.error().message;
        EXPECT_EQ(parsed->rtp, packet.rtp);
        EXPECT_EQ(parsed->defect, defect);
        EXPECT_EQ(parsed->remote_loss, loss);
        EXPECT_EQ(parsed->sequence, 65535);
        EXPECT_TRUE(std::equal(parsed->payload.begin(), parsed->payload.end(), payload.begin(), payload.end()));
      }
    }
  }
}

TEST(CesopPacket, NoPrefixReadsPastItsEnd) {
  Packet packet;
  packet.rtp = RtpHeader{};
  Bytes payload(20);
  packet.payload = payload;
  Bytes octets = wire(packet);
  for (size_t length = 0; length < octets.size(); ++length) {
    Bytes prefix(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(Packet::parse(prefix, true)) << length;
  }
}

TEST(CesopPacket, RefusesWhatTheBasicServiceDoesNotHave) {
  struct {
    const char* what;
    Bytes octets;
  } const kCases[] = {
      {"bits 0 to 3", Bytes{0x10, 4, 0, 0}},
      {"fragmented", Bytes{0x00, 0x44, 0, 0}},
      {"L=0 M=01", Bytes{0x01, 4, 0, 0}},
      {"signalling, L=0 M=11", Bytes{0x03, 4, 0, 0}},
      {"L=1 M=01", Bytes{0x09, 4, 0, 0}},
      {"L=1 M=10", Bytes{0x0A, 4, 0, 0}},
      {"LEN beyond the datagram", Bytes{0, 5, 0, 0}},
      {"LEN within the header", Bytes{0, 3, 0, 0}},
  };
  for (const auto& test : kCases) EXPECT_FALSE(Packet::parse(test.octets, false)) << test.what;
}

TEST(CesopPacket, PaddingBehindLenIsNotPayload) {
  Bytes octets{0x00, 6, 0, 1, 0xAA, 0xBB, 0, 0, 0};

  EXPECT_EQ(Packet::parse(octets, false)->payload.size(), 2u);
}

TEST(CesopPacket, RefusesRtpThatContradictsTheControlWord) {
  Packet packet;
  packet.rtp = RtpHeader{};
  Bytes octets = wire(packet);
  ASSERT_TRUE(Packet::parse(octets, true));
  octets[3] ^= 1;

  EXPECT_FALSE(Packet::parse(octets, true));
}

TEST(CesopPacket, AnyOctetsAreParsedOrRefused) {
  uint32_t seed = 7;
  for (int round = 0; round < 20000; ++round) {
    Bytes octets((seed >> 20) % 80);
    for (uint8_t& octet : octets) octet = static_cast<uint8_t>((seed = seed * 1664525 + 1013904223) >> 24);
    seed += 1;
    for (bool with_rtp : {false, true}) {
      auto parsed = Packet::parse(octets, with_rtp);
      EXPECT_TRUE(!parsed || parsed->payload.size() + kControlWordOctets <= octets.size());
    }
  }
}

}  // namespace
}  // namespace sg::tdm::cesop
