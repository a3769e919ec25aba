#include <sys/resource.h>

#include <array>
#include <filesystem>

#include "media/codec/g711.h"
#include "media/rtp/packet.h"
#include "t38/fax_machine.h"
#include "t38/udptl.h"
#include "tests/unit/media/service_fixture.h"

namespace sg::media {
namespace {

using tdm::Law;
namespace fs = std::filesystem;

// A fax machine on a telephone line: the far end of a timeslot.
class TdmFax {
 public:
  TdmFax(std::unique_ptr<tdm::Bearer> line, const t38::FaxMachineOptions& options)
      : line_(std::move(line)), machine_(t38::AudioFaxMachine::make(options).value()) {}

  void speak() {
    machine_->transmit(linear_);
    g711::encode(line_->law(), linear_, octets_);
    EXPECT_TRUE(line_->write(octets_).value());
  }
  void listen() {
    while (line_->read(octets_).value()) {
      g711::decode(line_->law(), octets_, linear_);
      machine_->receive(linear_);
    }
  }
  t38::AudioFaxMachine& machine() { return *machine_; }

 private:
  std::unique_ptr<tdm::Bearer> line_;
  std::unique_ptr<t38::AudioFaxMachine> machine_;
  std::array<int16_t, 160> linear_;
  std::array<uint8_t, 160> octets_;
};

// A fax machine behind SIP that speaks T.38.
class SipFax final : private t38::IfpSink, private t38::UdptlReceiver::Listener {
 public:
  SipFax(UdpPeer& peer, const SocketAddress& gateway, const t38::FaxMachineOptions& options)
      : peer_(peer), gateway_(gateway), machine_(t38::T38FaxMachine::make(options, t38::Params{}, *this).value()) {}

  void speak() { machine_->advance(160); }
  void listen(TimePoint line) {
    for (const Bytes& datagram : peer_.receive()) {
      if (receiver_.receive(datagram, line)) ++heard_;
    }
    receiver_.poll(line);
  }
  t38::T38FaxMachine& machine() { return *machine_; }
  uint64_t heard() const { return heard_; }

 private:
  void on_ifp(ByteView ifp, int copies) override {
    std::array<uint8_t, t38::UdptlSender::kMaxDatagram> buffer;
    ByteView datagram = sender_.send(ifp, buffer);
    for (int i = 0; i < copies; ++i) peer_.send(gateway_, datagram);
  }
  void on_udptl_ifp(uint16_t sequence, ByteView ifp) override { machine_->receive_ifp(ifp, sequence); }

  UdpPeer& peer_;
  SocketAddress gateway_;
  t38::UdptlSender sender_{t38::UdptlSender::options_for(t38::Params{}, 3)};
  t38::UdptlReceiver receiver_{*this};
  std::unique_ptr<t38::T38FaxMachine> machine_;
  uint64_t heard_ = 0;
};

class FaxCall : public ServiceFixture {
 protected:
  static constexpr int kMostBlocks = 50 * 180;  // three minutes of line time

  static fs::path page() { return fs::path(SG_TEST_DATA) / "fax" / "itu1.tif"; }
  fs::path received = fs::temp_directory_path() /
                      (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".tif");
  ~FaxCall() override { fs::remove(received); }

  t38::FaxMachineOptions caller() const {
    t38::FaxMachineOptions options;
    options.calling = true;
    options.send_file = page();
    return options;
  }
  t38::FaxMachineOptions answerer() const {
    t38::FaxMachineOptions options;
    options.receive_file = received;
    return options;
  }

