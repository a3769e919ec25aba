// A tick allocates nothing (docs/architecture.md). What C code allocates is not seen.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "media/codec/g711.h"
#include "media/port_pair.h"
#include "media/rtp/sender.h"
#include "media/session.h"
#include "t38/fax_machine.h"
#include "tests/support/media_surroundings.h"
#include "tests/unit/media/allocations.h"

namespace sg::media {
namespace {

constexpr size_t kBlock = 160;

// A peer's end of a side that speaks RTP.
class RtpPeer {
 public:
  RtpPeer(PortPair ports, SocketAddress gateway, uint8_t payload_type)
      : ports_(std::move(ports)), gateway_(std::move(gateway)), payload_type_(payload_type) {}

  void send() {
    size_t count = sender_.pack(payload_type_, octets_, packet_);
    EXPECT_TRUE(send_datagram(ports_.media.get(), gateway_, ByteView(packet_).first(count)));
  }

 private:
  PortPair ports_;
  SocketAddress gateway_;
  uint8_t payload_type_;
  rtp::Sender sender_{{1, 1, 1}};
  Bytes octets_ = Bytes(kBlock, 0x35);
  std::array<uint8_t, 1500> packet_;
};

// A timeslot whose far end is the test, a block a tick.
class OneBlockBearer final : public tdm::Bearer, private tdm::TickSource {
 public:
  // The far end's: what it says is read at the next tick, and what it hears was written in the last.
  void say(ByteView block) {
    std::ranges::copy(block, said_.begin());
    is_ready_ = true;
  }
  ByteView heard() const { return heard_; }

  tdm::Law law() const override { return tdm::Law::A; }
  size_t block_octets() const override { return kBlock; }
  tdm::TickSource& ticks() override { return *this; }
  Result<bool> read(std::span<uint8_t> block) override {
    if (!std::exchange(is_ready_, false)) return false;
    std::ranges::copy(said_, block.begin());
    return true;
  }
  Result<bool> write(ByteView block) override {
    std::ranges::copy(block, heard_.begin());
    return true;
  }
  tdm::BearerStats stats() const override { return {}; }

 private:
  int fd() const override { return -1; }
  void acknowledge() override {}

  std::array<uint8_t, kBlock> said_{}, heard_{};
  bool is_ready_ = false;
};

struct TickAllocation : testing::Test {
  // The gateway's port of that side.
  SocketAddress give_ports(Side side) {
    auto own = ports.bind("127.0.0.1").value();
    SocketAddress local = own.local;
    session.give_ports(side, std::move(own));
    return local;
  }
  RtpPeer add_rtp(Side side, CodecId codec) {
    auto of_peer = ports.bind("127.0.0.1").value();
    RtpSettings settings;
    settings.remote = of_peer.local;
    settings.codec = static_codec(codec);
    auto gateway = give_ports(side);
    session.use_rtp(side, settings);
    return {std::move(of_peer), gateway, settings.codec.payload_type};
  }
  OneBlockBearer& add_bearer(Side side) {
    auto bearer = std::make_unique<OneBlockBearer>();
    auto& far_end = *bearer;
    session.give_bearer(side, {1, 1}, std::move(bearer), &tdm::default_tone_zone());
    return far_end;
  }
  int allocations_of_tick() {
    return allocations_of([&] {
      udp.wake_up();
      session.tick(udp.now());
    });
  }
  int allocations_of_timer_tick() {
    return allocations_of([&] {
      udp.wake_up();
      session.tick_on_timer(udp.now(), 1);
    });
  }

  static constexpr int kBlocks = 500;

  Config config;
  Counters counters;
  support::UdpInOwnTime udp;
  support::NoEvents events;
  SessionContext context{config, events, counters, udp, udp, 1};
  PortRange ports{30000, 39999};
  Session session{{}, context};
};

TEST_F(TickAllocation, IsSeenByThisTest) {
  std::vector<int> some;
  EXPECT_EQ(allocations_of([&] { some.resize(10); }), 1);
}

TEST_F(TickAllocation, IsNoneBetweenRtpPeersOfTwoLaws) {
  RtpPeer first = add_rtp(Side::A, CodecId::Pcma), second = add_rtp(Side::B, CodecId::Pcmu);
  session.set_bridging(Bridging::Both);

  for (int block = 0; block < kBlocks; ++block, udp.advance()) {
    first.send();
    second.send();
    ASSERT_EQ(allocations_of_timer_tick(), 0) << "block " << block;
  }

  EXPECT_GT(session.stats().side[0].rtp.packets_received, 400u);
}

TEST_F(TickAllocation, IsNoneBetweenATimeslotAndARtpPeer) {
  RtpPeer peer = add_rtp(Side::A, CodecId::Pcmu);
  auto& line = add_bearer(Side::B);
  session.set_bridging(Bridging::Both);

  Bytes octets(kBlock, 0x35);
  for (int block = 0; block < kBlocks; ++block, udp.advance()) {
    peer.send();
    line.say(octets);
    ASSERT_EQ(allocations_of_tick(), 0) << "block " << block;
  }

  EXPECT_GT(session.stats().side[0].rtp.packets_received, 400u);
}

TEST_F(TickAllocation, IsNoneInAConference) {
  RtpPeer first = add_rtp(Side::A, CodecId::Pcmu), third = add_rtp(Side::C, CodecId::Pcma);
  auto& line = add_bearer(Side::B);
  session.set_bridging(Bridging::Conference);

  Bytes octets(kBlock, 0x35);
  for (int block = 0; block < kBlocks; ++block, udp.advance()) {
    first.send();
    third.send();
    line.say(octets);
    ASSERT_EQ(allocations_of_tick(), 0) << "block " << block;
  }

  EXPECT_GT(session.stats().side[0].rtp.packets_received, 400u);
}

TEST_F(TickAllocation, IsNoneInAFaxFromALineToT38) {
  std::string received = testing::TempDir() + "tick-" + std::to_string(::getpid()) + ".tif";
  t38::FaxMachineOptions receiver{.receive_file = received},
      sender{.calling = true, .send_file = SG_TEST_DATA "/fax/itu1.tif"};
  auto of_peer = ports.bind("127.0.0.1").value();
  T38Settings settings;
  settings.remote = of_peer.local;
  auto gateway = give_ports(Side::A);
  auto& line = add_bearer(Side::B);
  session.set_profile(Profile::Fax);
  session.set_bridging(Bridging::Both);
  session.use_t38(Side::A, settings);
  support::T38Peer peer(receiver, std::move(of_peer));
  peer.set_gateway(gateway);
  auto machine = *t38::AudioFaxMachine::make(sender);

  Bytes octets(kBlock);
  std::vector<int16_t> linear(kBlock);
  while (!(machine->is_finished() && peer.is_finished())) {
    machine->transmit(linear);
    g711::encode(line.law(), linear, octets);
    line.say(octets);
    ASSERT_EQ(allocations_of_tick(), 0);
    g711::decode(line.law(), line.heard(), linear);
    machine->receive(linear);
    peer.listen(udp.now());
    peer.speak();
    udp.advance();
  }

  EXPECT_TRUE(peer.went_well());
  std::filesystem::remove(received);
}

}  // namespace
}  // namespace sg::media
