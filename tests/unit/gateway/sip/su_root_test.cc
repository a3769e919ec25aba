#include "gateway/sip/su_root.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <thread>

namespace sg::sip {
namespace {

TEST(SuRoot, RunsTimersInTheOrderOfTheirDeadlines) {
  SuRoot root;
  std::string order;
  auto now = root.now();
  root.call_at(now + 20ms, [&] { order += 'b', root.stop(); });
  root.call_at(now + 10ms, [&] { order += 'a'; });
  auto cancelled = root.call_at(now + 5ms, [&] { order += 'x'; });
  root.cancel(cancelled);

  root.run();

  EXPECT_EQ(order, "ab");
  EXPECT_GE(root.now(), now + 20ms);
}

TEST(SuRoot, RunsWhatOtherThreadsPost) {
  SuRoot root;
  int sum = 0;

  std::thread other([&] {
    for (int i = 1; i <= 100; ++i) root.post([&sum, i] { sum += i; });
    root.stop();
  });
  root.run();
  other.join();

  EXPECT_EQ(sum, 5050);
}

TEST(SuRoot, TellsOfReadableDescriptorsUntilTheyAreUnwatched) {
  SuRoot root;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  int readable = 0;
  ASSERT_TRUE(root.watch(ends[0], EPOLLIN, [&](uint32_t events) {
    EXPECT_TRUE(events & EPOLLIN);
    if (++readable == 2) root.unwatch(ends[0]);
  }));
  ASSERT_EQ(::write(ends[1], "x", 1), 1);

  for (int i = 0; i < 10; ++i) root.step(1ms);

  EXPECT_EQ(readable, 2);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace sg::sip
