#include "media/rtp/rtcp.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace sg::media::rtp {
namespace {

struct Party {
  Sender sender;
  Receiver receiver;
  Rtcp rtcp;

  Party(uint32_t ssrc, uint32_t seed, TimePoint now) : sender({.ssrc = ssrc}), rtcp("gw@example", seed, now) {}

  void send_audio(Party& to, TimePoint now, bool is_lost = false) {
    std::array<uint8_t, 200> datagram;
    auto length = sender.pack(8, Bytes(160), datagram);
    if (!is_lost) to.receiver.on_packet(*Packet::parse(ByteView(datagram).first(length)), now);
  }
  Bytes report(TimePoint now) {
    std::array<uint8_t, Rtcp::kMaxOctets> datagram;
    auto length = rtcp.report(sender, receiver, now, datagram);
    return Bytes(datagram.begin(), datagram.begin() + static_cast<std::ptrdiff_t>(length));
  }
};

TEST(Rtcp, MeasuresRoundTripAndRemoteLossFromThePeersReport) {
  TimePoint now = TimePoint{} + 1h;
  Party a(1, 1, now);
  Party b(2, 2, now);
  for (int i = 0; i < 64; ++i) a.send_audio(b, now, i % 4 == 2);

  ASSERT_TRUE(b.rtcp.on_datagram(a.report(now), b.sender, now + 30ms));
  ASSERT_TRUE(a.rtcp.on_datagram(b.report(now + 1030ms), a.sender, now + 1080ms));

  EXPECT_NEAR(a.rtcp.stats().round_trip_ms, 80, 0.1);
  EXPECT_NEAR(a.rtcp.stats().remote_loss, 0.25, 0.01);
}

TEST(Rtcp, ReportsAsReceiverWhenNothingWasSentSinceTheLastReport) {
  TimePoint now = TimePoint{} + 1h;
  Party a(1, 1, now);
  Party b(2, 2, now);
  a.send_audio(b, now);

  auto first = a.report(now);
  EXPECT_TRUE(Compound::parse(first)->sender_info);
  auto second = a.report(now + 5s);
  EXPECT_FALSE(Compound::parse(second)->sender_info);
}

TEST(Rtcp, IntervalIsRandomWithinItsBounds) {
  TimePoint now = TimePoint{} + 1h;
  Duration sum{};
  for (uint32_t seed = 1; seed <= 500; ++seed) {
    Party a(1, seed, now);
    EXPECT_GE(a.rtcp.next() - now, 1025ms);
    EXPECT_LE(a.rtcp.next() - now, 3080ms);
    a.report(now);
    EXPECT_GE(a.rtcp.next() - now, 2050ms);
    EXPECT_LE(a.rtcp.next() - now, 6160ms);
    sum += a.rtcp.next() - now;
  }
  EXPECT_NEAR(std::chrono::duration<double>(sum / 500).count(), 4.1, 0.2);
}

TEST(Rtcp, ByeIsHeard) {
  TimePoint now = TimePoint{} + 1h;
  Party a(1, 1, now);
  Party b(2, 2, now);
  std::array<uint8_t, Rtcp::kMaxOctets> datagram;
  auto length = a.rtcp.bye(a.sender, a.receiver, now, datagram);

  ASSERT_TRUE(b.rtcp.on_datagram(ByteView(datagram).first(length), b.sender, now));
  EXPECT_TRUE(b.rtcp.stats().bye_received);
}

Bytes full_compound(std::string_view cname = "gw@example") {
  std::array<uint8_t, 400> datagram;
  ReportBlock block{.ssrc = 7,
                    .fraction_lost = 3,
                    .cumulative_lost = -5,
                    .extended_highest_sequence = 70000,
                    .jitter = 9,
                    .last_sr = 11,
                    .delay_since_last_sr = 12};
  SenderInfo info{.ntp = 0x0102030405060708, .rtp_timestamp = 99, .packets = 5, .octets = 800};
  auto length = write_compound(1, info, block, ByteView(reinterpret_cast<const uint8_t*>(cname.data()), cname.size()),
                               true, datagram);
  return Bytes(datagram.begin(), datagram.begin() + static_cast<std::ptrdiff_t>(length));
}

TEST(RtcpCompound, WhatIsWrittenIsReadBackForEveryLengthOfCname) {
  for (size_t length = 0; length <= 40; ++length) {
    std::string cname(length, 'c');
    auto bytes = full_compound(cname);
    auto compound = Compound::parse(bytes);

    ASSERT_TRUE(compound) << length;
    EXPECT_EQ(compound->ssrc, 1u);
    ASSERT_TRUE(compound->sender_info);
    EXPECT_EQ(compound->sender_info->ntp, 0x0102030405060708u);
    EXPECT_EQ(compound->sender_info->octets, 800u);
    ASSERT_EQ(compound->block_count, 1u);
    EXPECT_EQ(compound->blocks[0].cumulative_lost, -5);
    EXPECT_EQ(compound->blocks[0].extended_highest_sequence, 70000u);
    EXPECT_EQ(compound->blocks[0].delay_since_last_sr, 12u);
    EXPECT_EQ(std::string(compound->cname.begin(), compound->cname.end()), cname);
    EXPECT_TRUE(compound->bye);
  }
}

TEST(RtcpCompound, PrefixesThatCutAPacketAreRefused) {
  auto whole = full_compound();
  size_t taken = 0;
  for (size_t length = 0; length < whole.size(); ++length) {
    Bytes prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    prefix.shrink_to_fit();
    if (Compound::parse(prefix)) ++taken;
  }
  EXPECT_EQ(taken, 2u);  // after the SR, and after the SDES
}

TEST(RtcpCompound, MutationsNeverLeaveTheDatagram) {
  std::mt19937 random(1);
  auto whole = full_compound();
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes = whole;
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    auto compound = Compound::parse(bytes);
    if (!compound) continue;
    ASSERT_LE(compound->block_count, compound->blocks.size());
    ASSERT_LE(compound->cname.size(), bytes.size());
  }
}

TEST(Rtcp, CountsWhatIsNoRtcp) {
  Party a(1, 1, TimePoint{});
  EXPECT_FALSE(a.rtcp.on_datagram(Bytes{0x80, 8, 0, 0}, a.sender, TimePoint{}));
  EXPECT_FALSE(a.rtcp.on_datagram({}, a.sender, TimePoint{}));
  EXPECT_EQ(a.rtcp.stats().malformed, 2u);
}

}  // namespace
}  // namespace sg::media::rtp
