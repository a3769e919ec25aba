#pragma once

#include <span>
#include <vector>

#include "tdm/call_tones.h"

namespace sg::media {

// Hears by what an exchange says it that the far end of a call is gone, where its line has no other way: busy or
// congestion tone of its zone, or number unobtainable where the zone has a tone of its own for it. People talk and play
// music on these lines for hours, and one false alarm ends their call: eight seconds are wanted, or sixteen cycles.
// Media-worker thread only. feed() does not allocate.
class BusyToneDetector {
 public:
  explicit BusyToneDetector(const tdm::ToneZone& zone);
  // True: it is there. Told once.
  bool feed(std::span<const int16_t> linear);

 private:
  std::vector<tdm::ToneListener> listeners_;
  bool is_told_ = false;
};

}  // namespace sg::media
