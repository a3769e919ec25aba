// Who enters an object from another thread than its owner's ends the program, in builds that look for it.
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "base/event_loop.h"
#include "base/lifetime.h"
#include "base/owner_thread.h"

namespace sg {
namespace {

class OwnerThreadTest : public testing::Test {
 protected:
  void SetUp() override {
#ifndef SG_CHECK_THREADS
    GTEST_SKIP() << "this build does not look at threads";
#endif
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }

  template <class Work>
  static void elsewhere(Work work) {
    std::thread(work).join();
  }
};

TEST_F(OwnerThreadTest, LetsItsOwnerIn) {
  OwnerThread owner;

  owner.check();
  elsewhere([&] {
    owner.take();
    owner.check();
  });
}

TEST_F(OwnerThreadTest, EndsTheProgramWhereAnotherThreadEnters) {
  OwnerThread owner;

  EXPECT_DEATH(elsewhere([&] { owner.check(); }), "owner_thread_test.cc.*does not own the object");
}

TEST_F(OwnerThreadTest, ThreadThatGaveAnObjectAwayIsAStrangerToIt) {
  OwnerThread owner;
  elsewhere([&] { owner.take(); });

  EXPECT_DEATH(owner.check(), "does not own the object");
}

TEST_F(OwnerThreadTest, LetsAnyoneInOnceItsThreadHasLeft) {
  OwnerThread owner;
  elsewhere([&] {
    owner.take();
    owner.leave();
  });

  owner.check();
}

TEST_F(OwnerThreadTest, LoopTakesTasksFromAnyThreadAndTimersFromItsOwnOnly) {
  EventLoop loop;
  bool ran = false;

  elsewhere([&] { loop.post([&] { ran = true; }); });
  while (!ran) loop.step(1h);

  EXPECT_DEATH(elsewhere([&] { loop.call_at(loop.now(), [] {}); }), "does not own the object");
}

TEST_F(OwnerThreadTest, WhetherAnObjectLivesIsAskedOnItsOwnThread) {
  Lifetime lifetime;
  auto task = lifetime.guard([] {});

  EXPECT_DEATH(elsewhere(task), "does not own the object");
}

}  // namespace
}  // namespace sg
