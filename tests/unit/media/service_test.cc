#include "media/service.h"

#include <dirent.h>

#include <algorithm>

#include "media/rtp/packet.h"
#include "tests/unit/media/service_fixture.h"

namespace sg::media {
namespace {

size_t open_files() {
  DIR* directory = ::opendir("/proc/self/fd");
  size_t count = 0;
  while (::readdir(directory)) ++count;
  ::closedir(directory);
  return count;
}

class ServiceTest : public ServiceFixture {};

TEST_F(ServiceTest, PortsArePairsWithAnEvenFirst) {
  SessionId session = service().open({});

  auto local = service().add_ip(session, Side::A, "127.0.0.1");

  ASSERT_TRUE(local);
  EXPECT_EQ(local->port() % 2, 0);
  EXPECT_GE(local->port(), config.first_port);
  EXPECT_LE(local->port() + 1, config.last_port);
}

TEST_F(ServiceTest, ExhaustedPortRangeIsAnErrorThatNamesTheRange) {
  config.first_port = 29000;
  config.last_port = 29005;
  SessionId session = service().open({});
  for (int i = 0; i < 3; ++i) {
    SessionId other = service().open({});
    ASSERT_TRUE(service().add_ip(other, Side::A, "127.0.0.1"));
  }

  auto local = service().add_ip(session, Side::A, "127.0.0.1");

  ASSERT_FALSE(local);
  EXPECT_NE(local.error().message.find("29000 to 29005"), std::string::npos) << local.error().message;
}

TEST_F(ServiceTest, BusyPortIsSkipped) {
  config.first_port = 29010;
  config.last_port = 29013;
  PortRange first_two(29010, 29011);
  auto busy = first_two.bind("127.0.0.1");
  ASSERT_TRUE(busy);
  SessionId session = service().open({});

  auto local = service().add_ip(session, Side::A, "127.0.0.1");

  ASSERT_TRUE(local);
  EXPECT_EQ(local->port(), 29012);
}

TEST_F(ServiceTest, AddressThatIsNotOursIsAnError) {
  SessionId session = service().open({});

  EXPECT_FALSE(service().add_ip(session, Side::A, "192.0.2.1"));
  EXPECT_FALSE(service().add_ip(session, Side::A, "nonsense"));
}

TEST_F(ServiceTest, SessionThatIsGoneGetsNoPort) {
  SessionId session = service().open({});
  close(session);

  EXPECT_FALSE(service().add_ip(session, Side::A, "127.0.0.1"));
}

TEST_F(ServiceTest, TimeslotThatCannotBeOpenedIsToldWithItsReason) {
  SessionId session = service().open({});
  auto occupied = span().a().open_bearer({1, 5}, {});
  ASSERT_TRUE(occupied);

  service().add_bearer(session, Side::B, {1, 5});
  service().add_bearer(session, Side::A, {9, 1});

  ASSERT_TRUE(until([&] { return heard<SideFailed>().size() == 2; }));
  EXPECT_NE(heard<SideFailed>()[0].message.find("1/5"), std::string::npos);
  EXPECT_NE(heard<SideFailed>()[1].message.find("no span 9"), std::string::npos);
}

TEST_F(ServiceTest, ATimeslotThatAnotherSessionStillHasIsWaitedFor) {
  config.workers = 2;
  SessionId ending = service().open({});
  SessionId next = service().open({});
  service().add_bearer(ending, Side::B, {1, 5});
  settle(ending);

  service().add_bearer(next, Side::B, {1, 5});
  settle(next);
  span().advance_octets(3 * kBlock);
  EXPECT_EQ(settle(next).side[1].bearer.read_overruns, 0u);
  service().remove_bearer(ending, Side::B);

  // Only an open bearer has queues that overrun when its worker is held up; ticks show it too: the clock is back.
  auto far = far_end(5);
  Bytes sent(kBlock, 0x55), heard_block(kBlock);
  service().add_bearer(next, Side::A, {1, 6});
  service().set_bridging(next, Bridging::Both);
  auto joined = far_end(6);
  ASSERT_TRUE(until([&] {
    (void)far->write(sent);
    step(next);
    while (joined->read(heard_block).value()) {
      if (heard_block == sent) return true;
    }
    while (far->read(heard_block).value()) {
    }
    return false;
  }));
  EXPECT_TRUE(heard<SideFailed>().empty());
}

TEST_F(ServiceTest, ClosedSessionsLeaveNoFileOpenAndNoTimeslotTaken) {
  config.workers = 2;
  UdpPeer peer;
  service();
  auto run = [&](int calls) {
    std::vector<SessionId> sessions;
    for (int i = 0; i < calls; ++i) {
      SessionId session = service().open({});
      ASSERT_TRUE(service().add_ip(session, Side::A, "127.0.0.1"));
      RtpSettings settings;
      settings.remote = peer.address();
      service().use_rtp(session, Side::A, settings);
      service().add_bearer(session, Side::B, {1, static_cast<uint8_t>(i + 1)});
      sessions.push_back(session);
    }
    span().advance_octets(3 * kBlock);
    for (SessionId session : sessions) close(session);
  };
  run(30);  // the span's tick sources stay
  size_t before = open_files();

  run(30);

  EXPECT_EQ(open_files(), before);
  EXPECT_EQ(service().snapshot().sessions, 0u);
  EXPECT_TRUE(heard<SideFailed>().empty());
}

TEST_F(ServiceTest, SessionsStillOpenAreClosedWithTheService) {
  size_t before = open_files();
  {
    EventLoop own_loop;
    tdm::SpanPair own_span(own_loop);
    auto own =
        make_service({.workers = 3, .first_port = 30000, .last_port = 39999}, own_loop, {{1, &own_span.a()}}, counters)
            .value();
    for (int i = 0; i < 9; ++i) {
      SessionId session = own->open({});
      ASSERT_TRUE(own->add_ip(session, Side::A, "127.0.0.1"));
      own->add_bearer(session, Side::B, {1, static_cast<uint8_t>(i + 1)});
    }
    EXPECT_EQ(own->snapshot().workers, 3u);
    EXPECT_EQ(own->snapshot().sessions, 9u);
  }

  EXPECT_EQ(open_files(), before);
}

TEST_F(ServiceTest, FiguresOfASessionThatIsGoneAreEmpty) {
  SessionId session = service().open({});
  close(session);
  bool answered = false;

  service().ask_stats(session, [&](std::optional<SessionStats> stats) {
    answered = true;
    EXPECT_FALSE(stats);
  });

  EXPECT_TRUE(until([&] { return answered; }));
}

TEST_F(ServiceTest, BlocksThatMakeNoSenseAreRefused) {
  EXPECT_FALSE(make_service({.block_octets = 0}, loop, {}, counters));
  EXPECT_FALSE(make_service({.block_octets = 100000}, loop, {}, counters));
}

TEST_F(ServiceTest, TwoTimeslotsAreJoinedOctetForOctet) {
  auto far_a = far_end(1), far_b = far_end(2);
  SessionId session = service().open({});
  service().add_bearer(session, Side::A, {1, 1});
  service().add_bearer(session, Side::B, {1, 2});
  service().set_bridging(session, Bridging::Both);
  settle(session);
  Bytes said, heard_there;

  for (size_t i = 0; i < 30; ++i) {
    Bytes block(kBlock);
    for (size_t n = 0; n < kBlock; ++n) block[n] = static_cast<uint8_t>(i * 13 + n);
    if (i < 20) said.insert(said.end(), block.begin(), block.end());
    ASSERT_TRUE(far_a->write(block).value());
    step(session);
    ASSERT_TRUE(far_b->read(block).value());
    heard_there.insert(heard_there.end(), block.begin(), block.end());
    ASSERT_TRUE(far_a->read(block).value());
  }

  EXPECT_FALSE(std::ranges::search(heard_there, said).empty());
}

TEST_F(ServiceTest, TwoSipPeersAreJoinedByTheTimerOnEitherIpVersion) {
  UdpPeer four, six("::1");
  SessionId session = service().open({});
  auto local_four = service().add_ip(session, Side::A, "127.0.0.1").value();
  auto local_six = service().add_ip(session, Side::B, "::1").value();
  EXPECT_TRUE(local_six.is_ipv6());
  RtpSettings settings;
  settings.remote = four.address();
  service().use_rtp(session, Side::A, settings);
  settings.remote = six.address();
  service().use_rtp(session, Side::B, settings);
  service().set_profile(session, Profile::Fax);
  service().set_bridging(session, Bridging::Both);
  settle(session);

  // Each peer answers every packet that it hears, silence at first, with one of its own octet.
  struct Talker {
    UdpPeer& peer;
    SocketAddress gateway;
    uint8_t says;
    uint8_t wants;
    uint16_t sequence = 0;
    bool has_heard = false;

    void answer() {
      for (const Bytes& datagram : peer.receive()) {
        has_heard = has_heard || (datagram.size() == rtp::kHeaderOctets + kBlock && datagram.back() == wants);
        Bytes reply(rtp::kHeaderOctets + kBlock, says);
        rtp::write_header({.payload_type = 8, .sequence = sequence, .timestamp = sequence * 160u, .ssrc = says},
                          std::span(reply).first<rtp::kHeaderOctets>());
        ++sequence;
        peer.send(gateway, reply);
      }
    }
  };
  Talker talker_four{four, local_four, 0x44, 0x66}, talker_six{six, local_six, 0x66, 0x44};
  EXPECT_TRUE(until([&] {
    talker_four.answer();
    talker_six.answer();
    return talker_four.has_heard && talker_six.has_heard;
  })) << "four "
      << talker_four.has_heard << " six " << talker_six.has_heard;
}

TEST_F(ServiceTest, TwoWhoSayNothingRestUntilOneSpeaks) {
  UdpPeer a, b;
  SessionId session = service().open({});
  const auto to_a = service().add_ip(session, Side::A, "127.0.0.1").value();
  service().add_ip(session, Side::B, "127.0.0.1").value();
  RtpSettings settings;
  settings.remote = a.address();
  service().use_rtp(session, Side::A, settings);
  settings.remote = b.address();
  service().use_rtp(session, Side::B, settings);
  service().set_bridging(session, Bridging::Both);
  for (uint64_t rests : {1, 2}) {
    ASSERT_TRUE(until([&] { return value_of(counters, "media.sessions_rested") == rests; }));
    settle(session);
    b.receive();

    Bytes said(rtp::kHeaderOctets + kBlock, 0x44);
    rtp::write_header({.payload_type = 8, .sequence = static_cast<uint16_t>(rests), .timestamp = 8000u, .ssrc = 7},
                      std::span(said).first<rtp::kHeaderOctets>());
    a.send(to_a, said);

    EXPECT_TRUE(until([&] {
      const auto heard = b.receive();
      return std::ranges::any_of(heard, [&](const Bytes& one) { return one.back() == 0x44; });
    }));
  }
  EXPECT_TRUE(until([&] { return value_of(counters, "media.sessions_rested") == 3; }));
  close(session);
}

}  // namespace
}  // namespace sg::media
