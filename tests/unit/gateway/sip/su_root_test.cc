#include "gateway/sip/su_root.h"

#include <gtest/gtest.h>
#include <sofia-sip/su_wait.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <ctime>
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

// A step asks the kernel twice at most. A root that will not wait for the last part of a millisecond takes dozens of
// them to each timer.
TEST(SuRoot, SleepsUntilSofiasNextTimerIsDue) {
  constexpr int kTimes = 20;
  SuRoot root;
  int fired = 0, steps = 0;
  su_timer_t* timer = ::su_timer_create(::su_root_task(root.handle()), 7);
  auto count = [](su_root_magic_t*, su_timer_t*, su_timer_arg_t* times) { ++*reinterpret_cast<int*>(times); };
  ::su_timer_set_for_ever(timer, count, reinterpret_cast<su_timer_arg_t*>(&fired));

  for (; fired < kTimes; ++steps) root.step(1h);

  EXPECT_LE(steps, 2 * kTimes);
  ::su_timer_destroy(timer);
}

TEST(SuRoot, HasSofiaGoByTheSteadyClockInWholeMilliseconds) {
  SuRoot root;
  auto before = root.now();
  su_time_t first = ::su_now();

  std::this_thread::sleep_for(5ms);

  su_time_t second = ::su_now();
  auto passed = std::chrono::milliseconds(::su_duration(second, first));
  EXPECT_GE(passed, 4ms);
  EXPECT_LE(passed, root.now() - before + 1ms);
  EXPECT_EQ(first.tv_usec % 1000, 0u);
  EXPECT_NEAR(static_cast<double>(first.tv_sec - SU_TIME_EPOCH), static_cast<double>(::time(nullptr)), 2.0);
}

}  // namespace
}  // namespace sg::sip
