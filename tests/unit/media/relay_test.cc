// A fax that is relayed from T.38 to T.38: two machines, each with error correction of its own, and a session between.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <map>

#include "media/session.h"
#include "t38/fax_machine.h"
#include "t38/udptl.h"

namespace sg::media {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;

constexpr size_t kBlock = 160;

// What the session sends to each address and gets on each socket; the media event sink.
class Wire final : public DatagramIo, public EventSink {
 public:
  std::span<const Datagram> receive(int fd) override {
    current_.clear();
    octets_ = std::exchange(waiting[fd], {});
    for (const auto& [source, octets] : octets_) current_.push_back({octets, source, now});
    return current_;
  }
  bool send(int, const SocketAddress& to, ByteView data) override {
    sent[to.port()].emplace_back(data.begin(), data.end());
    return true;
  }
  void send(SessionId, Event event) override {
    if (auto* fax = std::get_if<FaxSeen>(&event)) seen.push_back(*fax);
  }
  void send_slot_free(tdm::Timeslot) override {}
  void send_stats(std::function<void(std::optional<SessionStats>)>, std::optional<SessionStats>) override {}

  TimePoint now;
  std::map<int, std::deque<std::pair<SocketAddress, Bytes>>> waiting;
  std::map<uint16_t, std::deque<Bytes>> sent;
  std::vector<FaxSeen> seen;

 private:
  std::deque<std::pair<SocketAddress, Bytes>> octets_;
  std::vector<Datagram> current_;
};

// A fax machine that speaks T.38, on a side of the session.
class Machine final : private t38::IfpSink, private t38::UdptlReceiver::Listener {
 public:
  Machine(Wire& wire, const SocketAddress& own, const t38::FaxMachineOptions& options, const t38::Params& params)
      : address(own),
        params_(params),
        wire_(wire),
        sender_(t38::UdptlSender::options_for(params, 3)),
        fax(t38::T38FaxMachine::make(options, t38::Params{}, *this).value()) {}

  void run(TimePoint now) {
    for (const Bytes& datagram : std::exchange(wire_.sent[address.port()], {})) {
      longest = std::max(longest, datagram.size());
      EXPECT_TRUE(receiver_.receive(datagram, now));
    }
    receiver_.poll(now);
    fax->advance(kBlock);
  }
  T38Settings settings() const { return {.remote = address, .local = {}, .remote_params = params_}; }
  const t38::UdptlCounters& counters() const { return receiver_.counters(); }

  const SocketAddress address;
  int socket = -1;     // of the session, that hears this machine
  int lose_every = 0;  // of its datagrams; 0: none
  size_t longest = 0;  // datagram that it got

 private:
  void on_ifp(ByteView ifp, int copies) override {
    std::array<uint8_t, t38::UdptlSender::kMaxDatagram> buffer;
    ByteView datagram = sender_.send(ifp, buffer);
    for (int i = 0; i < copies; ++i) {
      if (lose_every > 0 && ++sent_ % lose_every == 0) continue;
      wire_.waiting[socket].emplace_back(address, Bytes(datagram.begin(), datagram.end()));
    }
  }
  void on_udptl_ifp(uint16_t sequence, ByteView ifp) override { fax->receive_ifp(ifp, sequence); }

  const t38::Params params_;
  Wire& wire_;
  t38::UdptlSender sender_;
  t38::UdptlReceiver receiver_{*this};
  int sent_ = 0;

 public:
  std::unique_ptr<t38::T38FaxMachine> fax;
};

struct FaxRelayTest : ::testing::Test {
  static SocketAddress address(uint16_t port) { return SocketAddress::parse("192.0.2.1", port).value(); }
  static fs::path page() { return fs::path(SG_TEST_DATA) / "fax" / "itu1-3.tif"; }

  FaxRelayTest() { session.set_bridging(Bridging::Both); }
  ~FaxRelayTest() override { fs::remove(received); }

