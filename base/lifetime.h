#pragma once

#include <memory>
#include <utility>

#include "base/owner_thread.h"

namespace sg {

// A member of whatever posts tasks or calls back, by which they learn whether their owner still lives. Declared last,
// it ends first. The owner's thread, and tasks that run there.
class Lifetime {
 public:
  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  class Watch {
   public:
    bool is_over() const {
      auto owner = owner_.lock();
      if (owner) owner->check();
      return !owner;
    }

   private:
    friend Lifetime;
    explicit Watch(const std::shared_ptr<OwnerThread>& owner) : owner_(owner) {}
    std::weak_ptr<OwnerThread> owner_;
  };

  Watch watch() const { return Watch(owner_); }

  // A task that does nothing once the owner is gone.
  template <class Task>
  auto guard(Task task) const {
    return [watch = watch(), task = std::move(task)](auto&&... values) mutable {
      if (!watch.is_over()) task(std::forward<decltype(values)>(values)...);
    };
  }

 private:
  std::shared_ptr<OwnerThread> owner_ = std::make_shared<OwnerThread>();
};

}  // namespace sg
