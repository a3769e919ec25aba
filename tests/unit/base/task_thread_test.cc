#include "base/task_thread.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace sg {
namespace {

TEST(TaskThread, RunsTasksInOrderOnOneThreadOfItsOwn) {
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  {
    TaskThread thread;
    for (int i = 0; i < 3; ++i) {
      thread.post([&, i] {
        order.push_back(i);
        threads.push_back(std::this_thread::get_id());
      });
    }
  }

  EXPECT_EQ(order, (std::vector{0, 1, 2})) << "what waits at its end is run";
  EXPECT_NE(threads.front(), std::this_thread::get_id());
  EXPECT_EQ(threads.front(), threads.back());
}

TEST(TaskThread, WhoPostsDoesNotWaitForTheTaskThatRuns) {
  std::promise<void> posted;
  bool has_run = false;
  {
    TaskThread thread;
    thread.post([wait = posted.get_future().share()] { wait.wait(); });
    thread.post([&] { has_run = true; });
    posted.set_value();
  }

  EXPECT_TRUE(has_run);
}

TEST(TaskThread, DestroysATaskWhereItRan) {
  struct TellsWhere {
    explicit TellsWhere(std::thread::id& to) : where(to) {}
    ~TellsWhere() { where = std::this_thread::get_id(); }
    std::thread::id& where;
  };
  std::thread::id ran, destroyed;
  {
    TaskThread thread;
    thread.post([&ran, kept = std::make_shared<TellsWhere>(destroyed)] { ran = std::this_thread::get_id(); });
  }

  EXPECT_EQ(destroyed, ran);
}

}  // namespace
}  // namespace sg
