// The three kinds of loop: timers by deadline, a virtual loop, and the real one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <memory>
#include <thread>
#include <vector>

#include "base/event_loop.h"
#include "base/mailbox.h"
#include "base/manual_reactor.h"
#include "base/timer_queue.h"

namespace sg {
namespace {

using testing::ElementsAre;

// Longer than any of these tests may take on the slowest machine; a test that waits this long has failed.
constexpr Duration kForever = 30s;

UniqueFd readable_fd() {
  return UniqueFd(::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC));
}

TEST(TimerQueue, RunsTimersByDeadlineAndThoseOfOneDeadlineAsArmed) {
  TimerQueue queue;
  TimePoint start{};
  std::vector<int> ran;
  queue.add(start + 2s, [&] { ran.push_back(3); });
  queue.add(start + 1s, [&] { ran.push_back(1); });
  queue.add(start + 1s, [&] { ran.push_back(2); });

  while (queue.run_one(start + 1s)) {
  }

  EXPECT_THAT(ran, ElementsAre(1, 2));
  EXPECT_EQ(queue.next(), start + 2s);
}

TEST(TimerQueue, ForgetsWhatIsCancelledAlsoWithinATimer) {
  TimerQueue queue;
  bool ran = false;
  TimerId second;
  queue.add(TimePoint{}, [&] { queue.cancel(second); });
  second = queue.add(TimePoint{}, [&] { ran = true; });

  while (queue.run_one(TimePoint{})) {
  }
  queue.cancel(second);

  EXPECT_FALSE(ran);
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.next(), std::nullopt);
}

TEST(ManualReactor, MovesTimeFromTimerToTimer) {
  ManualReactor reactor;
  TimePoint start = reactor.now();
  std::vector<Duration> at;
  reactor.call_at(start + 3s, [&] { at.push_back(reactor.now() - start); });
  reactor.call_at(start + 1s, [&] {
    at.push_back(reactor.now() - start);
    reactor.call_at(reactor.now() + 1s, [&] { at.push_back(reactor.now() - start); });
  });

  reactor.advance(10s);

  EXPECT_THAT(at, ElementsAre(1s, 2s, 3s));
  EXPECT_EQ(reactor.now() - start, 10s);
}

TEST(ManualReactor, SettlesPostedTasksAndReadableFiles) {
  ManualReactor reactor;
  UniqueFd fd = readable_fd();
  std::vector<int> ran;
  ASSERT_TRUE(reactor.watch(fd.get(), EPOLLIN, [&](uint32_t) {
    eventfd_t count;
    ::eventfd_read(fd.get(), &count);
    ran.push_back(2);
  }));
  reactor.post([&] {
    ran.push_back(0);
    reactor.post([&] { ran.push_back(1); });
  });

  reactor.settle();

  EXPECT_THAT(ran, testing::UnorderedElementsAre(0, 1, 2));
}

TEST(Timer, DiesWithItsOwner) {
  ManualReactor reactor;
  bool ran = false;
  auto timer = std::make_unique<Timer>(reactor);
  timer->arm(1s, [&] { ran = true; });

  timer.reset();
  reactor.advance(2s);

  EXPECT_FALSE(ran);
  EXPECT_EQ(reactor.armed_timers(), 0u);
}

TEST(Timer, ReplacesWhatWasArmed) {
  ManualReactor reactor;
  Timer timer(reactor);
  std::vector<int> ran;
  timer.arm(1s, [&] { ran.push_back(1); });

  timer.arm(2s, [&] { ran.push_back(2); });
  reactor.advance(3s);

  EXPECT_THAT(ran, ElementsAre(2));
  EXPECT_FALSE(timer.is_armed());
}

TEST(Timer, MayBeArmedAgainByItsOwnTask) {
  ManualReactor reactor;
  Timer timer(reactor);
  int ran = 0;
  std::function<void()> tick = [&] {
    if (++ran < 3) timer.arm(1s, tick);
  };
  timer.arm(1s, tick);

  reactor.advance(10s);

  EXPECT_EQ(ran, 3);
}

