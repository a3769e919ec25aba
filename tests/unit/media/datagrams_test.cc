#include "media/datagrams.h"

#include <gtest/gtest.h>

#include "media/port_pair.h"

namespace sg::media {
namespace {

constexpr uint8_t kSome[] = {1, 2, 3};

struct WatchedSocket : testing::Test {
  WatchedSocket() { batch.watch(fd()); }
  ~WatchedSocket() override { batch.unwatch(fd()); }
  int fd() const { return socket.media.get(); }
  void come(size_t datagrams = 1) {
    for (size_t i = 0; i < datagrams; ++i) ASSERT_TRUE(send_datagram(socket.control.get(), socket.local, kSome));
  }
  void wake_up() { batch.synchronise(std::chrono::steady_clock::now()); }
  size_t receive() { return batch.receive(fd()).size(); }

  PortRange ports{30000, 39999};
  PortPair socket = ports.bind("127.0.0.1").value();
  DatagramBatch batch;
};

TEST_F(WatchedSocket, GivesWhatCameBeforeTheWakeUp) {
  EXPECT_EQ(receive(), 0u);
  come(2);

  wake_up();

  EXPECT_EQ(receive(), 2u);
  EXPECT_EQ(receive(), 0u);
}

TEST_F(WatchedSocket, IsNotAskedForWhatCameAfterTheWakeUp) {
  EXPECT_EQ(receive(), 0u);
  wake_up();
  come();

  EXPECT_EQ(receive(), 0u);

  wake_up();
  EXPECT_EQ(receive(), 1u);
}

TEST_F(WatchedSocket, GivesWhatWaitedWhenItWasFirstWatched) {
  batch.unwatch(fd());
  come();

  batch.watch(fd());

  EXPECT_EQ(receive(), 1u);
}

// The kernel tells of an arrival once; what was left is not forgotten.
TEST_F(WatchedSocket, GivesTheRestOfAFloodAtLaterWakeUps) {
  EXPECT_EQ(receive(), 0u);
  come(2 * DatagramBatch::kDatagrams + 1);
  for (size_t expected : {DatagramBatch::kDatagrams, DatagramBatch::kDatagrams, size_t{1}, size_t{0}}) {
    wake_up();

    EXPECT_EQ(receive(), expected);
  }
}

TEST_F(WatchedSocket, IsAskedEachTimeOnceItIsWatchedNoMore) {
  EXPECT_EQ(receive(), 0u);
  batch.unwatch(fd());
  come();

  EXPECT_EQ(receive(), 1u);
}

// A file descriptor is given out again, to an RTP port that nobody watches.
TEST_F(WatchedSocket, LeavesNothingBehindForTheNextOneOfItsNumber) {
  EXPECT_EQ(receive(), 0u);
  const int number = fd();
  batch.unwatch(number);
  socket = {};
  socket = ports.bind("127.0.0.1").value();
  ASSERT_EQ(fd(), number);
  come();

  EXPECT_EQ(receive(), 1u);
}

TEST_F(WatchedSocket, IsFoundAmongMoreThanOneLookAtTheKernelTells) {
  std::vector<PortPair> others;
  while (others.size() < 100) {
    others.push_back(ports.bind("127.0.0.1").value());
    const auto& other = others.back();
    batch.watch(other.media.get());
    EXPECT_TRUE(batch.receive(other.media.get()).empty());
    ASSERT_TRUE(send_datagram(other.control.get(), other.local, kSome));
  }

  wake_up();

  for (const PortPair& other : others) {
    EXPECT_EQ(batch.receive(other.media.get()).size(), 1u);
    batch.unwatch(other.media.get());
  }
}

}  // namespace
}  // namespace sg::media
