#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"

namespace sg::media {

// Octets by their position on a time line, of which it holds a window of kOctets. Knows which are there.
class OctetWindow {
 public:
  static constexpr size_t kOctets = 8192;  // 1024 ms

  // Stores octets at `position` on. The caller keeps to the window.
  void store(int64_t position, ByteView octets) {
    for_each_run(position, octets.size(), [&](size_t at, size_t run, size_t done) {
      std::memcpy(&octets_[at], &octets[done], run);
      std::memset(&present_[at], true, run);
    });
  }
  // Keeps what was played in a gap; it does not count as there.
  void note_gap(int64_t position, ByteView octets) {
    for_each_run(position, octets.size(),
                 [&](size_t at, size_t run, size_t done) { std::memcpy(&octets_[at], &octets[done], run); });
  }
  // How many octets from `position` on, `limit` at most, are all there, or all missing: whichever the first one is.
  size_t run_length(int64_t position, size_t limit) const {
    const bool first = has(position);
    size_t length = 0;
    bool is_whole = true;
    for_each_run(position, limit, [&](size_t at, size_t run, size_t) {
      if (!is_whole) return;
      const void* other = std::memchr(&present_[at], !first, run);
      is_whole = !other;
      length += other ? static_cast<size_t>(static_cast<const bool*>(other) - &present_[at]) : run;
    });
    return length;
  }
  bool has(int64_t position) const { return present_[index(position)]; }
  // Also of an octet that was played not long ago.
  uint8_t at(int64_t position) const { return octets_[index(position)]; }
  // Copies octets that are there.
  void read(int64_t position, std::span<uint8_t> to) const {
    for_each_run(position, to.size(),
                 [&](size_t at, size_t run, size_t done) { std::memcpy(&to[done], &octets_[at], run); });
  }
  // All octets, whatever their position: for what is done to every one of them.
  std::span<uint8_t> all() { return octets_; }
  void forget(int64_t position, size_t count) {
    for_each_run(position, count, [&](size_t at, size_t run, size_t) { std::memset(&present_[at], false, run); });
  }

 private:
  // The places of `count` octets from `position` on: do_run(first place, how many, how many before), twice where the
  // ring ends between them.
  template <class DoRun>
  static void for_each_run(int64_t position, size_t count, DoRun do_run) {
    for (size_t done = 0; done < count;) {
      const size_t at = index(position + static_cast<int64_t>(done));
      const size_t run = std::min(count - done, kOctets - at);
      do_run(at, run, done);
      done += run;
    }
  }
  static size_t index(int64_t position) { return static_cast<uint64_t>(position) % kOctets; }

  std::array<uint8_t, kOctets> octets_{};
  std::array<bool, kOctets> present_{};
};

}  // namespace sg::media
