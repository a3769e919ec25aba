#include "base/reactor.h"

namespace sg {

void Timer::arm_at(TimePoint when, Reactor::Task task) {
  cancel();
  id_ = reactor_.call_at(when, [this, task = std::move(task)] {
    id_ = {};
    // The task may destroy this timer, and with it the lambda's own copy.
    auto run = task;
    run();
  });
}

void Timer::cancel() {
  if (id_) reactor_.cancel(std::exchange(id_, TimerId{}));
}

}  // namespace sg
