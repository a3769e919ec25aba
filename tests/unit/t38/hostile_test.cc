#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <random>

#include "t38/fax_machine.h"
#include "t38/gateway.h"
#include "t38/udptl.h"

// What a hostile or broken peer may send. These tests fail by a crash, a sanitizer's report or a hang.
namespace sg::t38 {
namespace {

class Peer : public Gateway::Listener, public UdptlReceiver::Listener {
 public:
  void on_ifp(ByteView, int) override {}
  void on_fax_event(const FaxEvent& event) override { told += describe(event).size(); }
  void on_udptl_ifp(uint16_t sequence, ByteView ifp) override {
    delivered += ifp.size();
    gateway.rx_ifp(ifp, sequence);
  }

  size_t told = 0;
  size_t delivered = 0;
  Gateway gateway{GatewayOptions{}, *this};
  UdptlReceiver receiver{*this};
};

std::vector<Bytes> seeds() {
  std::vector<Bytes> result;
  for (const auto& entry : std::filesystem::directory_iterator(SG_TEST_DATA "/udptl")) {
    std::ifstream file(entry.path(), std::ios::binary);
    result.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  std::sort(result.begin(), result.end());
  return result;
}

TEST(HostileUdptl, GoodSeedsAreReceivedAndBadOnesCounted) {
  const std::pair<const char*, bool> files[] = {
      {"ok_red3", true},          {"ok_single", true},
      {"empty", false},           {"hdr_only", false},
      {"one_byte", false},        {"fec_truncated", false},
      {"jumbo_60000", false},     {"primary_len_overrun", false},
      {"primary_len_16k", false}, {"fec_entries_overrun", false},
  };
  for (const auto& [name, is_good] : files) {
    std::ifstream file(std::string(SG_TEST_DATA "/udptl/") + name + ".bin", std::ios::binary);
    ASSERT_TRUE(file) << name;
    const Bytes datagram{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    Peer peer;

    EXPECT_EQ(peer.receiver.receive(datagram, TimePoint{1h}), is_good) << name;
    EXPECT_EQ(peer.receiver.counters().malformed, is_good ? 0U : 1U) << name;
  }
}

TEST(HostileUdptl, EveryPrefixOfEverySeedIsTakenOrRefused) {
  Peer peer;
  uint64_t sent = 0;
  for (const Bytes& seed : seeds()) {
    for (size_t octets = 0; octets <= std::min<size_t>(seed.size(), 2000); ++octets, ++sent) {
      peer.receiver.receive(ByteView(seed).first(octets), TimePoint{1h});
    }
  }
  EXPECT_EQ(peer.receiver.counters().received + peer.receiver.counters().malformed, sent);
  EXPECT_GT(peer.receiver.counters().malformed, 0U);
}

TEST(HostileUdptl, MutatedSeedsInAnyOrderNeitherCrashNorStop) {
  Peer peer;
  std::mt19937 random(38);
  const auto all = seeds();
  TimePoint now{1h};
  for (int i = 0; i < 100'000; ++i, now += 5ms) {
    Bytes datagram = all[random() % all.size()];
    datagram.resize(std::min<size_t>(datagram.size(), 600));
    for (unsigned edits = random() % 4; edits > 0 && !datagram.empty(); --edits) {
      datagram[random() % datagram.size()] = static_cast<uint8_t>(random());
    }
    // Mostly near one another, so that window, wrap and FEC are worked.
    if (datagram.size() >= 2 && random() % 8 != 0) {
      const auto sequence = static_cast<uint16_t>(static_cast<unsigned>(i) + random() % 100);
      datagram[0] = static_cast<uint8_t>(sequence >> 8);
      datagram[1] = static_cast<uint8_t>(sequence);
    }
    peer.receiver.receive(datagram, now);
  }
  EXPECT_GT(peer.delivered, 0U);
}

// Random octets that often look like IFPs: the shape of one, with anything in it.
Bytes random_ifp(std::mt19937& random) {
  auto octet = [&] { return static_cast<uint8_t>(random()); };
  Bytes ifp;
  if (random() % 4 == 0) {
    ifp.resize(random() % 40);
    for (uint8_t& each : ifp) each = octet();
    return ifp;
  }
  if (random() % 4 == 0) return {static_cast<uint8_t>(random() % 16 << 1)};
  const unsigned fields = random() % 4;
  ifp = {static_cast<uint8_t>(0xC0 | random() % 9 << 1), static_cast<uint8_t>(fields)};
  for (unsigned i = 0; i < fields; ++i) {
    const auto type = static_cast<uint8_t>(random() % 8);
    const unsigned octets = random() % 3 == 0 ? 1 + random() % 200 : 1 + random() % 6;
    ifp.insert(ifp.end(), {static_cast<uint8_t>(0x80 | type << 4), 0, static_cast<uint8_t>(octets - 1)});
    // Frames that begin like T.30's: NSF, DIS, DCS, FCD, PPS and others.
    static constexpr std::array<uint8_t, 8> kControls = {0x04, 0x01, 0x41, 0x60, 0x7D, 0x44, 0x31, 0x84};
    for (unsigned k = 0; k < octets; ++k) {
      const bool is_head = random() % 2 == 0;
      ifp.push_back(k == 0 && is_head ? 0xFF : k == 2 && is_head ? kControls[random() % kControls.size()] : octet());
    }
  }
  return ifp;
}

TEST(HostileIfp, AMillionRandomPacketsLeaveTheGatewayInOrder) {
#if defined(__SANITIZE_ADDRESS__)
  constexpr int kPackets = 100'000;
#else
  constexpr int kPackets = 1'000'000;
#endif
  Peer peer;
  std::mt19937 random(1);
  std::array<int16_t, 160> samples{};
  uint64_t accepted = 0;
  for (int i = 0; i < kPackets; ++i) {
    accepted +=
        peer.gateway.rx_ifp(random_ifp(random), static_cast<uint16_t>(static_cast<unsigned>(i) + (random() % 50 == 0)));
    if (i % 500 == 0) peer.gateway.tx_audio(samples);
  }

  EXPECT_GT(accepted, static_cast<uint64_t>(kPackets / 4));
  EXPECT_GT(peer.told, 0U);
  EXPECT_EQ(accepted + peer.gateway.stats().ifps_refused, static_cast<uint64_t>(kPackets));
}

TEST(HostileIfp, RandomPacketsEndNoTerminalWithACrash) {
  std::mt19937 random(2);
  for (bool calling : {false, true}) {
    Peer peer;
    FaxMachineOptions options{.calling = calling};
    if (calling) options.send_file = std::filesystem::path(SG_TEST_DATA) / "fax/itu1.tif";
    auto machine = T38FaxMachine::make(options, {}, peer).value();
    for (int i = 0; i < 50'000; ++i) {
      machine->receive_ifp(random_ifp(random), static_cast<uint16_t>(i));
      if (i % 20 == 0) machine->advance(160);
    }
    machine->hang_up();
    EXPECT_TRUE(machine->is_finished());
    EXPECT_FALSE(machine->result().success);
  }
}

// Fails by the leak sanitizer's report: SpanDSP keeps what these frames say and never lets go of it. Found by fuzz_t30.
TEST(HostileIfp, NonStandardFramesLeaveNothingBehind) {
  Peer peer;
  auto machine = T38FaxMachine::make({.calling = true}, {}, peer).value();
  uint16_t sequence = 0;
  for (uint8_t control : {0x04, 0x84, 0x44, 0xC4, 0x04}) {  // NSF, NSC, NSS
    const Bytes ifp = {0xC0, 2, 0x80, 0, 7, 0xFF, 0xC0, control, 0xB5, 0, 0x45, 1, 2, 0x40};

    EXPECT_TRUE(machine->receive_ifp(ifp, sequence++));
    machine->advance(160);
  }
  machine->hang_up();
}

}  // namespace
}  // namespace sg::t38
