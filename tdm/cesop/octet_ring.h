#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace sg::tdm::cesop {

// A queue of octets from one thread to one other, without locks: how a bearer meets the pump.
class OctetRing {
 public:
  explicit OctetRing(size_t at_least) : octets_(std::bit_ceil(at_least)) {}

  size_t capacity() const { return octets_.size(); }
  size_t size() const { return written_.load(std::memory_order_acquire) - read_.load(std::memory_order_acquire); }

  // Producer. All or nothing.
  bool write(ByteView data) {
    size_t at = written_.load(std::memory_order_relaxed);
    if (capacity() - (at - read_.load(std::memory_order_acquire)) < data.size()) return false;
    for (uint8_t octet : data) octets_[at++ & (capacity() - 1)] = octet;
    written_.store(at, std::memory_order_release);
    return true;
  }
  // Consumer. All or nothing.
  bool read(std::span<uint8_t> data) {
    size_t at = read_.load(std::memory_order_relaxed);
    if (written_.load(std::memory_order_acquire) - at < data.size()) return false;
    for (uint8_t& octet : data) octet = octets_[at++ & (capacity() - 1)];
    read_.store(at, std::memory_order_release);
    return true;
  }

 private:
  std::vector<uint8_t> octets_;
  alignas(64) std::atomic<size_t> written_{0};
  alignas(64) std::atomic<size_t> read_{0};
};

}  // namespace sg::tdm::cesop
