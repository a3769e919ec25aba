#include "media/datagrams.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "media/port_pair.h"

namespace sg::media {
namespace {

constexpr uint8_t kSome[] = {1, 2, 3};
constexpr SessionId kSession{7};

using Comes = DatagramIo::Comes;

// Before the octets, and behind them.
void fill_room(RoomySpan octets, uint8_t with) {
  const auto all = octets.with_room();
  std::ranges::fill(all.first(kHeadRoom), with);
  std::ranges::fill(all.last(kTailRoom), with);
}

// What protects a datagram is put around it, and taken off, in place; with AddressSanitizer these tests know where.
TEST(DatagramRoom, IsAroundEachThatCame) {
  PortRange ports(30000, 39999);
  const PortPair socket = ports.bind("127.0.0.1").value();
  for (size_t i = 0; i < UdpIo::kDatagrams; ++i) {
    const Bytes octets(i == 0 ? UdpIo::kOctets : 3, static_cast<uint8_t>(i));
    ASSERT_TRUE(send_datagram(socket.control.get(), socket.local, octets));
  }
  UdpIo batch;

  const auto came = batch.receive(socket.media.get());
  ASSERT_EQ(came.size(), UdpIo::kDatagrams);
  for (const Datagram& one : came) fill_room(one.data, 0xEE);

  for (size_t i = 0; i < came.size(); ++i) {
    EXPECT_EQ(came[i].data.size(), i == 0 ? UdpIo::kOctets : 3);
    for (uint8_t octet : came[i].data) ASSERT_EQ(octet, i);
  }
  came[1].data[0] = 0xEE;
  EXPECT_EQ(came[1].data.with_room()[kHeadRoom], 0xEE) << "they may be changed themselves";
}

TEST(DatagramRoom, IsAroundEachThatGoesOut) {
  static_assert(!std::is_convertible_v<std::span<uint8_t>, RoomySpan>, "what SidePorts sends is from such a buffer");
  auto buffer = std::make_unique<DatagramBuffer<3>>();
  std::ranges::copy(kSome, buffer->octets().begin());

  for (size_t octets = 0; octets <= 3; ++octets) {
    const RoomySpan datagram = buffer->first(octets);
    EXPECT_EQ(datagram.with_room().size(), kHeadRoom + octets + kTailRoom);
    std::ranges::fill(datagram.with_room(), uint8_t{0});
    fill_room(datagram, 0xEE);
    EXPECT_TRUE(std::ranges::equal(datagram, std::span(buffer->octets()).first(octets)));
  }
}

struct SocketOfT38 : testing::Test {
  SocketOfT38() { batch.adopt(fd(), Comes::NowAndThen, kSession); }
  ~SocketOfT38() override { batch.let_go(fd()); }
  int fd() const { return socket.media.get(); }
  void come(size_t datagrams = 1) {
    for (size_t i = 0; i < datagrams; ++i) ASSERT_TRUE(send_datagram(socket.control.get(), socket.local, kSome));
  }
  void wake_up() { batch.synchronise(std::chrono::steady_clock::now()); }
  size_t receive() { return batch.receive(fd()).size(); }

