// Audio between two SIP peers, without a timeslot: what comes goes on as it comes.
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

#include "media/rtp/packet.h"
#include "tests/unit/media/t38_machines.h"

namespace sg::media {
namespace {

struct RtpRelay : T38SessionTest {
  static constexpr uint16_t kFrom = 4000, kTo = 5000;

  int give_rtp(Side side, uint16_t port, CodecId codec = CodecId::Pcma) {
    PortPair ports;
    ports.media.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ports.control.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int socket = ports.media.get();
    session.give_ports(side, std::move(ports));
    RtpSettings settings;
    settings.remote = address(port);
    settings.codec = static_codec(codec);
    session.use_rtp(side, settings);
    return socket;
  }

  struct Sent {
    Duration at;  // when it comes
    uint32_t timestamp;
    Bytes octets;
  };
  // Never idle, and different from packet to packet.
  static Bytes octets_of(int packet) {
    Bytes octets(kMachineBlock);
    for (size_t i = 0; i < octets.size(); ++i)
      octets[i] = static_cast<uint8_t>((packet * 31 + static_cast<int>(i) * 7) % 0xd0);
    return octets;
  }
  // A packet each 20 ms, by so much late, and after so much more of a pause that its timestamp tells.
  void run(int packets, const std::function<Duration(int)>& late, const std::function<Duration(int)>& pause) {
    const int socket = give_rtp(Side::A, kFrom);
    give_rtp(Side::B, kTo);
    session.set_profile(Profile::Fax);
    std::deque<Sent> network;
    for (int i = 0; i < packets; ++i) {
      const Duration sent = i * Duration(20ms) + pause(i);
      network.push_back({sent + late(i), static_cast<uint32_t>(sent / 125us), octets_of(i)});
    }
    uint16_t sequence = 0;
    for (Duration passed{}; passed < packets * Duration(20ms) + 3s; passed += 20ms) {
      for (; !network.empty() && network.front().at <= passed; network.pop_front()) {
        Bytes datagram(rtp::kHeaderOctets);
        rtp::write_header(
            {.payload_type = 8, .sequence = sequence++, .timestamp = network.front().timestamp, .ssrc = 7},
            std::span(datagram).first<rtp::kHeaderOctets>());
        datagram.insert(datagram.end(), network.front().octets.begin(), network.front().octets.end());
        wire.waiting[socket].emplace_back(address(kFrom), datagram);
      }
      clock.advance(20ms);
      wire.now = clock.now();
      session.tick_on_timer(clock.now(), 1);
    }
  }
  // What went on, from the first octet that was not idle to the last: silence that was put in between is in it. Where
  // timestamps jump, by how many octets.
  Bytes went_on(std::vector<uint32_t>& jumps) {
    Bytes all;
    std::optional<rtp::Packet> before;
    for (const Bytes& datagram : wire.sent[kTo]) {
      auto packet = rtp::Packet::parse(datagram);
      EXPECT_TRUE(packet);
      if (before) {
        EXPECT_EQ(static_cast<uint16_t>(packet->sequence - before->sequence), 1);
        const uint32_t jump = packet->timestamp - before->timestamp - static_cast<uint32_t>(before->payload.size());
        if (jump != 0) jumps.push_back(jump);
      }
      before = packet;
      all.insert(all.end(), packet->payload.begin(), packet->payload.end());
    }
    auto is_idle = [](uint8_t octet) { return octet == 0xd5; };
    all.erase(all.begin(), std::find_if_not(all.begin(), all.end(), is_idle));
    while (!all.empty() && is_idle(all.back())) all.pop_back();
    return all;
  }
  static Bytes all_octets(int packets) {
    Bytes all;
    for (int i = 0; i < packets; ++i) {
      const Bytes one = octets_of(i);
      all.insert(all.end(), one.begin(), one.end());
    }
    return all;
  }
  static Duration nothing(int) { return {}; }
};

struct RtpRelayStep : RtpRelay, testing::WithParamInterface<int> {};

TEST_P(RtpRelayStep, PassesWhatComesLateAsItComes) {
  const Duration step = std::chrono::milliseconds(GetParam());
  run(
      600, [step](int i) { return i < 300 ? Duration{} : step; }, nothing);

  std::vector<uint32_t> jumps;
  EXPECT_EQ(went_on(jumps), all_octets(600)) << "no octet is lost, and none is put in between";
  EXPECT_TRUE(jumps.empty());
  EXPECT_EQ(session.stats().side[0].rtp.late, 0u);
}

INSTANTIATE_TEST_SUITE_P(Milliseconds, RtpRelayStep, testing::Values(30, 100, 150, 300, 480));

TEST_F(RtpRelay, PassesWhatComesInABurstAfterADelay) {
  run(
      600, [](int i) { return i < 300 ? Duration{} : std::max<Duration>(0ms, 200ms - (i - 300) * Duration(20ms)); },
      nothing);

  std::vector<uint32_t> jumps;
  EXPECT_EQ(went_on(jumps), all_octets(600));
  EXPECT_TRUE(jumps.empty());
}

TEST_F(RtpRelay, APauseOfTheSenderIsOneOfOurs) {
  run(600, nothing, [](int i) { return i < 300 ? Duration{} : Duration(700ms); });

  // Held until the sender goes on, and then 60 ms of silence by which the buffer is as deep as before.
  constexpr uint32_t kDepth = 60 * 8;
  Bytes expected = all_octets(600);
  expected.insert(expected.begin() + 300 * kMachineBlock, kDepth, 0xd5);
  std::vector<uint32_t> jumps;
  EXPECT_EQ(went_on(jumps), expected);
  ASSERT_EQ(jumps.size(), 1u);
  EXPECT_EQ(jumps[0] + kDepth, 700u * 8);
}

// Two who talk, and pause.
struct VoiceRelay : RtpRelay {
  VoiceRelay() {
    socket = give_rtp(Side::A, kFrom);
    give_rtp(Side::B, kTo);
  }
  // A says something, or nothing.
  void run(Duration time, bool speaks) {
    for (Duration passed{}; passed < time; passed += 20ms) {
      timestamp += kMachineBlock;
      if (speaks) say();
      tick();
    }
  }
  void say() {
    Bytes datagram(rtp::kHeaderOctets + kMachineBlock, 0x44);
    rtp::write_header({.payload_type = 8, .sequence = sequence++, .timestamp = timestamp, .ssrc = 7},
                      std::span(datagram).first<rtp::kHeaderOctets>());
    wire.waiting[socket].emplace_back(address(kFrom), datagram);
  }
  void tick() {
    clock.advance(20ms);
    wire.now = clock.now();
    session.tick_on_timer(clock.now(), 1);
  }
  // As a worker has it.
  void rest(Duration time) {
    session.rest();
    for (Duration passed{}; passed < time; passed += 1s) {
      clock.advance(1s);
      wire.now = clock.now();
      session.look_after_at_rest(clock.now());
    }
    timestamp += static_cast<uint32_t>(time / 125us);
  }
  // What B got since this was last asked. The octets are those of `from`, as long as there is any.
  std::deque<Bytes> got() { return std::exchange(wire.sent[kTo], {}); }
  static rtp::Packet parse(const Bytes& datagram) { return rtp::Packet::parse(datagram).value(); }

