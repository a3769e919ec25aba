#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <map>

#include "media/session.h"
#include "t38/fax_machine.h"
#include "t38/udptl.h"
#include "tests/support/media_surroundings.h"

// A session's peers in virtual time: fax machines that speak T.38, and the network to them.
namespace sg::media {

inline constexpr size_t kMachineBlock = 160;

// What the session sends to each address and gets on each socket; the media event sink.
class Wire final : public DatagramIo, public EventSink {
 public:
  std::span<const Datagram> receive(int fd) override {
    current_.clear();
    came_.clear();
    for (const auto& [source, octets] : std::exchange(waiting[fd], {})) {
      current_.push_back(came_.emplace_back(octets, source, now));
    }
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
  std::deque<support::CameIn> came_;
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
      numbers.push_back(static_cast<uint16_t>(datagram[0] << 8 | datagram[1]));
      longest = std::max(longest, datagram.size());
      EXPECT_TRUE(receiver_.receive(datagram, now));
    }
    receiver_.poll(now);
    fax->advance(kMachineBlock);
  }
  T38Settings settings() const { return {.remote = address, .local = {}, .remote_params = params_}; }
  const t38::UdptlCounters& counters() const { return receiver_.counters(); }

  SocketAddress address;
  int socket = -1;                // of the session, that hears this machine
  int lose_every = 0;             // of its datagrams; 0: none
  size_t longest = 0;             // datagram that it got
  std::vector<uint16_t> numbers;  // of the datagrams that it got

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

// A session in virtual time, its sides yet to be given.
struct T38SessionTest : ::testing::Test {
  static SocketAddress address(uint16_t port) { return SocketAddress::parse("192.0.2.1", port).value(); }
  static std::filesystem::path three_pages() { return std::filesystem::path(SG_TEST_DATA) / "fax" / "itu1-3.tif"; }

  T38SessionTest() { session.set_bridging(Bridging::Both); }
  ~T38SessionTest() override { std::filesystem::remove(received); }

  void give(Side side, Machine& machine) {
    PortPair ports;
    ports.media.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ports.control.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    machine.socket = ports.media.get();
    session.give_ports(side, std::move(ports));
    session.use_t38(side, machine.settings());
  }

  std::filesystem::path received =
      std::filesystem::temp_directory_path() /
      (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".tif");
  Config config;
  Counters counters;
  Wire wire;
  TestClock clock;
  SessionContext context{config, wire, counters, wire, clock, 1};
  Session session{SessionId{1}, context};
};

}  // namespace sg::media