  SessionId start_t38(uint8_t timeslot, const SocketAddress& remote, SocketAddress& gateway) {
    SessionId session = service().open({});
    gateway = service().add_ip(session, Side::A, "127.0.0.1").value();
    service().add_bearer(session, Side::B, {1, timeslot});
    service().set_bridging(session, Bridging::Both);
    use_t38(session, remote);
    return session;
  }
  void use_t38(SessionId session, const SocketAddress& remote) {
    T38Settings settings;
    settings.remote = remote;
    service().use_t38(session, Side::A, settings);
    settle(session);
  }
  void use_rtp(SessionId session, const SocketAddress& remote) {
    RtpSettings settings;
    settings.remote = remote;
    service().use_rtp(session, Side::A, settings);
    settle(session);
  }
};

TEST_F(FaxCall, PageCrossesFromTimeslotToT38AndIsToldOf) {
  UdpPeer peer;
  SocketAddress gateway;
  SessionId session = start_t38(1, peer.address(), gateway);
  TdmFax sender(far_end(1), caller());
  SipFax receiver(peer, gateway, answerer());

  TimePoint line{};
  for (int i = 0; i < kMostBlocks && !(sender.machine().is_finished() && receiver.machine().is_finished()); ++i) {
    sender.speak();
    receiver.speak();
    step(session);
    line += 20ms;
    sender.listen();
    receiver.listen(line);
  }
  auto stats = close(session);

  EXPECT_TRUE(sender.machine().result().success) << sender.machine().result().status_text;
  EXPECT_TRUE(receiver.machine().result().success) << receiver.machine().result().status_text;
  EXPECT_EQ(receiver.machine().result().pages_received, 1);
  EXPECT_EQ(stats.fax.pages, 1);
  EXPECT_EQ(stats.fax.bit_rate, 14400);
  EXPECT_TRUE(stats.fax.ecm);
  EXPECT_GT(stats.side[0].udptl.packets_sent, 100u);
  EXPECT_EQ(stats.side[0].udptl.lost, 0u);
  EXPECT_EQ(stats.side[0].udptl.malformed, 0u);
  EXPECT_FALSE(heard<FaxSeen>().empty());
}

TEST_F(FaxCall, PageCrossesFromT38ToTimeslot) {
  UdpPeer peer;
  SocketAddress gateway;
  SessionId session = start_t38(1, peer.address(), gateway);
  SipFax sender(peer, gateway, caller());
  TdmFax receiver(far_end(1), answerer());

  TimePoint line{};
  for (int i = 0; i < kMostBlocks && !(sender.machine().is_finished() && receiver.machine().is_finished()); ++i) {
    sender.speak();
    receiver.speak();
    step(session);
    line += 20ms;
    sender.listen(line);
    receiver.listen();
  }

  EXPECT_TRUE(sender.machine().result().success) << sender.machine().result().status_text;
  EXPECT_EQ(receiver.machine().result().pages_received, 1) << receiver.machine().result().status_text;
}

TEST_F(FaxCall, PageCrossesTwoGatewaysOnTwoWorkers) {
  config.workers = 2;
  UdpPeer placeholder;
  SocketAddress first_port, second_port;
  SessionId first = start_t38(1, placeholder.address(), first_port);
  SessionId second = start_t38(2, first_port, second_port);
  use_t38(first, second_port);
  TdmFax sender(far_end(1), caller());
  TdmFax receiver(far_end(2), answerer());

  for (int i = 0; i < kMostBlocks && !(sender.machine().is_finished() && receiver.machine().is_finished()); ++i) {
    sender.speak();
    receiver.speak();
    span().advance_octets(kBlock);
    settle(first);
    settle(second);
    sender.listen();
    receiver.listen();
  }

  EXPECT_TRUE(sender.machine().result().success) << sender.machine().result().status_text;
  EXPECT_EQ(receiver.machine().result().pages_received, 1) << receiver.machine().result().status_text;
}

TEST_F(FaxCall, RtpAndT38SwapOnTheSamePortWithinOneStream) {
  UdpPeer peer;
  SocketAddress gateway;
  SessionId session = service().open({});
  gateway = service().add_ip(session, Side::A, "127.0.0.1").value();
  service().add_bearer(session, Side::B, {1, 1});
  service().set_bridging(session, Bridging::Both);
  use_rtp(session, peer.address());
  step(session);
  auto before = peer.receive();
  ASSERT_EQ(before.size(), 1u);

  use_t38(session, peer.address());
  for (int i = 0; i < 4; ++i) step(session);
  auto greetings = peer.receive();
  use_rtp(session, peer.address());
  step(session);
  auto after = peer.receive();

  // The peer was not heard: three no-signal indicators, besides what the gateway itself says at first, and no audio.
  EXPECT_GE(greetings.size(), 3u);
  for (const Bytes& greeting : greetings) EXPECT_LT(greeting.size(), 20u);
  ASSERT_EQ(after.size(), 1u);
  auto first = rtp::Packet::parse(before[0]), last = rtp::Packet::parse(after[0]);
  ASSERT_TRUE(first && last);
  EXPECT_EQ(first->ssrc, last->ssrc);
  EXPECT_EQ(static_cast<uint16_t>(last->sequence - first->sequence), 1);
  EXPECT_EQ(last->timestamp - first->timestamp, 5 * kBlock);
}

TEST_F(FaxCall, APageThatPassesAsAudioIsFollowedFrameByFrame) {
  SessionId session = service().open({});
  service().add_bearer(session, Side::A, {1, 1});
  service().add_bearer(session, Side::B, {1, 2});
  service().set_bridging(session, Bridging::Both);
  service().set_profile(session, Profile::Fax);
  settle(session);
  TdmFax sender(far_end(1), caller());
  TdmFax receiver(far_end(2), answerer());

  for (int i = 0; i < kMostBlocks && !(sender.machine().is_finished() && receiver.machine().is_finished()); ++i) {
    sender.speak();
    receiver.speak();
    step(session);
    sender.listen();
    receiver.listen();
  }
  auto stats = close(session);

  EXPECT_TRUE(sender.machine().result().success) << sender.machine().result().status_text;
  EXPECT_EQ(stats.fax.pages, 1);
  EXPECT_EQ(stats.fax.bit_rate, 14400);
  EXPECT_TRUE(stats.fax.ended_by_dcn);
  bool dis_came_from_b = false, dcs_came_from_a = false;
  for (const FaxSeen& seen : heard<FaxSeen>()) {
    EXPECT_TRUE(seen.in_audio);
    dis_came_from_b = dis_came_from_b || (seen.event.code.kind == t38::fcf::kDis && seen.from == Side::B);
    dcs_came_from_a = dcs_came_from_a || (seen.event.code.kind == t38::fcf::kDcs && seen.from == Side::A);
  }
  EXPECT_TRUE(dis_came_from_b);
  EXPECT_TRUE(dcs_came_from_a);
}

TEST_F(FaxCall, ABlockThatTheLineLostDuringAFaxIsToldAsASlip) {
  SessionId session = service().open({});
  service().add_bearer(session, Side::A, {1, 1});
  service().set_bridging(session, Bridging::Both);
  settle(session);
  auto line = far_end(1);
  service().set_profile(session, Profile::Fax);
  settle(session);

  // Far more at once than the bearer keeps: the oldest blocks are lost.
  span().advance_octets(400 * kBlock);
  ASSERT_TRUE(until([&] {
    step(session);
    return !heard<MediaImpairment>().empty();
  }));

  EXPECT_EQ(heard<MediaImpairment>()[0].kind, MediaImpairment::Kind::Slip);
  EXPECT_EQ(heard<MediaImpairment>()[0].side, Side::A);
  EXPECT_GT(heard<MediaImpairment>()[0].count, 0u);
}

TEST_F(FaxCall, AudioThatComesAfterTheSwapIsDroppedAndNoiseIsCounted) {
  UdpPeer peer;
  SocketAddress gateway;
  SessionId session = start_t38(1, peer.address(), gateway);
  Bytes audio(rtp::kHeaderOctets + kBlock, 0xd5);
  rtp::write_header({.payload_type = 8, .sequence = 7}, std::span(audio).first<rtp::kHeaderOctets>());
  peer.send(gateway, audio);
  peer.send(gateway, Bytes{0x00});
  peer.send(gateway, Bytes{0x00, 0x00, 0x7f, 0x00});

  step(session);
  auto stats = close(session);

  EXPECT_EQ(value_of(counters, "media.udptl.stray_rtp"), 1u);
  EXPECT_EQ(value_of(counters, "media.udptl.malformed"), 2u);
  EXPECT_EQ(stats.side[0].udptl.packets_received, 0u);
}

TEST_F(FaxCall, RefreshThatChangesNothingLeavesTheFaxAlone) {
  UdpPeer peer;
  SocketAddress gateway;
  SessionId session = start_t38(1, peer.address(), gateway);
  for (int i = 0; i < 3; ++i) step(session);
  ASSERT_GE(peer.receive().size(), 3u);

  use_t38(session, peer.address());
  for (int i = 0; i < 3; ++i) step(session);

  EXPECT_TRUE(peer.receive().empty()) << "the endpoint was made anew: it greets again";
}

TEST_F(FaxCall, IfpsAreRelayedBetweenTwoT38Peers) {
  UdpPeer a, b;
  SessionId session = service().open({});
  SocketAddress local_a = service().add_ip(session, Side::A, "127.0.0.1").value();
  ASSERT_TRUE(service().add_ip(session, Side::B, "127.0.0.1"));
  T38Settings settings;
  settings.remote = a.address();
  service().use_t38(session, Side::A, settings);
  settings.remote = b.address();
  settings.remote_params.error_correction = ErrorCorrection::None;
  service().use_t38(session, Side::B, settings);
  settle(session);

  // A CNG indicator (T.38 table 2), sequence number 0, no secondaries.
  const Bytes cng{0x00, 0x00, 0x01, 0x02, 0x00, 0x00};
  a.send(local_a, cng);
  bool relayed = false;
  EXPECT_TRUE(until([&] {
    for (const Bytes& datagram : b.receive()) {
      relayed = relayed || (datagram.size() > 3 && datagram[2] == 0x01 && datagram[3] == 0x02);
    }
    return relayed;
  }));
}

TEST_F(FaxCall, PeerThatFallsSilentIsToldOf) {
  config.t38_timeout = 1s;
  UdpPeer peer;
  SocketAddress gateway;
  SessionId session = start_t38(1, peer.address(), gateway);

  ASSERT_TRUE(until([&] {
    step(session);
    return !heard<MediaTimeout>().empty();
  }));

  EXPECT_EQ(heard<MediaTimeout>()[0].side, Side::A);
}

}  // namespace
}  // namespace sg::media
