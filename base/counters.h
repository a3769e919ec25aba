#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sg {

// One figure that only grows. Any thread.
class Counter {
 public:
  void add(uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// The process's counters by dotted name ("udptl.rx.malformed"). The Application owns one and hands it down. Look a
// counter up once, at construction, and keep the reference: it stays good as long as the Counters. Any thread.
class Counters {
 public:
  Counter& get(std::string_view name);
  // Every counter, by name.
  std::vector<std::pair<std::string, uint64_t>> snapshot() const;

 private:
  struct Entry {
    std::string name;
    Counter counter;
  };
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
};

}  // namespace sg