  int socket = -1;
  uint32_t timestamp = 0;
  uint16_t sequence = 0;
};

TEST_F(VoiceRelay, SendsNothingWhileNothingComes) {
  run(1s, true);
  EXPECT_GE(got().size(), 45u);

  run(300ms, false);
  got();
  run(5s, false);

  EXPECT_TRUE(got().empty());
}

// RFC 3550 5.1 and RFC 3551 4.1.
TEST_F(VoiceRelay, GoesOnAfterAPauseWhereItsTimeHasCome) {
  run(1s, true);
  const uint32_t before = parse(got().back()).timestamp;
  run(3s, false);
  got();

  run(400ms, true);

  const auto packets = got();
  ASSERT_FALSE(packets.empty());
  EXPECT_TRUE(parse(packets.front()).marker);
  EXPECT_NEAR(parse(packets.front()).timestamp - before, 3'000 * 8, 60 * 8);
}

TEST_F(VoiceRelay, SendsADigitThoughNothingIsSaid) {
  RtpSettings settings;
  settings.remote = address(kTo);
  settings.codec = static_codec(CodecId::Pcma);
  settings.telephone_event = 101;
  session.use_rtp(Side::B, settings);
  run(2s, false);
  got();

  session.send_digit(Side::B, '5', std::chrono::milliseconds(100));
  run(1s, false);

  std::set<uint8_t> types;
  for (const Bytes& datagram : got()) types.insert(parse(datagram).payload_type);
  EXPECT_TRUE(types.contains(101));
  EXPECT_TRUE(session.is_quiet() || (run(1s, false), session.is_quiet()));
}

TEST_F(VoiceRelay, PlaysAToneThoughNothingIsSaid) {
  run(2s, false);
  got();

  session.play(Side::B, Tone::Ringback, tdm::default_tone_zone());
  run(2s, false);

  EXPECT_FALSE(session.is_quiet());
}

// RFC 6263.
TEST_F(VoiceRelay, KeepsItsStreamAlive) {
  run(1s, false);
  EXPECT_EQ(got().size(), 1u) << "the way is opened";
  run(14s, false);
  EXPECT_TRUE(got().empty());
  rest(32s);

  const auto packets = got();
  ASSERT_EQ(packets.size(), 3u);
  EXPECT_NEAR(parse(packets[1]).timestamp - parse(packets[0]).timestamp, 15 * 8000, 8000);
  EXPECT_EQ(parse(packets[1]).payload.size(), kMachineBlock);
}

TEST_F(VoiceRelay, IsQuietOnceNothingWasSaidForASecond) {
  run(1s, true);
  EXPECT_FALSE(session.is_quiet());
  run(1s, false);
  EXPECT_FALSE(session.is_quiet());
  run(400ms, false);
  EXPECT_TRUE(session.is_quiet());
  session.set_bridging(Bridging::None);
  run(20ms, false);
  EXPECT_FALSE(session.is_quiet()) << "silence is sent where the sides are not joined";
}

TEST_F(VoiceRelay, WakesAsIfItHadPaused) {
  run(1s, true);
  const uint32_t before = parse(got().back()).timestamp;
  run(2s, false);
  rest(60s);
  got();

  clock.advance(20ms);
  timestamp += kMachineBlock;
  say();
  session.wake(clock.now());
  session.tick_on_timer(clock.now(), 1);
  run(400ms, true);

  const auto packets = got();
  ASSERT_GE(packets.size(), 18u) << "no later than after any pause";
  EXPECT_NEAR(parse(packets.front()).timestamp - before, 62'000 * 8, 60 * 8);
  EXPECT_EQ(parse(packets.back()).payload[0], 0x44);
}

}  // namespace
}  // namespace sg::media
