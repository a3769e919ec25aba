#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace sg::media {

// Octets by their position on a time line, of which it holds a window of kOctets. Knows which are there.
class OctetRing {
 public:
  static constexpr size_t kOctets = 4096;  // 512 ms

  // Stores octets at `position` on. The caller keeps to the window.
  void store(int64_t position, ByteView octets) {
    for (size_t i = 0; i < octets.size();) {
      size_t at = index(position + static_cast<int64_t>(i));
      size_t run = std::min(octets.size() - i, kOctets - at);
      std::copy_n(octets.begin() + static_cast<std::ptrdiff_t>(i), run,
                  octets_.begin() + static_cast<std::ptrdiff_t>(at));
      std::fill_n(present_.begin() + static_cast<std::ptrdiff_t>(at), run, true);
      i += run;
    }
  }
  // Keeps what was played in a gap; it does not count as there.
  void note_gap(int64_t position, ByteView octets) {
    for (size_t i = 0; i < octets.size(); ++i) octets_[index(position + static_cast<int64_t>(i))] = octets[i];
  }
  // How many octets from `position` on, `limit` at most, are all there, or all missing: whichever the first one is.
  size_t run_length(int64_t position, size_t limit) const {
    bool first = has(position);
    size_t length = 1;
    while (length < limit && has(position + static_cast<int64_t>(length)) == first) ++length;
    return length;
  }
  bool has(int64_t position) const { return present_[index(position)]; }
  // Also of an octet that was played not long ago.
  uint8_t at(int64_t position) const { return octets_[index(position)]; }
  // Copies octets that are there.
  void read(int64_t position, std::span<uint8_t> to) const {
    for (size_t i = 0; i < to.size(); ++i) to[i] = at(position + static_cast<int64_t>(i));
  }
  void forget(int64_t position, size_t count) {
    for (size_t i = 0; i < count; ++i) present_[index(position + static_cast<int64_t>(i))] = false;
  }

 private:
  static size_t index(int64_t position) { return static_cast<uint64_t>(position) % kOctets; }

  std::array<uint8_t, kOctets> octets_{};
  std::array<bool, kOctets> present_{};
};

}  // namespace sg::media