  // A machine on each side, with what it takes.
  void start(const t38::Params& a_takes, const t38::Params& b_takes) {
    a = std::make_unique<Machine>(wire, address(4000), t38::FaxMachineOptions{.calling = true, .send_file = page()},
                                  a_takes);
    b = std::make_unique<Machine>(wire, address(5000), t38::FaxMachineOptions{.receive_file = received}, b_takes);
    for (auto [machine, side] : {std::pair{a.get(), Side::A}, {b.get(), Side::B}}) {
      PortPair ports;
      ports.media.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      ports.control.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      machine->socket = ports.media.get();
      session.give_ports(side, std::move(ports));
      session.use_t38(side, machine->settings());
    }
  }
  void run(Duration most) {
    for (Duration passed{}; passed < most && !(a->fax->is_finished() && b->fax->is_finished()); passed += 20ms) {
      clock.advance(20ms);
      wire.now = clock.now();
      session.tick_on_timer(clock.now(), 1);
      a->run(clock.now());
      b->run(clock.now());
    }
  }
  std::vector<std::string> frames(Side from) const {
    std::vector<std::string> all;
    for (const FaxSeen& seen : wire.seen) {
      if (seen.from == from && seen.event.kind == t38::FaxEvent::Kind::Frame) all.push_back(seen.event.detail);
    }
    return all;
  }

  fs::path received = fs::temp_directory_path() /
                      (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".tif");
  Config config;
  Counters counters;
  Wire wire;
  TestClock clock;
  SessionTools tools{config, wire, counters, wire, clock, 1};
  Session session{SessionId{1}, tools};
  std::unique_ptr<Machine> a, b;
};

TEST_F(FaxRelayTest, IsToldFrameByFrameAndEachSideHasItsOwnCorrectionAndSize) {
  start({.max_datagram = 400, .error_correction = t38::ErrorCorrection::Redundancy},
        {.max_datagram = 120, .error_correction = t38::ErrorCorrection::Fec});
  run(300s);

  EXPECT_TRUE(a->fax->result().success) << a->fax->result().status_text;
  EXPECT_EQ(b->fax->result().pages_received, 3) << b->fax->result().status_text;
  const auto stats = session.stats();
  EXPECT_EQ(stats.fax.pages, 3);
  EXPECT_EQ(stats.fax.bit_rate, 14400);
  EXPECT_TRUE(stats.fax.ecm);
  EXPECT_TRUE(stats.fax.ended_by_dcn);
  EXPECT_THAT(frames(Side::A), Contains("DCS"));
  EXPECT_EQ(frames(Side::A).back(), "DCN");
  EXPECT_THAT(frames(Side::B), Contains("DIS"));
  EXPECT_EQ(frames(Side::B).back(), "MCF");
  EXPECT_LE(b->longest, 120u);
  for (const FaxSeen& seen : wire.seen) EXPECT_FALSE(seen.in_audio);
}

TEST_F(FaxRelayTest, WhatOneSideLosesIsRepairedBeforeItGoesOn) {
  start({.error_correction = t38::ErrorCorrection::Fec}, {.error_correction = t38::ErrorCorrection::Redundancy});
  a->lose_every = 7;
  run(300s);

  EXPECT_EQ(b->fax->result().pages_received, 3) << b->fax->result().status_text;
  EXPECT_EQ(session.stats().fax.pages, 3);
  EXPECT_GT(session.stats().side[0].udptl.recovered_fec, 0u);
  EXPECT_EQ(b->counters().recovered_redundancy, 0u) << "nothing is lost on the way to it";
}

// The other side's numbers have no gap: it would take what is left for the whole frame.
TEST_F(FaxRelayTest, AFrameThatLostItsMiddleGoesOnAsABadOne) {
  start({.error_correction = t38::ErrorCorrection::None}, {.error_correction = t38::ErrorCorrection::None});
  const Bytes preamble{0, 0, 1, 0x06, 0, 0}, head{0, 1, 8, 0xC0, 1, 0x80, 0, 2, 0xFF, 0xC8, 0x31, 0, 0},
      end{0, 3, 3, 0xC0, 1, 0x20, 0, 0};
  for (const Bytes& datagram : {preamble, head, end}) wire.waiting[a->socket].emplace_back(a->address, datagram);

  std::vector<uint8_t> endings;
  for (int i = 0; i < 20; ++i) {
    clock.advance(20ms);
    session.tick_on_timer(clock.now(), 1);
    for (const Bytes& datagram : std::exchange(wire.sent[5000], {})) {
      if (datagram.size() == 8) endings.push_back(datagram[5]);
    }
  }

  EXPECT_THAT(endings, ElementsAre(0x30)) << "FCS bad, T.38 table 4";
  EXPECT_TRUE(wire.seen.empty());
}

}  // namespace
}  // namespace sg::media
