#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "base/clock.h"

namespace sg::media {

constexpr int64_t kOctetsPerMs = 8;

constexpr int64_t octets_of(std::chrono::milliseconds time) {
  return time.count() * kOctetsPerMs;
}

// When a voice buffer that becomes one of fax takes its depth.
enum class DepthChange : uint8_t {
  AtOnce,
  // In the next silence of the line, by its energy, whatever V.21 frames come and go. Until then a packet that comes
  // too late delays what follows by no more than it was late, as in voice.
  InSilence,
  // It is sure to be a fax: its depth at once, and in the next silence the full depth.
  Fully,
};

// When the packets of a jitter buffer are played, and what in place of those that do not come: of voice or of a fax.
// Works on the buffer's PlayLine. Owned by a JitterBuffer.
class Playout {
 public:
  virtual ~Playout() = default;

  // A time line begins. Returns how many octets its first packet waits.
  virtual int64_t begin_time_line() = 0;
  // A packet in order comes, whose first octet is at this position: may delay play-out.
  virtual void expect(int64_t position) = 0;
  // … and has come, at this time.
  virtual void on_newest(int64_t, TimePoint) {}
  // Fills the next block, as of the tick at `now`.
  virtual void play(std::span<uint8_t> block, TimePoint now) = 0;
};

}  // namespace sg::media
