#include "media/tone/busy_tone_detector.h"

#include <algorithm>
#include <utility>

namespace sg::media {
namespace {

// A tune may come back to one note as often and as regularly as a fast tone does, but not for long. Nor does it hold a
// note so long and so pure as Britain's number unobtainable.
constexpr int kBelievedMs = 8000, kMostRuns = 32;  // of bursts and pauses, that a listener keeps

tdm::ToneListener::Belief belief_in(const tdm::ToneShape& shape) {
  int cycle_ms = 0;
  for (const tdm::ToneSegment& segment : shape.segments) cycle_ms += segment.ms;
  const int cycles = cycle_ms > 0 ? (kBelievedMs + cycle_ms - 1) / cycle_ms : 0;
  const int most = kMostRuns / static_cast<int>(shape.segments.size());
  return {.steady_ms = kBelievedMs, .cycles = static_cast<size_t>(std::min(most, cycles))};
}

}  // namespace

BusyToneDetector::BusyToneDetector(const tdm::ToneZone& zone) {
  for (const tdm::ToneShape* shape : {&zone.busy, &zone.congestion, &zone.unobtainable}) {
    if (!shape->segments.empty()) listeners_.emplace_back(*shape, belief_in(*shape));
  }
}

bool BusyToneDetector::feed(std::span<const int16_t> linear) {
  bool heard = false;
  for (tdm::ToneListener& listener : listeners_) heard = listener.feed(linear) || heard;
  return heard && !std::exchange(is_told_, true);
}

}  // namespace sg::media
