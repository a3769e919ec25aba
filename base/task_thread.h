#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace sg {

// A thread for work that may take long (files, databases): it runs tasks in the order in which they were posted, those
// that still wait at its end included. The owner declares it last, after all that the tasks use.
class TaskThread {
 public:
  using Task = std::function<void()>;

  TaskThread() : thread_([this] { run(); }) {}
  ~TaskThread();
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  // Any thread; never waits for a task. A task is destroyed on the thread, too.
  void post(Task task);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool is_ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sg
