#include "tdm/cesop/backend.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "base/event_loop.h"
#include "base/unique_fd.h"
#include "tdm/cesop/packet.h"
#include "tests/unit/tdm/conformance.h"

namespace sg::tdm::cesop {
namespace {

// A port that was free a moment ago.
SocketAddress free_address(const char* host) {
  auto address = SocketAddress::parse(host, 0).value();
  UniqueFd socket(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(socket.get(), address.raw(), address.raw_size()), 0);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  return SocketAddress::from(bound);
}

// An exchange and a subscriber on real sockets, with two threads of their own; alarms are heard on this one.
struct CesopEnds : tdm::Backend::Listener {
  explicit CesopEnds(SpanType type = SpanType::E1, bool rtp = false, const char* host = "127.0.0.1") {
    given = {.number = 1, .type = type, .clock = ClockSource::Given, .rtp_header = rtp};
    recovered = {.number = 7, .type = type, .clock = ClockSource::Recovered, .rtp_header = rtp};
    // Other tests look for free ports too, and may be faster.
    for (int attempt = 1; !start(host); ++attempt) {
      if (attempt == 20) throw std::runtime_error("no two free ports");
    }
    EXPECT_TRUE(wait_until([this] { return alarms(*exchange) == kNoAlarm && alarms(*subscriber) == kNoAlarm; }));
  }

  bool start(const char* host) {
    given.local = recovered.remote = free_address(host);
    recovered.local = given.remote = free_address(host);
    auto one = make_backend({given}, loop, counters), other = make_backend({recovered}, loop, counters);
    if (!one || !other) return false;
    exchange = std::move(*one);
    subscriber = std::move(*other);
    subscriber->set_listener(this);
    return true;
  }
  void start_subscriber() {
    subscriber = make_backend({recovered}, loop, counters).value();
    subscriber->set_listener(this);
  }
  void on_alarms_changed(uint16_t, AlarmSet set) override { told = set; }
  static AlarmSet alarms(Backend& backend) { return backend.status()[0].alarms; }
  static uint64_t count(Backend& backend, std::string_view name) {
    auto status = backend.status()[0];
    for (auto& [counter, value] : status.counters) {
      if (counter == name) return value;
    }
    ADD_FAILURE() << "no counter " << name;
    return 0;
  }

  tdm::Backend& near() { return *subscriber; }
  tdm::Backend& far() { return *exchange; }
  uint16_t near_span() { return 7; }
  uint16_t far_span() { return 1; }
  bool wait_until(const std::function<bool()>& condition) {
    auto deadline = loop.now() + 20s;
    while (!condition()) {
      if (loop.now() > deadline) return false;
      loop.step(2ms);
    }
    return true;
  }

