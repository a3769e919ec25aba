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
#include "t38/udptl.h"
#include "tests/unit/media/allocations.h"

namespace sg::media {
namespace {

constexpr size_t kBlock = 160;
constexpr Duration kBlockTime = 20ms;

// UDP whose datagrams arrive at the test's own time.
class UdpInTestTime final : public DatagramIo, public Clock {
 public:
  TimePoint now() const override { return now_; }
  void advance() { now_ += kBlockTime; }
  std::span<const Datagram> receive(int fd) override {
    auto received = batch_.receive(fd);
    std::ranges::copy(received, stamped_.begin());
    for (Datagram& one : stamped_) one.arrival = now_;
    return std::span(stamped_).first(received.size());
  }
  bool send(int fd, const SocketAddress& to, ByteView data) override { return batch_.send(fd, to, data); }

 private:
  TimePoint now_ = TimePoint{} + 1h;
  DatagramBatch batch_;
  std::array<Datagram, DatagramBatch::kDatagrams> stamped_;
};

// What is told may allocate: it is rare.
struct UncountedEvents final : EventSink {
  void send(SessionId, Event) override {}
  void send_slot_free(tdm::Timeslot) override {}
  void send_stats(std::function<void(std::optional<SessionStats>)>, std::optional<SessionStats>) override {}
};

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

// A fax machine behind UDPTL.
class T38Peer final : private t38::IfpSink, private t38::UdptlReceiver::Listener {
 public:
  T38Peer(PortPair ports, SocketAddress gateway, const t38::FaxMachineOptions& options)
      : ports_(std::move(ports)),
        gateway_(std::move(gateway)),
        machine_(*t38::T38FaxMachine::make(options, t38::Params{}, *this)) {}

  void exchange(DatagramIo& udp, TimePoint now) {
    for (const Datagram& one : udp.receive(ports_.media.get())) receiver_.receive(one.data, now);
    receiver_.poll(now);
    machine_->advance(kBlock);
  }
  const t38::T38FaxMachine& machine() const { return *machine_; }

 private:
  void on_ifp(ByteView ifp, int copies) override {
    ByteView datagram = sender_.send(ifp, buffer_);
    for (int i = 0; i < copies; ++i) send_datagram(ports_.media.get(), gateway_, datagram);
  }
  void on_udptl_ifp(uint16_t sequence, ByteView ifp) override { machine_->receive_ifp(ifp, sequence); }

  PortPair ports_;
  SocketAddress gateway_;
  t38::UdptlSender sender_{t38::UdptlSender::options_for(t38::Params{}, 3)};
  t38::UdptlReceiver receiver_{*this};
  std::array<uint8_t, t38::UdptlSender::kMaxDatagram> buffer_;
  std::unique_ptr<t38::T38FaxMachine> machine_;
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
  RtpPeer add_rtp(Side side, tdm::Law law) {
    auto of_peer = ports.bind("127.0.0.1").value();
    RtpSettings settings;
    settings.remote = of_peer.local;
    settings.law = law;
    settings.payload_type = law == tdm::Law::A ? uint8_t{8} : uint8_t{0};
    auto gateway = give_ports(side);
    session.use_rtp(side, settings);
    return {std::move(of_peer), gateway, settings.payload_type};
  }
  OneBlockBearer& add_bearer(Side side) {
    auto bearer = std::make_unique<OneBlockBearer>();
    auto& far_end = *bearer;
    session.give_bearer(side, {1, 1}, std::move(bearer));
    return far_end;
  }
  int allocations_of_tick() {
    return allocations_of([&] { session.tick(udp.now()); });
  }
  int allocations_of_timer_tick() {
    return allocations_of([&] { session.tick_on_timer(udp.now(), 1); });
  }

  static constexpr int kBlocks = 500;

  Config config;
  Counters counters;
  UdpInTestTime udp;
  UncountedEvents events;
  SessionTools tools{config, events, counters, udp, udp, 1};
  PortRange ports{30000, 39999};
  Session session{{}, tools};
};

TEST_F(TickAllocation, IsSeenByThisTest) {
  std::vector<int> some;
  EXPECT_EQ(allocations_of([&] { some.resize(10); }), 1);
}

TEST_F(TickAllocation, IsNoneBetweenRtpPeersOfTwoLaws) {
  RtpPeer first = add_rtp(Side::A, tdm::Law::A), second = add_rtp(Side::B, tdm::Law::Mu);
  session.set_bridging(Bridging::Both);

  for (int block = 0; block < kBlocks; ++block, udp.advance()) {
    first.send();
    second.send();
    ASSERT_EQ(allocations_of_timer_tick(), 0) << "block " << block;
  }

  EXPECT_GT(session.stats().side[0].rtp.packets_received, 400u);
}

TEST_F(TickAllocation, IsNoneBetweenATimeslotAndARtpPeer) {
  RtpPeer peer = add_rtp(Side::A, tdm::Law::Mu);
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
  RtpPeer first = add_rtp(Side::A, tdm::Law::Mu), third = add_rtp(Side::C, tdm::Law::A);
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
  T38Peer peer(std::move(of_peer), gateway, receiver);
  auto machine = *t38::AudioFaxMachine::make(sender);

  Bytes octets(kBlock);
  std::vector<int16_t> linear(kBlock);
  while (!(machine->is_finished() && peer.machine().is_finished())) {
    machine->transmit(linear);
    g711::encode(line.law(), linear, octets);
    line.say(octets);
    ASSERT_EQ(allocations_of_tick(), 0);
    g711::decode(line.law(), line.heard(), linear);
    machine->receive(linear);
    peer.exchange(udp, udp.now());
    udp.advance();
  }

  EXPECT_TRUE(peer.machine().result().success);
  std::filesystem::remove(received);
}

}  // namespace
}  // namespace sg::media
