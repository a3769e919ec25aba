#include "media/rtp_endpoint.h"

#include <gtest/gtest.h>

#include "tests/support/media_surroundings.h"

namespace sg::media {
namespace {

using support::CameIn;

class Wire final : public DatagramIo, public EventSink {
 public:
  std::span<const Datagram> receive(int) override { return {}; }
  bool send(int, const SocketAddress& to, ByteView data) override {
    sent_to = to;
    sent.assign(data.begin(), data.end());
    return true;
  }
  void send(SessionId, Event) override {}
  void send_slot_free(tdm::Timeslot) override {}
  void send_stats(std::function<void(std::optional<SessionStats>)>, std::optional<SessionStats>) override {}

  Bytes sent;  // the latest
  SocketAddress sent_to;
};

constexpr uint8_t kRedundant = 121;
constexpr size_t kBlock = 160;

// A fax in G.711 whose peer knows RFC 2198.
struct RtpEndpointRedundancy : ::testing::Test {
  RtpEndpointRedundancy() {
    settings.remote = SocketAddress::parse("192.0.2.1", 4000).value();
    settings.redundancy = kRedundant;
    settings.redundant_copies = 1;
    ports.give({});
  }
  RtpEndpoint& endpoint() {
    if (!made) made.emplace(context, ports, settings, profile, clock.now());
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
        endpoint().on_media(CameIn(packet, settings.remote, clock.now()));
      }
      if (i % 15 == 0) look_at_loss();
    }
  }
  void look_at_loss() { rise = endpoint().follow_loss(); }
  // A receiver report of the peer about our packets.
  void be_told(double loss) {
    rtp::ReportBlock block;
    block.ssrc = our_ssrc();
    block.fraction_lost = static_cast<uint8_t>(loss * 256);
    std::array<uint8_t, rtp::Rtcp::kMaxOctets> datagram{};
    const size_t length = rtp::write_compound(0x01020304, std::nullopt, block, {}, false, datagram);
    endpoint().on_control(CameIn(ByteView(datagram).first(length), settings.remote, clock.now()));
    look_at_loss();
  }
  uint32_t our_ssrc() {
    say();
    return uint32_t{wire.sent[8]} << 24 | uint32_t{wire.sent[9]} << 16 | uint32_t{wire.sent[10]} << 8 | wire.sent[11];
  }
  void say() {
    AudioBlock block(kBlock);
    block.set_silence(tdm::Law::A);
    endpoint().say(block);
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
  SessionContext context{config, wire, counters, wire, clock, 1};
  SidePorts ports{wire, SessionId{1}};
  RtpSettings settings;
  Profile profile = Profile::Fax;
  int sequence = 1;
  std::optional<RedundancyDepth::Rise> rise;  // when last looked at
  std::optional<RtpEndpoint> made;
};

TEST_F(RtpEndpointRedundancy, RisesWithTheLossThatThePeerReportsAndNeverFalls) {
  be_told(0.009);
  EXPECT_EQ(depth(), 1u);

  be_told(0.10);
  EXPECT_EQ(depth(), 2u);
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
  for (int i = 0; i < 20; ++i) look_at_loss();

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
  look_at_loss();

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

// Whose RTCP counts, and where ours goes.
struct RtpEndpointControl : RtpEndpointRedundancy {
  SocketAddress report_goes_to() {
    clock.advance(20s);
    endpoint().report(clock.now());
    return wire.sent_to;
  }
  void hear_report(std::string_view source, bool on_media_port = false) {
    static constexpr uint8_t kEmpty[] = {0x80, 0xc9, 0, 1, 0, 0, 0, 7};
    const CameIn datagram(kEmpty, SocketAddress::parse(source).value(), clock.now());
    if (on_media_port) {
      endpoint().on_media(datagram);
    } else {
      endpoint().on_control(datagram);
    }
  }
  uint64_t foreign() { return counters.get("media.rtcp.foreign_source").value(); }
};

TEST_F(RtpEndpointControl, OfAStrangerIsDroppedAndCountedOnEitherPort) {
  hear(5, 0);
  hear_report("192.0.2.9:4001");
  hear_report("192.0.2.9:4001", true);

  EXPECT_EQ(foreign(), 2u);
  EXPECT_EQ(report_goes_to().to_string(), "192.0.2.1:4001");
}

TEST_F(RtpEndpointControl, GoesToThePortOfThePeersOwnOnceItCame) {
  hear_report("192.0.2.1:55555");

  EXPECT_EQ(report_goes_to().to_string(), "192.0.2.1:55555");
  EXPECT_EQ(foreign(), 0u);
}

TEST_F(RtpEndpointControl, MayBeToldToBeAnotherHosts) {
  settings.remote_rtcp = SocketAddress::parse("192.0.2.77:9000").value();
  hear_report("192.0.2.77:9000");
  hear_report("192.0.2.78:9000");

  EXPECT_EQ(foreign(), 1u);
  EXPECT_EQ(report_goes_to().to_string(), "192.0.2.77:9000");
}

TEST_F(RtpEndpointControl, OfWhereThePeerWasIsNotFollowedOnceItHasMoved) {
  hear(5, 0);
  hear_report("192.0.2.1:4001");
  settings.remote = SocketAddress::parse("198.51.100.1:6000").value();
  endpoint().change(settings, clock.now());

  EXPECT_EQ(report_goes_to().to_string(), "198.51.100.1:6001");
  hear_report("192.0.2.1:4001");
  EXPECT_EQ(foreign(), 1u);
}

// RFC 3264 5.1, 6.1: a number in a description is for what its sender receives.
struct RtpEndpointPayloadTypes : RtpEndpointRedundancy {
  static constexpr uint8_t kDigit3 = 3;

  // What a packet of this number with these octets is heard as.
  std::optional<char> hear(uint8_t payload_type, const Bytes& payload) {
    clock.advance(20ms);
    const auto number = static_cast<uint8_t>(sequence++);
    Bytes packet{0x80, payload_type, 0, number, 0, 0, number, 0, 1, 2, 3, 4};
    packet.insert(packet.end(), payload.begin(), payload.end());
    return endpoint().on_media(CameIn(packet, settings.remote, clock.now()));
  }
  uint64_t unknown() { return counters.get("media.rtp.unknown_payload_type").value(); }
};

TEST_F(RtpEndpointPayloadTypes, OfDigitsArePeersOutAndOursIn) {
  struct Row {
    std::optional<uint8_t> ours, peers, our_redundancy, peers_redundancy;
    uint8_t comes;
    bool is_digit;
    const char* why;
  };
  const Row rows[] = {
      {101, 96, {}, {}, 101, true, "what we told"},
      {101, 96, {}, {}, 96, true, "what the peer told, out of kindness"},
      {101, 96, {}, {}, 97, false, "what nobody told"},
      {101, 121, 121, 101, 101, true, "each has the other's numbers for two things: ours count"},
      {101, 121, 121, 101, 121, false, "each has the other's numbers for two things: ours count"},
      {101, 101, {}, {}, 101, true, "both the same"},
      {{}, {}, {}, {}, 101, false, "none was agreed on"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::Message() << row.why << ", " << int{row.comes} << " comes");
    made.reset();
    settings.own_telephone_event = row.ours;
    settings.telephone_event = row.peers;
    settings.own_redundancy = row.our_redundancy;
    settings.redundancy = row.peers_redundancy;

    EXPECT_EQ(hear(row.comes, {kDigit3, 10, 0, 160}), row.is_digit ? std::optional('3') : std::nullopt);
    if (!row.peers) continue;
    EXPECT_TRUE(endpoint().send_digit('3', 100ms));
    say();
    EXPECT_EQ(wire.sent[1] & 0x7f, *row.peers);
  }
  EXPECT_EQ(unknown(), 2u);
}

TEST_F(RtpEndpointPayloadTypes, OfRedundancyArePeersOutAndOursIn) {
  settings.own_redundancy = 99;
  settings.redundancy = 121;
  const Bytes block(kBlock, 0x35);
  // One earlier block: its number, 160 units earlier, 160 octets (RFC 2198 section 3).
  Bytes payload{0x80 | 8, 160 >> 6, (160 & 0x3f) << 2, kBlock, 8};
  for (int i = 0; i < 2; ++i) payload.insert(payload.end(), block.begin(), block.end());

  for (uint8_t number : {99, 121}) hear(number, payload);
  EXPECT_EQ(unknown(), 0u);
  EXPECT_EQ(endpoint().stats().packets_received, 2u);

  EXPECT_EQ(depth(), 1u) << "sent with the peer's number";
}

TEST_F(RtpEndpointPayloadTypes, OfVoiceBandDataArePeersOutAndOursIn) {
  settings.redundancy.reset();
  settings.own_voice_band_data = 98;
  settings.voice_band_data = 99;
  const Bytes block(kBlock, 0x35);

  for (uint8_t number : {98, 99, 8}) hear(number, block);
  EXPECT_EQ(unknown(), 0u);

  say();
  EXPECT_EQ(wire.sent[1] & 0x7f, 99);
}

}  // namespace
}  // namespace sg::media
