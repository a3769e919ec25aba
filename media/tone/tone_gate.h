#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sg::media {

// Tells cheaply whether a block may hold a fax tone, so that the costly detectors listen only then: the share of the
// block's energy that lies at the tones' frequencies, by correlation with them. Pure; any thread.
struct ToneGate {
  static constexpr size_t kBlock = 160;

  bool cng = false;  // 1100 Hz
  bool ced = false;  // 2100 Hz
  bool v21 = false;  // 1650 and 1850 Hz, V.21 channel 2
  // Next to nothing but that.
  bool is_pure_tone = false;  // 1100 or 2100 Hz
  bool is_pure_v21 = false;

  static ToneGate open_for(std::span<const int16_t, kBlock> linear);
};

}  // namespace sg::media
