#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tdm/types.h"

// The tones by which an exchange tells a telephone how its call stands, by country: ITU-T E.180 Supplement 2. The one
// table of them: what analog ports play and hear, and what any caller hears of us.
namespace sg::tdm {

enum class CallTone : uint8_t { Dial, StutterDial, Ringback, Busy, Congestion, Howler };

// A piece of a tone: one or two frequencies in Hz (0: none), both 0 for a pause.
struct ToneSegment {
  int frequency_1 = 0, frequency_2 = 0;
  int ms = 0;       // 0: for ever
  int quieter = 0;  // dB below the tone's level
};

struct ToneShape {
  int level = -10;  // dBm0, of each frequency
  std::vector<ToneSegment> segments;
  size_t repeat_from = 0;  // after the last segment this one comes again
};

struct ToneZone {
  std::string_view name;  // as in conf: "gb"
  ToneShape dial, stutter, ringback, busy, congestion;
  std::vector<std::chrono::milliseconds> ringing;  // on, off, … of the bell
  ToneShape unobtainable = {};                     // no segments: there is none of its own

  const ToneShape& shape(CallTone tone) const;
};

// Null: there is none of this name.
const ToneZone* find_tone_zone(std::string_view name);
// ETSI's, for who names none.
const ToneZone& default_tone_zone();
// Every zone there is, by name.
const std::vector<ToneZone>& tone_zones();

// Writes a tone as samples. A value; one thread. Allocates at construction only.
class TonePlayer {
 public:
  explicit TonePlayer(ToneShape shape);
  void generate(std::span<int16_t> linear);

 private:
  // A sine, turned on by its angle a sample: no sine is computed but at the beginning of a segment.
  struct Wave {
    double sine = 0, cosine = 1;
    double step_sine = 0, step_cosine = 1;
    bool is_on = false;

    void set(int frequency);
    double next();
  };
  void next_segment();

  ToneShape shape_;
  double amplitude_ = 0;  // of the segment
  size_t segment_ = 0;
  int64_t left_ = -1;  // samples of the segment; -1: not begun
  std::array<Wave, 2> waves_;
};

// Hears one tone by its frequencies and its cadence: bursts equally loud, pauses quiet. Speech, music and modems
// have that for a while at most. No allocation in feed().
class ToneListener {
 public:
  // What it takes to believe in a tone.
  struct Belief {
    int steady_ms = 550;  // how long a tone without pauses must last, or a burst of this length or more
    size_t cycles = 2;    // how often another tone's cadence must have come, whole
  };

  // A shape with a burst of Belief::steady_ms or more (or that never pauses) is told while it still sounds.
  explicit ToneListener(const ToneShape& shape, const Belief& belief);
  explicit ToneListener(const ToneShape& shape) : ToneListener(shape, Belief()) {}
  // True: the tone is there. Told once; reset() listens anew.
  bool feed(std::span<const int16_t> linear);
  void reset();

 private:
  static constexpr size_t kWindow = 160;  // 20 ms: 50 Hz apart
  static constexpr int kWindowMs = 20;
  static constexpr size_t kMostRuns = 32;

  // Windows in a row in which the tone is, or is not.
  struct Run {
    int ms = 0;
    // A sample's, of all its windows but the first and the last, which are in part of its neighbours.
    float energy() const { return windows > 2 ? (sum - first - last) / static_cast<float>(windows - 2) : last; }
    void add(float of_window);

    int windows = 0;
    float sum = 0, first = 0, last = 0;
  };

  // Energy: a sample's, of the window.
  bool is_on(std::span<const int16_t, kWindow> window, float& energy) const;
  bool on_window(bool on, float energy);
  bool is_cadence() const;
  bool fits(std::span<const Run> runs, size_t phase) const;

  // One frequency of the tone: a window of its cosine and of its sine.
  struct Wave {
    std::array<float, kWindow> cosine, sine;
  };
  Belief belief_;
  std::vector<Wave> waves_;
  std::vector<int> cadence_;  // on, off, … in ms; empty: steady
  std::array<int16_t, kWindow> waiting_{};
  size_t waits_ = 0;
  std::array<Run, kMostRuns> runs_{};  // the latest that are over, the last at the end
  size_t run_count_ = 0;
  bool was_on_ = false;
  Run run_;
  bool told_ = false;
};

}  // namespace sg::tdm
