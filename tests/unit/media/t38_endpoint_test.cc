#include "media/t38_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/media_surroundings.h"

namespace sg::media {
namespace {

using support::CameIn;

// Keeps what is sent, and when.
class Wire final : public DatagramIo, public EventSink, public t38::UdptlReceiver::Listener {
 public:
  std::span<const Datagram> receive(int) override { return {}; }
  bool send(int, const SocketAddress& to, ByteView data) override {
    sent.emplace_back(at, Bytes(data.begin(), data.end()));
    last_to = to;
    return true;
  }
  void send(SessionId, Event) override {}
  void send_slot_free(tdm::Timeslot) override {}
  void send_stats(std::function<void(std::optional<SessionStats>)>, std::optional<SessionStats>) override {}
  void on_udptl_ifp(uint16_t, ByteView) override {}

  int at = 0;  // ms
  std::vector<std::pair<int, Bytes>> sent;
  SocketAddress last_to;
};

struct T38EndpointTest : ::testing::Test {
  T38EndpointTest() {
    settings.remote = SocketAddress::parse("192.0.2.1", 4000).value();
    ports.give({});
  }
  // Heard, so that it does not greet.
  T38Endpoint& endpoint() {
    if (!made) {
      made.emplace(context, ports, settings, wire, clock.now(), clock.now());
      static constexpr uint8_t kHeard[] = {0, 0, 1, 0, 0, 0};
      made->on_media(CameIn(kHeard, settings.remote, clock.now()));
    }
    return *made;
  }
  void run(int blocks) {
    for (int i = 0; i < blocks; ++i) {
      clock.advance(20ms);
      wire.at += 20;
      endpoint().poll(clock.now());
    }
  }
  std::vector<int> times() const {
    std::vector<int> all;
    for (const auto& [at, datagram] : wire.sent) all.push_back(at);
    return all;
  }

  Config config;
  Counters counters;
  Wire wire;
  TestClock clock;
  SessionContext context{config, wire, counters, wire, clock, 1};
  SidePorts ports{wire, SessionId{1}};
  T38Settings settings;
  std::optional<T38Endpoint> made;
};

constexpr uint8_t kNoSignalIfp[] = {0x00};

TEST_F(T38EndpointTest, SpreadsTheCopiesOfWhatNothingFollows) {
  endpoint().on_ifp(kNoSignalIfp, 3);
  run(100);

  EXPECT_THAT(times(),
              ::testing::ElementsAre(0, 20, 40, 80, 160, 320, 500, 680, 860, 1040, 1220, 1400, 1580, 1760, 1940));
  for (const auto& [at, datagram] : wire.sent) EXPECT_EQ(datagram, wire.sent[0].second);
}

// Else a peer that died would never be missed, as long as the one on the other side says that it lives.
TEST_F(T38EndpointTest, AKeepAliveThatIsPassedOnIsNoSignOfLife) {
  const TimePoint heard = endpoint().last_active();
  static constexpr uint8_t kPreamble[] = {0x06};

  clock.advance(10s);
  endpoint().on_ifp(kNoSignalIfp, 3);
  EXPECT_EQ(endpoint().last_active(), heard);

  endpoint().on_ifp(kPreamble, 3);
  EXPECT_EQ(endpoint().last_active(), clock.now());
}

// A peer that sends from elsewhere than it told: where our packets go, and whose come in, is settled by its first valid
// one.
struct T38EndpointLockTest : T38EndpointTest {
  const SocketAddress elsewhere = SocketAddress::parse("192.0.2.1", 5000).value();
  int sequence = 1;