  PortRange ports{30000, 39999};
  PortPair socket = ports.bind("127.0.0.1").value();
  UdpIo batch;
};

TEST_F(SocketOfT38, GivesWhatCameBeforeTheWakeUp) {
  EXPECT_EQ(receive(), 0u);
  come(2);

  wake_up();

  EXPECT_EQ(receive(), 2u);
  EXPECT_EQ(receive(), 0u);
}

TEST_F(SocketOfT38, IsNotAskedForWhatCameAfterTheWakeUp) {
  EXPECT_EQ(receive(), 0u);
  wake_up();
  come();

  EXPECT_EQ(receive(), 0u);

  wake_up();
  EXPECT_EQ(receive(), 1u);
}

TEST_F(SocketOfT38, GivesWhatWaitedWhenItWasAdopted) {
  batch.let_go(fd());
  come();

  batch.adopt(fd(), Comes::NowAndThen, kSession);

  EXPECT_EQ(receive(), 1u);
}

// The kernel tells of an arrival once; what was left is not forgotten.
TEST_F(SocketOfT38, GivesTheRestOfAFloodAtLaterWakeUps) {
  EXPECT_EQ(receive(), 0u);
  come(2 * UdpIo::kDatagrams + 1);
  for (size_t expected : {UdpIo::kDatagrams, UdpIo::kDatagrams, size_t{1}, size_t{0}}) {
    wake_up();

    EXPECT_EQ(receive(), expected);
  }
}

TEST_F(SocketOfT38, IsAskedEachTimeOnceItIsLetGo) {
  EXPECT_EQ(receive(), 0u);
  batch.let_go(fd());
  come();

  EXPECT_EQ(receive(), 1u);
}

// A file descriptor is given out again, to a socket that nobody adopts.
TEST_F(SocketOfT38, LeavesNothingBehindForTheNextOneOfItsNumber) {
  EXPECT_EQ(receive(), 0u);
  const int number = fd();
  batch.let_go(number);
  socket = {};
  socket = ports.bind("127.0.0.1").value();
  ASSERT_EQ(fd(), number);
  come();

  EXPECT_EQ(receive(), 1u);
}

TEST_F(SocketOfT38, IsFoundAmongMoreThanOneLookAtTheKernelTells) {
  std::vector<PortPair> others;
  while (others.size() < 100) {
    others.push_back(ports.bind("127.0.0.1").value());
    const auto& other = others.back();
    batch.adopt(other.media.get(), Comes::NowAndThen, kSession);
    EXPECT_TRUE(batch.receive(other.media.get()).empty());
    ASSERT_TRUE(send_datagram(other.control.get(), other.local, kSome));
  }

  wake_up();

  for (const PortPair& other : others) {
    EXPECT_EQ(batch.receive(other.media.get()).size(), 1u);
    batch.let_go(other.media.get());
  }
}

struct SocketAtRest : SocketOfT38 {
  SocketAtRest() { batch.adopt(fd(), Comes::Hardly, kSession); }
  size_t told() {
    wake_up();
    EXPECT_TRUE(std::ranges::all_of(batch.came_for(), [](SessionId who) { return who == kSession; }));
    return batch.came_for().size();
  }
};

TEST_F(SocketAtRest, TellsItsSessionOnceThatSomethingCame) {
  EXPECT_EQ(told(), 0u);
  come(2);

  EXPECT_EQ(told(), 1u);

  EXPECT_EQ(told(), 0u);
  EXPECT_EQ(receive(), 2u);
}

TEST_F(SocketAtRest, TellsOfWhatWaitedWhenItBegan) {
  batch.let_go(fd());
  come();

  batch.adopt(fd(), Comes::Hardly, kSession);

  EXPECT_EQ(told(), 1u);
}

TEST_F(SocketAtRest, TellsNothingOnceItHasWoken) {
  batch.adopt(fd(), Comes::EachTick, kSession);
  come();

  EXPECT_EQ(told(), 0u);
  EXPECT_EQ(receive(), 1u);
}

// A socket that has sent to its peer for long.
struct SocketWithTwin : testing::TestWithParam<std::tuple<Comes, const char*>> {
  SocketWithTwin() {
    batch.adopt(fd(), use(), kSession);
    send_run(peer.local);
  }
  ~SocketWithTwin() override { batch.let_go(fd()); }
  Comes use() const { return std::get<0>(GetParam()); }
  const char* host() const { return std::get<1>(GetParam()); }
  int fd() const { return socket.media.get(); }

  void send_run(const SocketAddress& to) {
    for (int i = 0; i < UdpIo::kRun; ++i) ASSERT_TRUE(batch.send(fd(), to, kSome));
  }
  // The sources of what came since the last time.
  std::vector<SocketAddress> receive() {
    batch.synchronise(std::chrono::steady_clock::now());
    std::vector<SocketAddress> sources;
    for (const Datagram& datagram : batch.receive(fd())) sources.push_back(datagram.source);
    return sources;
  }
  // UDP sockets of this machine on the port, by the kernel's table of them: "  12: 0100007F:7531 …".
  int sockets_on_port() const {
    const std::string port = fmt::format(":{:04X}", socket.local.port());
    std::ifstream table(socket.local.is_ipv6() ? "/proc/self/net/udp6" : "/proc/self/net/udp");
    int count = 0;
    for (std::string number, local, rest; table >> number >> local && std::getline(table, rest);) {
      count += local.ends_with(port);
    }
    return count;
  }
  // All that waits in a socket, with its source.
  static std::vector<SocketAddress> drain(const PortPair& ports) {
    UdpIo batch;
    std::vector<SocketAddress> sources;
    for (auto some = batch.receive(ports.media.get()); !some.empty(); some = batch.receive(ports.media.get())) {
      for (const Datagram& datagram : some) sources.push_back(datagram.source);
    }
    return sources;
  }

  PortRange ports{30000, 39999};
  PortPair socket = ports.bind(host()).value();
  PortPair peer = ports.bind(host()).value();
  PortPair stranger = ports.bind(host()).value();
  UdpIo batch;
};

std::string name_of(const testing::TestParamInfo<std::tuple<Comes, const char*>>& which) {
  const auto [use, host] = which.param;
  return fmt::format("{}Over{}", use == Comes::EachTick ? "Rtp" : "T38", std::strchr(host, ':') ? "Ipv6" : "Ipv4");
}
INSTANTIATE_TEST_SUITE_P(Of, SocketWithTwin,
                         testing::Combine(testing::Values(Comes::EachTick, Comes::NowAndThen),
                                          testing::Values("127.0.0.1", "::1")),
                         name_of);

TEST_P(SocketWithTwin, SendsFromTheSamePort) {
  ASSERT_EQ(sockets_on_port(), 2);
  drain(peer);

  ASSERT_TRUE(batch.send(fd(), peer.local, kSome));

  EXPECT_EQ(drain(peer), std::vector{socket.local});
}

TEST_P(SocketWithTwin, HearsThePeerAndEverybodyElse) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(send_datagram(stranger.media.get(), socket.local, kSome));
    ASSERT_TRUE(send_datagram(peer.media.get(), socket.local, kSome));

