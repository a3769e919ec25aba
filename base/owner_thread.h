#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <thread>

namespace sg {

// The one thread that an object belongs to (docs/architecture.md, "Threads"): a member of the object, whose check()
// stands where others enter it, and ends the program if they come from another thread. To begin with it is the thread
// that made the object. Only in the presets debug, asan and tsan: elsewhere it costs nothing.
class OwnerThread {
 public:
#ifdef SG_CHECK_THREADS
  // The calling thread owns the object from here on.
  void take() {
    owner_ = std::this_thread::get_id();
  }
  // Its thread ends: whoever joins that may enter.
  void leave() {
    owner_ = {};
  }
  void check(std::source_location place = std::source_location::current()) const {
    if (owner_ == std::this_thread::get_id() || owner_ == std::thread::id{}) return;
    fmt::print(stderr, "{}:{}: {} is called by a thread that does not own the object\n", place.file_name(),
               place.line(), place.function_name());
    std::abort();
  }

 private:
  std::thread::id owner_ = std::this_thread::get_id();
#else
  void take() {}
  void leave() {}
  void check() const {}
#endif
};

}  // namespace sg