  EventLoop loop;
  Counters counters;
  SpanConfig given, recovered;
  std::unique_ptr<Backend> exchange, subscriber;
  AlarmSet told = kNoAlarm;
};

struct T1Ends : CesopEnds {
  T1Ends() : CesopEnds(SpanType::T1) {}
};
struct RtpOverIpv6Ends : CesopEnds {
  RtpOverIpv6Ends() : CesopEnds(SpanType::E1, true, "::1") {}
};
using Kinds = testing::Types<CesopEnds, T1Ends, RtpOverIpv6Ends>;

TEST(CesopBackend, AStoppedPeerIsRedAndAlarmsGoWhenItComesBack) {
  CesopEnds ends;

  ends.exchange->stop_sending(1, true);
  EXPECT_TRUE(ends.wait_until([&] { return ends.told == kAlarmRed; }));
  EXPECT_TRUE(ends.wait_until([&] { return ends.alarms(*ends.exchange) == kAlarmYellow; }));
  ends.exchange->stop_sending(1, false);

  EXPECT_TRUE(ends.wait_until([&] { return ends.told == kNoAlarm && ends.alarms(*ends.exchange) == kNoAlarm; }));
}

TEST(CesopBackend, AisIsBlueAndRaiIsYellowAtThePeer) {
  CesopEnds ends;

  ends.exchange->send_ais(1, true);
  EXPECT_TRUE(ends.wait_until([&] { return ends.told == kAlarmBlue; }));
  EXPECT_TRUE(ends.wait_until([&] { return ends.alarms(*ends.exchange) == kAlarmYellow; }));
  ends.exchange->send_ais(1, false);
  EXPECT_TRUE(ends.wait_until([&] { return ends.told == kNoAlarm; }));
  ends.exchange->send_rai(1, true);

  EXPECT_TRUE(ends.wait_until([&] { return ends.told == kAlarmYellow; }));
}

TEST(CesopBackend, APeerThatStartsAnewIsFollowed) {
  CesopEnds ends;

  ends.subscriber.reset();
  EXPECT_TRUE(ends.wait_until([&] { return ends.alarms(*ends.exchange) == kAlarmRed; }));
  ends.start_subscriber();

  EXPECT_TRUE(ends.wait_until([&] { return ends.alarms(*ends.exchange) == kNoAlarm && ends.told == kNoAlarm; }));
}

TEST(CesopBackend, TicksGoOnWhenThePeerIsGone) {
  CesopEnds ends;
  ends.exchange.reset();
  ASSERT_TRUE(ends.wait_until([&] { return ends.told == kAlarmRed; }));

  auto bearer = ends.subscriber->open_bearer({7, 1}, {}).value();
  Bytes block(bearer->block_octets());

  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ends.wait_until([&] { return bearer->read(block).value(); }));
}

TEST(CesopBackend, DatagramsOfStrangersAndRubbishAreCountedAndDropped) {
  CesopEnds ends;
  UniqueFd stranger(::socket(AF_INET, SOCK_DGRAM, 0));

  auto& target = ends.recovered.local;
  ASSERT_EQ(::sendto(stranger.get(), "hello", 5, 0, target.raw(), target.raw_size()), 5);

  EXPECT_TRUE(ends.wait_until([&] { return ends.count(*ends.subscriber, "foreign") == 1; }));
  EXPECT_TRUE(ends.wait_until([&] { return ends.counters.get("cesop.foreign").value() == 1; }));
}

// From the peer's own address, mixed with its packets: what is none is counted and dropped, and nothing else happens.
TEST(CesopBackend, MalformedDatagramsOfThePeerAreCountedAndTheSpanStaysUp) {
  CesopEnds ends;
  ends.exchange.reset();
  UniqueFd peer(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  auto& from = ends.given.local;
  auto& to = ends.recovered.local;
  ASSERT_EQ(::bind(peer.get(), from.raw(), from.raw_size()), 0);
  std::vector<Bytes> kinds{{}, {0}, Bytes(3), Bytes(4), Bytes(1243), Bytes(1245), Bytes(1472, 0xFF), Bytes(9000)};
  uint64_t malformed = 0;
  uint16_t sequence = 0;
  auto good = [&] {
    Bytes payload(1240, 0xD5), datagram(1244);
    Packet packet;
    packet.sequence = sequence++;
    packet.payload = payload;
    return ::sendto(peer.get(), packet.serialise(datagram).data(), datagram.size(), 0, to.raw(), to.raw_size());
  };
  ends.told = kAlarmRed;
  ASSERT_TRUE(ends.wait_until([&] { return good() == 1244 && ends.alarms(*ends.subscriber) == kNoAlarm; }));

  for (int round = 0; round < 20; ++round) {
    for (const Bytes& kind : kinds) {
      ASSERT_EQ(good(), 1244);
      ASSERT_EQ(::sendto(peer.get(), kind.data(), kind.size(), 0, to.raw(), to.raw_size()),
                static_cast<ssize_t>(kind.size()));
      ++malformed;
    }
    ASSERT_TRUE(ends.wait_until([&] { return ends.count(*ends.subscriber, "malformed") == malformed; }));
  }

  EXPECT_EQ(ends.alarms(*ends.subscriber), kNoAlarm);
  EXPECT_EQ(ends.count(*ends.subscriber, "foreign"), 0u);
  EXPECT_EQ(ends.count(*ends.subscriber, "lost"), 0u);
}

TEST(CesopBackend, ACutDChannelLosesFramesBothWays) {
  CesopEnds ends;
  auto near = ends.subscriber->open_dchannel({7, 16}).value(), far = ends.exchange->open_dchannel({1, 16}).value();
  Bytes frame(8, 0x55), buffer(DChannel::kMaxFrame);
  // Whatever the sender has sent by now has arrived some packets later.
  auto let_pass = [&] {
    for (auto* end : {ends.exchange.get(), ends.subscriber.get()}) {
      auto sent = ends.count(*end, "sent");
      ASSERT_TRUE(ends.wait_until([&] { return ends.count(*end, "sent") > sent + 3; }));
    }
  };
  for (auto [writer, reader] : {std::pair{far.get(), near.get()}, std::pair{near.get(), far.get()}}) {
    const auto sent = writer->stats().frames_sent;
    ASSERT_TRUE(writer->write(frame));
    ASSERT_TRUE(ends.wait_until([&] { return reader->read(buffer).value() == frame.size(); }));

    ends.exchange->cut_dchannel(1, true);
    let_pass();
    ASSERT_TRUE(writer->write(frame));
    ASSERT_TRUE(ends.wait_until([&] { return writer->stats().frames_sent == sent + 2; }));

    // A frame that went out for nothing must not be on its way still when the line is mended.
    let_pass();
    ends.exchange->cut_dchannel(1, false);
    // The receiver needs a flag before the next frame.
    let_pass();
    ASSERT_TRUE(writer->write(Bytes(9, 0x66)));

    ASSERT_TRUE(ends.wait_until([&] { return conformance::is_readable(reader->fd()); }));
    EXPECT_EQ(reader->read(buffer).value(), 9u);
  }
}

TEST(CesopBackend, BitErrorsOnTheDChannelAreBadFrames) {
  CesopEnds ends;
  auto near = ends.subscriber->open_dchannel({7, 16}).value(), far = ends.exchange->open_dchannel({1, 16}).value();
  ends.exchange->set_bit_error_rate(1, 16, 0.02);

  EXPECT_TRUE(ends.wait_until([&] {
    (void)far->write(Bytes(100, 0x55));
    return near->stats().bad_fcs > 0;
  }));
}

TEST(CesopBackend, BearersOfAGroupTickTogether) {
  CesopEnds ends;
  auto one = ends.near().open_bearer({7, 1}, {.group = 3}).value(),
       two = ends.near().open_bearer({7, 2}, {.group = 3}).value();
  Bytes block(160);

  EXPECT_EQ(&one->ticks(), &two->ticks());
  // From the second tick on (the first may fall between the two openings) whoever finds one ready finds the other.
  ASSERT_TRUE(ends.wait_until([&] { return one->read(block).value() && two->read(block).value(); }));
}

TEST(CesopBackend, ABusyPortIsOneClearError) {
  CesopEnds ends;

  auto second = make_backend({ends.given}, ends.loop, ends.counters);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "span 1: cannot bind " + ends.given.local.to_string() + ": Address already in use");
}

TEST(CesopBackend, RefusesConfigurationsThatMakeNoSense) {
  EventLoop loop;
  Counters counters;
  SpanConfig good;
  good.local = free_address("127.0.0.1");
  good.remote = free_address("127.0.0.1");
  auto refused = [&](auto change) {
    SpanConfig bad = good;
    change(bad);
    return !make_backend({bad}, loop, counters);
  };

  EXPECT_TRUE(refused([](SpanConfig& c) { c.type = SpanType::Bri; }));
  EXPECT_TRUE(refused([](SpanConfig& c) { c.frames_per_packet = 0; }));
  EXPECT_TRUE(refused([](SpanConfig& c) { c.frames_per_packet = 48; }));
  EXPECT_TRUE(refused([](SpanConfig& c) { c.remote = SocketAddress(); }));
  EXPECT_TRUE(refused([](SpanConfig& c) { c.remote = SocketAddress::parse("::1", 7).value(); }));
  EXPECT_TRUE(refused([](SpanConfig& c) { c.playout_packets = 1000; }));
  EXPECT_FALSE(make_backend({good, good}, loop, counters));
  EXPECT_TRUE(make_backend({good}, loop, counters));
}

TEST(CesopBackend, WhatIsOpenFailsWhenTheBackendIsGone) {
  CesopEnds ends;
  auto bearer = ends.subscriber->open_bearer({7, 1}, {}).value();
  auto channel = ends.subscriber->open_dchannel({7, 16}).value();

  ends.subscriber.reset();

  Bytes block(160);
  EXPECT_TRUE(conformance::is_readable(bearer->ticks().fd()));
  EXPECT_TRUE(conformance::is_readable(channel->fd()));
  EXPECT_FALSE(bearer->read(block));
  EXPECT_FALSE(channel->read(block));
}

}  // namespace
}  // namespace sg::tdm::cesop

namespace sg::tdm::conformance {
INSTANTIATE_TYPED_TEST_SUITE_P(Cesop, BackendConformance, cesop::Kinds);
INSTANTIATE_TYPED_TEST_SUITE_P(Cesop, BearerConformance, cesop::Kinds);
INSTANTIATE_TYPED_TEST_SUITE_P(Cesop, DChannelConformance, cesop::Kinds);
}  // namespace sg::tdm::conformance