  void hear(const SocketAddress& source) {
    const Bytes datagram{static_cast<uint8_t>(sequence >> 8), static_cast<uint8_t>(sequence), 1, 0, 0, 0};
    ++sequence;
    hear(source, datagram);
  }
  void hear(const SocketAddress& source, const Bytes& datagram) {
    if (!made) made.emplace(context, ports, settings, wire, clock.now(), clock.now());
    made->on_media(CameIn(datagram, source, clock.now()));
    clock.advance(30ms);
  }
  SocketAddress goes_to() {
    made->on_ifp(kNoSignalIfp, 1);
    return wire.last_to;
  }
};

TEST_F(T38EndpointLockTest, HoldsAgainstWhateverComesFromTheToldAddress) {
  hear(elsewhere);
  // RTP that was under way, noise, and UDPTL.
  Bytes audio(12 + 160, 0xd5);
  audio[0] = 0x80;
  audio[1] = 8;
  hear(settings.remote, audio);
  hear(settings.remote, {0x00});
  hear(settings.remote);

  hear(elsewhere);
  hear(elsewhere);

  EXPECT_EQ(goes_to(), elsewhere);
  EXPECT_EQ(made->stats().packets_received, 3u);
  EXPECT_EQ(counters.get("media.udptl.foreign_source").value(), 3u);
}

TEST_F(T38EndpointLockTest, IsNotTakenByAStrangerHoweverEarlyHeSpeaks) {
  const SocketAddress stranger = SocketAddress::parse("198.51.100.66", 9).value();
  for (int i = 0; i < 100; ++i) hear(stranger);
  EXPECT_EQ(goes_to(), settings.remote);

  sequence = 0;
  hear(settings.remote);

  EXPECT_EQ(goes_to(), settings.remote);
  EXPECT_EQ(made->stats().packets_received, 1u);
  EXPECT_EQ(counters.get("media.udptl.foreign_source").value(), 100u);
}

TEST_F(T38EndpointLockTest, OfAPeerBehindNatIsTakenByARunOfUdptlAndByNothingElse) {
  settings.remote = SocketAddress::parse("192.168.1.5", 4000).value();
  const SocketAddress nat = SocketAddress::parse("198.51.100.1", 61000).value();
  hear(nat);
  clock.advance(2s);
  Bytes audio(12 + 160, 0xd5);
  audio[0] = 0x80;
  audio[1] = 8;
  for (uint8_t i = 0; i < 20; ++i) {
    audio[3] = i;
    hear(nat, audio);
    hear(nat, {0, i, 99});
  }
  EXPECT_EQ(goes_to(), settings.remote);

  for (int i = 0; i < PeerAddress::kRun; ++i) hear(nat);

  EXPECT_EQ(goes_to(), nat);
  EXPECT_EQ(counters.get("media.udptl.latched").value(), 1u);
}

TEST_F(T38EndpointLockTest, IsNotTakenByWhatIsNoUdptl) {
  hear(elsewhere, {0x00});
  hear(settings.remote);

  EXPECT_EQ(goes_to(), settings.remote);
  EXPECT_EQ(counters.get("media.udptl.latched").value(), 0u);
}

TEST_F(T38EndpointLockTest, IsOpenedBySignallingThatTellsANewAddress) {
  hear(elsewhere);
  settings.remote = SocketAddress::parse("192.0.2.1", 6000).value();
  made->change(settings);
  hear(elsewhere);  // was under way

  EXPECT_EQ(goes_to(), settings.remote);
  hear(settings.remote);
  hear(elsewhere);
  EXPECT_EQ(counters.get("media.udptl.foreign_source").value(), 1u);
  EXPECT_EQ(made->stats().packets_received, 3u);
}

// The peer's datagrams, of which every `nth` is lost; each carries the IFP before it.
struct T38EndpointLossTest : T38EndpointTest {
  void hear(int datagrams, int nth) {
    for (int i = 0; i < datagrams; ++i, ++sequence) {
      if (nth > 0 && i % nth == 0) continue;
      const Bytes datagram{static_cast<uint8_t>(sequence >> 8), static_cast<uint8_t>(sequence), 1, 0, 0, 1, 1, 0};
      endpoint().on_media(CameIn(datagram, settings.remote, clock.now()));
      clock.advance(30ms);
    }
  }
  // Earlier IFPs in the next datagram.
  int depth() {
    static constexpr uint8_t kPage[20] = {0xC0, 1, 0x80, 0, 14};
    for (int i = 0; i < 10; ++i) endpoint().on_ifp(kPage, 1);
    return wire.sent.back().second[2 + 1 + sizeof(kPage) + 1];
  }
  int sequence = 1;
};

TEST_F(T38EndpointLossTest, RedundancyRisesWithTheLossOfThePeersPacketsAndNeverFalls) {
  hear(500, 0);
  EXPECT_EQ(depth(), 3);

  hear(65, 5);
  EXPECT_EQ(depth(), 4);
  hear(130, 5);
  EXPECT_EQ(depth(), 6);

  hear(1000, 0);
  EXPECT_EQ(depth(), 6);
  hear(1000, 5);
  EXPECT_EQ(depth(), 7) << "there is an end to it";
  EXPECT_EQ(counters.get("media.udptl.redundancy_raised").value(), 4u);
  EXPECT_EQ(endpoint().stats().redundancy, 7);
}

TEST_F(T38EndpointLossTest, ARiseIsToldOnceWithTheLossThatWasMeasured) {
  hear(500, 0);
  EXPECT_FALSE(endpoint().follow_loss());

  hear(65, 5);
  auto rise = endpoint().follow_loss();

  ASSERT_TRUE(rise);
  EXPECT_EQ(rise->from, 3);
  EXPECT_EQ(rise->to, 4);
  EXPECT_NEAR(rise->loss, 0.2, 0.02);
  EXPECT_FALSE(endpoint().follow_loss());
}

TEST_F(T38EndpointLossTest, WithoutRedundancyThereIsNoDepth) {
  settings.remote_params.error_correction = ErrorCorrection::Fec;
  hear(1000, 5);

  EXPECT_EQ(endpoint().stats().redundancy, 0);
  EXPECT_FALSE(endpoint().follow_loss());
}

TEST_F(T38EndpointLossTest, ALossThatIsRareOrAPeerThatTakesLessLeavesItAlone) {
  hear(1000, 40);
  EXPECT_EQ(depth(), 3);
}

TEST_F(T38EndpointLossTest, ThePeersOwnLimitHolds) {
  settings.remote_params.max_redundancy = 4;
  hear(1000, 5);
  EXPECT_EQ(depth(), 4);
}

TEST_F(T38EndpointLossTest, ItStaysWithinThePeersDatagram) {
  settings.remote_params.max_datagram = 90;
  hear(1000, 5);
  EXPECT_EQ(depth(), 3) << "20 octets each";
  EXPECT_LE(wire.sent.back().second.size(), 90u);
}

// A V.17 Data IFP of so many octets of non-ECM data.
Bytes page_data(size_t octets) {
  Bytes ifp{0xC0 | 8 << 1, 1, 0xE0, static_cast<uint8_t>((octets - 1) >> 8), static_cast<uint8_t>(octets - 1)};
  ifp.resize(ifp.size() + octets, 0x55);
  return ifp;
}

TEST_F(T38EndpointLossTest, APeerThatTellsTooMuchGetsNoDatagramAboveWhatItReallyTakes) {
  const t38::Params told{.max_datagram = 1400, .error_correction = ErrorCorrection::Fec};
  for (auto really : {ErrorCorrection::None, ErrorCorrection::Redundancy, ErrorCorrection::Fec}) {
    for (int limit : {100, 180, 320}) {
      SCOPED_TRACE(fmt::format("error correction {}, {} octets", static_cast<int>(really), limit));
      made.reset();
      wire.sent.clear();
      sequence = 1;
      settings.remote_params = t38::corrected(told, {.max_datagram = limit, .error_correction = really});

      hear(500, 5);  // as deep as redundancy goes
      for (size_t octets : {1, 20, 54, 94, 150, 300, 390, 54, 54, 54, 54, 7, 7, 7}) {
        endpoint().on_ifp(page_data(octets), 1);
      }

      size_t largest = 0;
      for (const auto& [at, datagram] : wire.sent) largest = std::max(largest, datagram.size());
      EXPECT_LE(largest, static_cast<size_t>(limit));
      EXPECT_GT(largest, static_cast<size_t>(limit) * 9 / 10) << "what it takes is made use of";
      const auto& latest = wire.sent.back().second;  // of 12 octets, and before it others of as many
      const size_t error_recovery = 2 + 1 + 12;
      EXPECT_EQ(latest[error_recovery] == 0x80, really == ErrorCorrection::Fec);
      EXPECT_EQ(latest.size() == error_recovery + 2, really == ErrorCorrection::None);
    }
  }
}

TEST_F(T38EndpointLossTest, APeerThatTellsTooLittleGetsTheRedundancyThatItReallyTakes) {
  settings.remote_params = t38::corrected({.max_datagram = 60}, {.max_datagram = 400});

  EXPECT_EQ(depth(), 3);
}

TEST_F(T38EndpointTest, WhereThereIsNoRoomForAnEarlierIfpADatagramGoesTwice) {
  settings.remote_params.max_datagram = 72;
  endpoint().on_ifp(page_data(54), 1);
  wire.sent.clear();

  for (int i = 0; i < 3; ++i) {
    endpoint().on_ifp(page_data(54), 1);
    run(2);
  }

  EXPECT_THAT(times(), ::testing::ElementsAre(0, 20, 40, 60, 80, 100));
  for (size_t i = 0; i < wire.sent.size(); ++i) {
    EXPECT_LE(wire.sent[i].second.size(), 72u);
    EXPECT_EQ(wire.sent[i].second, wire.sent[i - i % 2].second);
  }
}

TEST_F(T38EndpointTest, RepeatsNothingToAPeerThatPutUsOnHold) {
  endpoint().on_ifp(kNoSignalIfp, 3);
  run(2);
  const size_t before = wire.sent.size();
  settings.remote = SocketAddress::parse("0.0.0.0", 4000).value();
  endpoint().change(settings);
  run(20);

  EXPECT_EQ(wire.sent.size(), before);
}

TEST_F(T38EndpointTest, WhatThePeerDoesNotTakeAtOnceIsSentInPieces) {
  settings.remote_params.max_ifp = 40;
  settings.remote_params.error_correction = ErrorCorrection::None;
  endpoint().on_ifp(page_data(300), 2);

  ASSERT_EQ(wire.sent.size(), 10u) << "nine pieces, the last one twice";
  size_t octets = 0;
  for (size_t i = 0; i < 9; ++i) {
    EXPECT_LE(wire.sent[i].second.size(), 2u + 1 + 40 + 2);
    octets += wire.sent[i].second.size() - (2 + 1 + 5 + 2);
  }
  EXPECT_EQ(octets, 300u);
  EXPECT_EQ(wire.sent[8].second, wire.sent[9].second);
}

TEST_F(T38EndpointTest, ADatagramOfThePeerIsNeverTooSmallForItsIfp) {
  settings.remote_params.max_datagram = 150;
  endpoint().on_ifp(page_data(1000), 1);

  ASSERT_GE(wire.sent.size(), 7u);
  for (const auto& [at, datagram] : wire.sent) EXPECT_LE(datagram.size(), 150u);
}

TEST_F(T38EndpointTest, WhatCannotBeSentAtAllIsCounted) {
  endpoint().on_ifp(Bytes(401, 0xFF), 1);

  EXPECT_TRUE(wire.sent.empty());
  EXPECT_EQ(counters.get("media.udptl.too_long").value(), 1u);
  EXPECT_EQ(endpoint().stats().too_long, 1u);
}

TEST_F(T38EndpointTest, WhatIsSentThoughThePeerTellsLessIsCounted) {
  settings.remote_params.max_datagram = 5;  // less than any IFP of data needs
  endpoint().on_ifp(page_data(1), 1);

  ASSERT_FALSE(wire.sent.empty());
  EXPECT_GT(wire.sent[0].second.size(), 5u);
  EXPECT_EQ(counters.get("media.udptl.oversize").value(), wire.sent.size());
  EXPECT_EQ(endpoint().stats().oversize, wire.sent.size());
}

TEST_F(T38EndpointTest, TakesADatagramOfTheSizeThatWasDeclared) {
  settings.local.max_datagram = 1400;
  endpoint();
  const Bytes ifp = page_data(1400 - 6 - 5);
  Bytes datagram{0, 1, static_cast<uint8_t>(0x80 | ifp.size() >> 8), static_cast<uint8_t>(ifp.size())};
  datagram.insert(datagram.end(), ifp.begin(), ifp.end());
  datagram.insert(datagram.end(), {0, 0});
  ASSERT_EQ(datagram.size(), 1400u);

  endpoint().on_media(CameIn(datagram, settings.remote, clock.now()));

  EXPECT_EQ(endpoint().stats().packets_received, 2u);
  EXPECT_EQ(counters.get("media.udptl.malformed").value(), 0u);
}

TEST_F(T38EndpointTest, SendsNoCopiesOfWhatTheNextDatagramRepeats) {
  endpoint().on_ifp(kNoSignalIfp, 3);
  endpoint().on_ifp(kNoSignalIfp, 1);
  run(100);

  EXPECT_THAT(times(), ::testing::ElementsAre(0, 0));
}

TEST_F(T38EndpointTest, SendsCopiesAtOnceWhereNoLaterDatagramRepeats) {
  settings.remote_params.error_correction = ErrorCorrection::None;

  endpoint().on_ifp(kNoSignalIfp, 3);
  run(100);

  EXPECT_THAT(times(), ::testing::ElementsAre(0, 0, 0));
}

}  // namespace
}  // namespace sg::media