    EXPECT_EQ(receive(), (std::vector{peer.local, stranger.local}));
    EXPECT_TRUE(receive().empty());
  }
}

TEST_P(SocketWithTwin, HearsThePeerFirstInAFlood) {
  for (size_t i = 0; i < 3 * UdpIo::kDatagrams; ++i) {
    ASSERT_TRUE(send_datagram(stranger.media.get(), socket.local, kSome));
  }
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(send_datagram(peer.media.get(), socket.local, kSome));

    const auto sources = receive();
    EXPECT_EQ(sources.size(), UdpIo::kDatagrams);
    EXPECT_EQ(std::ranges::count(sources, peer.local), 1);
  }
}

TEST_P(SocketWithTwin, SendsElsewhereToo) {
  ASSERT_TRUE(batch.send(fd(), stranger.local, kSome));

  EXPECT_EQ(drain(stranger), std::vector{socket.local});
}

// What the peer sends from where it was is still heard when it moves, and so is all that comes after the twin has
// moved.
TEST_P(SocketWithTwin, FollowsThePeer) {
  PortPair before = std::exchange(peer, ports.bind(host()).value());
  ASSERT_TRUE(batch.send(fd(), peer.local, kSome));
  ASSERT_TRUE(send_datagram(before.media.get(), socket.local, kSome));
  EXPECT_EQ(receive(), std::vector{before.local});

  send_run(peer.local);

  EXPECT_EQ(sockets_on_port(), 2);
  ASSERT_TRUE(send_datagram(before.media.get(), socket.local, kSome));
  ASSERT_TRUE(send_datagram(peer.media.get(), socket.local, kSome));
  EXPECT_EQ(receive(), (std::vector{peer.local, before.local}));
}

// The kernel tells a connected socket that nobody takes what it sends.
TEST_P(SocketWithTwin, GoesOnWhenThePeerIsGoneAndComesBack) {
  const SocketAddress place = peer.local;
  peer = {};
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(batch.send(fd(), place, kSome));
  PortRange only(place.port(), static_cast<uint16_t>(place.port() + 1));
  auto again = only.bind(host());
  if (!again) GTEST_SKIP() << "the port was taken meanwhile: " << again.error().message;
  ASSERT_TRUE(send_datagram(again->media.get(), socket.local, kSome));

  EXPECT_EQ(receive(), std::vector{place});
  EXPECT_TRUE(batch.send(fd(), place, kSome));
  EXPECT_EQ(drain(*again), std::vector{socket.local});
}

// A call goes from RTP to T.38 and back.
TEST_P(SocketWithTwin, LosesNothingWhenItIsUsedForSomethingElse) {
  const Comes other = use() == Comes::EachTick ? Comes::NowAndThen : Comes::EachTick;
  for (Comes now : {other, use()}) {
    ASSERT_TRUE(send_datagram(peer.media.get(), socket.local, kSome));
    ASSERT_TRUE(send_datagram(stranger.media.get(), socket.local, kSome));

    batch.adopt(fd(), now, kSession);

    EXPECT_EQ(receive(), (std::vector{peer.local, stranger.local}));
  }
}

TEST_P(SocketWithTwin, TellsASessionAtRestOfThePeerAndOfEverybodyElse) {
  EXPECT_TRUE(receive().empty());
  batch.adopt(fd(), Comes::Hardly, kSession);
  for (const PortPair* from : {&peer, &stranger}) {
    ASSERT_TRUE(send_datagram(from->media.get(), socket.local, kSome));

    batch.synchronise(std::chrono::steady_clock::now());

    EXPECT_EQ(std::vector(batch.came_for().begin(), batch.came_for().end()), std::vector{kSession});
    EXPECT_EQ(batch.receive(fd()).size(), 1u);
  }
}

TEST_P(SocketWithTwin, LeavesThePortToNobodyElse) {
  PortRange only(socket.local.port(), static_cast<uint16_t>(socket.local.port() + 1));
  EXPECT_FALSE(only.bind(host()));
}

TEST_P(SocketWithTwin, IsAloneAgainOnceItIsLetGo) {
  batch.let_go(fd());

  EXPECT_EQ(sockets_on_port(), 1);
  ASSERT_TRUE(send_datagram(peer.media.get(), socket.local, kSome));
  EXPECT_EQ(receive(), std::vector{peer.local});
}

}  // namespace
}  // namespace sg::media