TEST(EventLoop, RunsTasksPostedFromOtherThreadsInTheirOrder) {
  EventLoop loop;
  std::vector<int> ran;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) loop.post([&ran, i] { ran.push_back(i); });
    loop.stop();
  });

  loop.run();
  other.join();

  ASSERT_EQ(ran.size(), 100u);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

TEST(EventLoop, RunsTimersInTheirOrderAndNoneTooEarly) {
  EventLoop loop;
  std::vector<int> ran;
  TimePoint start = loop.now();
  TimePoint second_ran;
  loop.call_at(start + 20ms, [&] {
    ran.push_back(2);
    second_ran = loop.now();
    loop.stop();
  });
  loop.call_at(start + 10ms, [&] { ran.push_back(1); });

  loop.run();

  EXPECT_THAT(ran, ElementsAre(1, 2));
  EXPECT_GE(second_ran, start + 20ms);
}

TEST(EventLoop, TellsWhichFileIsReadable) {
  EventLoop loop;
  UniqueFd quiet(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), ready = readable_fd();
  uint32_t heard = 0;
  bool quiet_heard = false;
  ASSERT_TRUE(loop.watch(quiet.get(), EPOLLIN, [&](uint32_t) { quiet_heard = true; }));
  ASSERT_TRUE(loop.watch(ready.get(), EPOLLIN, [&](uint32_t events) { heard = events; }));

  loop.step(kForever);

  EXPECT_EQ(heard, EPOLLIN);
  EXPECT_FALSE(quiet_heard);
}

TEST(EventLoop, LetsAHandlerUnwatchItselfAndTheOthersThatAreReady) {
  EventLoop loop;
  UniqueFd first = readable_fd(), second = readable_fd();
  int heard = 0;
  auto handler = [&](uint32_t) {
    ++heard;
    loop.unwatch(first.get());
    loop.unwatch(second.get());
  };
  ASSERT_TRUE(loop.watch(first.get(), EPOLLIN, handler));
  ASSERT_TRUE(loop.watch(second.get(), EPOLLIN, handler));

  loop.step(kForever);
  loop.step(0s);

  EXPECT_EQ(heard, 1);
}

TEST(EventLoop, RefusesAFileThatIsNotOpen) {
  EventLoop loop;

  EXPECT_FALSE(loop.watch(-1, EPOLLIN, [](uint32_t) {}));
}

TEST(Mailbox, LosesNothingBetweenThreads) {
  constexpr int kSenders = 4, kEach = 1000;
  Mailbox<std::pair<int, int>> mailbox;
  std::vector<int> next(kSenders, 0);
  int received = 0, out_of_order = 0;
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&mailbox, sender] {
      for (int i = 0; i < kEach; ++i) mailbox.send({sender, i});
    });
  }

  EventLoop loop;
  ASSERT_TRUE(loop.watch(mailbox.fd(), EPOLLIN, [&](uint32_t) {
    mailbox.drain([&](std::pair<int, int> value) {
      if (next[static_cast<size_t>(value.first)]++ != value.second) ++out_of_order;
      ++received;
    });
    if (received == kSenders * kEach) loop.stop();
  }));
  loop.run();
  for (auto& sender : senders) sender.join();

  EXPECT_EQ(received, kSenders * kEach);
  EXPECT_EQ(out_of_order, 0);
}

TEST(Mailbox, TakesValuesSentWhileItIsDrained) {
  Mailbox<int> mailbox;
  std::vector<int> got;
  mailbox.send(1);

  mailbox.drain([&](int value) {
    got.push_back(value);
    if (value < 3) mailbox.send(value + 1);
  });
  EXPECT_THAT(got, ElementsAre(1)) << "the rest is for the next round, so that one owner cannot be kept for ever";
  mailbox.drain([&](int value) { got.push_back(value); });

  EXPECT_THAT(got, ElementsAre(1, 2));
}

}  // namespace
}  // namespace sg
