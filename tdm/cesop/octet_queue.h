#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace sg::tdm::cesop {

// A queue of octets from one thread to one other, without locks: how a bearer meets the pump. Each end remembers how
// far it last saw the other: a span has many rings, and every look at the other's place is a cache line from its
// processor.
class OctetQueue {
 public:
  explicit OctetQueue(size_t at_least) : octets_(std::bit_ceil(at_least)) {}

  size_t capacity() const { return octets_.size(); }

  // Producer. Whether so many octets may be written.
  bool has_room(size_t octets) {
    if (capacity() - (producer_.at.load(std::memory_order_relaxed) - producer_.seen) < octets) {
      producer_.seen = consumer_.at.load(std::memory_order_acquire);
    }
    return capacity() - (producer_.at.load(std::memory_order_relaxed) - producer_.seen) >= octets;
  }
  // Producer. All or nothing.
  bool write(ByteView data) {
    if (!has_room(data.size())) return false;
    size_t at = producer_.at.load(std::memory_order_relaxed);
    size_t first = std::min(data.size(), to_the_end(at));
    std::copy_n(data.begin(), first, place(at));
    std::copy(data.begin() + static_cast<std::ptrdiff_t>(first), data.end(), octets_.begin());
    producer_.at.store(at + data.size(), std::memory_order_release);
    return true;
  }

  // Consumer. Whether so many octets wait.
  bool has(size_t octets) {
    if (consumer_.seen - consumer_.at.load(std::memory_order_relaxed) < octets) {
      consumer_.seen = producer_.at.load(std::memory_order_acquire);
    }
    return consumer_.seen - consumer_.at.load(std::memory_order_relaxed) >= octets;
  }
  // Consumer. All or nothing.
  bool read(std::span<uint8_t> data) {
    if (!has(data.size())) return false;
    size_t at = consumer_.at.load(std::memory_order_relaxed);
    size_t first = std::min(data.size(), to_the_end(at));
    std::copy_n(place(at), first, data.begin());
    std::copy_n(octets_.begin(), data.size() - first, data.begin() + static_cast<std::ptrdiff_t>(first));
    consumer_.at.store(at + data.size(), std::memory_order_release);
    return true;
  }

 private:
  struct alignas(64) End {
    std::atomic<size_t> at{0};  // octets written, or read, ever
    size_t seen = 0;            // the other end's place, no further than it is
  };
  size_t to_the_end(size_t at) const { return capacity() - (at & (capacity() - 1)); }
  std::vector<uint8_t>::iterator place(size_t at) {
    return octets_.begin() + static_cast<std::ptrdiff_t>(at & (capacity() - 1));
  }

  std::vector<uint8_t> octets_;
  End producer_, consumer_;
};

}  // namespace sg::tdm::cesop
