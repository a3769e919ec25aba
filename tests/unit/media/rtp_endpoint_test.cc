#include "media/rtp_endpoint.h"

#include <gtest/gtest.h>

namespace sg::media {
namespace {

class Wire final : public DatagramIo, public EventSink {
 public:
  std::span<const Datagram> receive(int) override { return {}; }
  bool send(int, const SocketAddress&, ByteView data) override {
    sent.assign(data.begin(), data.end());
    return true;
  }
  void send(SessionId, Event) override {}
  void send_slot_free(tdm::Timeslot) override {}
  void send_stats(std::function<void(std::optional<SessionStats>)>, std::optional<SessionStats>) override {}

  Bytes sent;  // the latest
};

constexpr uint8_t kRedundant = 121;
constexpr size_t kBlock = 160;

// A fax in G.711 whose peer knows RFC 2198.
struct RtpEndpointRedundancy : ::testing::Test {
  RtpEndpointRedundancy() {
    settings.remote = SocketAddress::parse("192.0.2.1", 4000).value();
    settings.redundancy = kRedundant;
    settings.redundant_copies = 1;
  }
  RtpEndpoint& endpoint() {
    if (!made) made.emplace(tools, settings, profile, clock.now());
    return *made;
  }
  // What is heard of the peer, of whose packets every `nth` is lost, and what the session does meanwhile.
  void hear(int packets, int nth) {
    for (int i = 0; i < packets; ++i, ++sequence) {
      clock.advance(20ms);
      if (nth == 0 || i % nth != 0) {
        const auto number = static_cast<uint16_t>(sequence);
        Bytes packet{0x80, 8, static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number), 0, 0, 0, 0, 1, 2, 3, 4};
        const auto timestamp = static_cast<uint32_t>(sequence) * kBlock;
        for (int at = 0; at < 4; ++at) packet[4 + at] = static_cast<uint8_t>(timestamp >> (24 - 8 * at));
        packet.resize(packet.size() + kBlock, 0xd5);
        endpoint().on_media({packet, settings.remote, clock.now()});
      }
      if (i % 15 == 0) endpoint().mind_loss();
    }
  }
  // A receiver report of the peer about our packets.
  void be_told(double loss) {
    rtp::ReportBlock block;
    block.ssrc = our_ssrc();
    block.fraction_lost = static_cast<uint8_t>(loss * 256);
    std::array<uint8_t, rtp::Rtcp::kMaxOctets> datagram{};
    const size_t length = rtp::write_compound(0x01020304, std::nullopt, block, {}, false, datagram);
    endpoint().on_control({ByteView(datagram).first(length), settings.remote, clock.now()});
    endpoint().mind_loss();
  }
  uint32_t our_ssrc() {
    say();
    return uint32_t{wire.sent[8]} << 24 | uint32_t{wire.sent[9]} << 16 | uint32_t{wire.sent[10]} << 8 | wire.sent[11];
  }
  void say() {
    AudioBlock block(kBlock);
    block.set_silence(tdm::Law::A);
    endpoint().say(block, 3);
  }
  // Earlier blocks in the next packet.
  size_t depth() {
    for (int i = 0; i < 5; ++i) say();
    if ((wire.sent[1] & 0x7f) != kRedundant) return 0;
    return rtp::RedundantPayload::parse(ByteView(wire.sent).subspan(12))->earlier().size();
  }

  Config config;
  Counters counters;
  Wire wire;
  TestClock clock;
  SessionTools tools{config, wire, counters, wire, clock, 1};
  RtpSettings settings;
  Profile profile = Profile::Fax;
  int sequence = 1;
  std::optional<RtpEndpoint> made;
};

TEST_F(RtpEndpointRedundancy, RisesWithTheLossThatThePeerReportsAndNeverFalls) {
  be_told(0.009);
  EXPECT_EQ(depth(), 1u);

  be_told(0.10);
  EXPECT_EQ(depth(), 2u);
  auto rise = endpoint().take_rise();
  ASSERT_TRUE(rise);
  EXPECT_EQ(rise->from, 1);
  EXPECT_EQ(rise->to, 2);
  EXPECT_NEAR(rise->loss, 0.10, 0.01);

  be_told(0.03);
  EXPECT_EQ(depth(), 2u) << "two copies make up for that";
  for (int i = 0; i < 5; ++i) be_told(0.2);
  EXPECT_EQ(depth(), 3u) << "there is an end to it";
  EXPECT_EQ(endpoint().stats().redundancy, 3);
  EXPECT_EQ(counters.get("media.rtp.redundancy_raised").value(), 2u);
}

TEST_F(RtpEndpointRedundancy, AReportCountsOnce) {
  be_told(0.10);
  for (int i = 0; i < 20; ++i) endpoint().mind_loss();

  EXPECT_EQ(depth(), 2u);
}

TEST_F(RtpEndpointRedundancy, OfAPeerThatDoesNotReportItsOwnLossIsASign) {
  hear(500, 0);
  EXPECT_EQ(depth(), 1u);

  hear(80, 5);

  EXPECT_EQ(depth(), 2u);
}

TEST_F(RtpEndpointRedundancy, APeerThatReportsNoLossIsBelieved) {
  be_told(0);
  hear(500, 5);

  EXPECT_EQ(depth(), 1u);
}

TEST_F(RtpEndpointRedundancy, StaysWithinWhatThePeerTakesAndIsLeftOutWhereItIsNotWanted) {
  settings.most_copies = 2;
  for (int i = 0; i < 5; ++i) be_told(0.2);
  EXPECT_EQ(depth(), 2u);

  settings.redundant_copies = 0;
  made.reset();
  for (int i = 0; i < 5; ++i) be_told(0.2);
  EXPECT_EQ(depth(), 0u);

  settings.redundant_copies = 2;
  settings.redundancy.reset();
  made.reset();
  for (int i = 0; i < 5; ++i) be_told(0.2);
  EXPECT_EQ(depth(), 0u);
  EXPECT_EQ(endpoint().stats().redundancy, 0);
}

TEST_F(RtpEndpointRedundancy, LossesOfTheTalkBeforeTheFaxDoNotCount) {
  profile = Profile::Voice;
  hear(40, 2);
  be_told(0.3);
  EXPECT_EQ(depth(), 0u);

  endpoint().set_profile(Profile::Fax);
  endpoint().mind_loss();

  EXPECT_EQ(depth(), 1u);
}

TEST_F(RtpEndpointRedundancy, ANewNegotiationKeepsWhatHasRisenAsFarAsItMay) {
  for (int i = 0; i < 5; ++i) be_told(0.2);

  endpoint().change(settings, clock.now());
  EXPECT_EQ(depth(), 3u);

  settings.most_copies = 2;
  endpoint().change(settings, clock.now());
  EXPECT_EQ(depth(), 2u);
}

}  // namespace
}  // namespace sg::media
