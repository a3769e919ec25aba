#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace sg::lab {

// Tells whether memory grows from run to run, by what the allocator says is in use (glibc's mallinfo2).
class LeakCheck {
 public:
  // More than this between the first run and the last is a leak: of one small object a run, in a row of twenty. What is
  // measured without one moves by 240, in the main thread's cache.
  static constexpr int64_t kMost = 512;  // octets

  // Runs `one` in a thread of its own: what is free but kept in a thread's cache counts as in use until the thread
  // ends. Whatever it throws comes out here.
  void run(const std::function<void()>& one);
  // Octets in use after the last run that were not after the first, which also sets up what stays.
  int64_t grown() const { return last_ - first_.value_or(0); }

 private:
  std::optional<int64_t> first_;
  int64_t last_ = 0;
};

}  // namespace sg::lab
