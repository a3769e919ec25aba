#pragma once

#include <cstdint>

namespace sg::media {

struct JitterStats {
  uint64_t lost = 0;  // packets that never came, by sequence number
  uint64_t late = 0;  // packets that came after their time and were dropped
  uint64_t duplicates = 0;
  uint64_t overflow = 0;           // packets that came so early, or so many at once, that they did not fit
  uint64_t filled = 0;             // packets that never came in time and were filled in
  uint64_t restarts = 0;           // new time lines: source changed, timestamp jumped
  uint64_t concealed_samples = 0;  // made up from what was before
  uint64_t silence_samples = 0;    // gaps filled with silence
  uint64_t inserted_samples = 0, removed_samples = 0;  // by which the delay grew and shrank
  double drift_ppm = 0;  // fax: how much faster the sender's clock runs, as measured last; 0: not known for certain
  double depth_ms = 0;   // audio that waits now
};

}  // namespace sg::media
