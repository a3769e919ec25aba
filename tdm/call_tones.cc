#include "tdm/call_tones.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

namespace sg::tdm {
namespace {

using std::chrono::milliseconds;
using Segments = std::vector<ToneSegment>;

constexpr int kRate = 8000;
// A full-scale sine is 3.14 dBm0 in A-law (G.711), 3.17 in mu-law.
constexpr double kFullScale = 32124, kFullScaleDbm0 = 3.14;

ToneShape steady(int f1, int f2, int level) {
  return {level, {{f1, f2, 0}}, 0};
}
// on, off, on, off …
ToneShape cadence(int f1, int f2, int level, std::initializer_list<int> ms) {
  ToneShape shape{level, {}, 0};
  bool on = true;
  for (int length : ms) {
    shape.segments.push_back(on ? ToneSegment{f1, f2, length} : ToneSegment{0, 0, length});
    on = !on;
  }
  return shape;
}
// Ten short bursts, then the tone as it always is: GR-506, message waiting.
ToneShape stutter_then_steady(int f1, int f2, int level) {
  ToneShape shape{level, {}, 20};
  for (int i = 0; i < 10; ++i) {
    shape.segments.push_back({f1, f2, 100});
    shape.segments.push_back({0, 0, 100});
  }
  shape.segments.push_back({f1, f2, 0});
  return shape;
}

// One frequency for all of them, as most countries have it: ETSI's stutter dial tone, and the bell as ringback.
ToneZone on_one_frequency(std::string_view name, int frequency, std::initializer_list<int> ringback,
                          std::initializer_list<int> busy, std::initializer_list<int> congestion) {
  constexpr int kLevel = -10;
  return {name,
          steady(frequency, 0, kLevel),
          cadence(frequency, 0, kLevel, {500, 50}),
          cadence(frequency, 0, kLevel, ringback),
          cadence(frequency, 0, kLevel, busy),
          cadence(frequency, 0, kLevel, congestion),
          std::vector<milliseconds>(ringback.begin(), ringback.end())};
}

// A receiver off its hook: loud, and like no other tone. No recommendation has it; this is North America's, in two of
// its four frequencies.
const ToneShape kHowler = cadence(1400, 2060, -6, {100, 100});

const ToneShape& howler() {
  return kHowler;
}

// In eight sums, which the compiler keeps in one register.
template <size_t kCount>
float dot(const std::array<float, kCount>& a, const std::array<float, kCount>& b) {
  constexpr size_t kSums = 8;
  static_assert(kCount % kSums == 0);
  std::array<float, kSums> sums{};
  for (size_t i = 0; i < kCount; i += kSums) {
    for (size_t lane = 0; lane < kSums; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (float each : sums) sum += each;
  return sum;
}

}  // namespace

const std::vector<ToneZone>& tone_zones() {
  static const std::vector<ToneZone> kZones = {
      on_one_frequency("at", 420, {1000, 5000}, {400, 400}, {200, 200}),
      {"au",
       steady(413, 438, -13),
       cadence(413, 438, -13, {100, 40}),
       cadence(413, 438, -13, {400, 200, 400, 2000}),
       cadence(425, 0, -10, {375, 375}),
       {-10, {{425, 0, 375}, {0, 0, 375}, {425, 0, 375, 10}, {0, 0, 375}}, 0},
       {milliseconds(400), milliseconds(200), milliseconds(400), milliseconds(2000)}},
      on_one_frequency("be", 425, {1000, 3000}, {500, 500}, {167, 167}),
      on_one_frequency("br", 425, {1000, 4000}, {250, 250}, {250, 250, 750, 250}),
      on_one_frequency("ch", 425, {1000, 4000}, {500, 500}, {200, 200}),
      on_one_frequency("cn", 450, {1000, 4000}, {350, 350}, {700, 700}),
      {"de",
       steady(425, 0, -10),
       steady(425, 400, -13),
       cadence(425, 0, -10, {1000, 4000}),
       cadence(425, 0, -10, {480, 480}),
       cadence(425, 0, -10, {240, 240}),
       {milliseconds(1000), milliseconds(4000)}},
      on_one_frequency("dk", 425, {1000, 4000}, {500, 500}, {200, 200}),
      on_one_frequency("es", 425, {1500, 3000}, {200, 200}, {200, 200, 200, 200, 200, 600}),
      // ETSI TR 101 041-2, the harmonised tones.
      on_one_frequency("eu", 425, {1000, 4000}, {500, 500}, {200, 200}),
      on_one_frequency("fi", 425, {1000, 4000}, {300, 300}, {200, 200}),
      {"fr",
       steady(440, 0, -10),
       steady(330, 440, -13),
       cadence(440, 0, -10, {1500, 3500}),
       cadence(440, 0, -10, {500, 500}),
       cadence(440, 0, -10, {250, 250}),
       {milliseconds(1500), milliseconds(3500)}},
      {"gb",
       steady(350, 440, -13),
       {-13, {{350, 440, 750}, {440, 0, 750}}, 0},
       cadence(400, 450, -16, {400, 200, 400, 2000}),
       cadence(400, 0, -13, {375, 375}),
       cadence(400, 0, -13, {400, 350, 225, 525}),
       {milliseconds(400), milliseconds(200), milliseconds(400), milliseconds(2000)},
       steady(400, 0, -13)},
      {"it",
       cadence(425, 0, -10, {200, 200, 600, 1000}),
       {-10, {{470, 0, 400}, {425, 0, 400}}, 0},
       cadence(425, 0, -10, {1000, 4000}),
       cadence(425, 0, -10, {500, 500}),
       cadence(425, 0, -10, {200, 200}),
       {milliseconds(1000), milliseconds(4000)}},
      // Ringback is 400 Hz that swells sixteen times a second: the sum of these two.
      {"jp",
       steady(400, 0, -10),
       cadence(400, 0, -10, {125, 125}),
       cadence(384, 416, -13, {1000, 2000}),
       cadence(400, 0, -10, {500, 500}),
       cadence(400, 0, -10, {500, 500}),
       {milliseconds(1000), milliseconds(2000)}},
      on_one_frequency("nl", 425, {1000, 4000}, {500, 500}, {250, 250}),
      on_one_frequency("no", 425, {1000, 4000}, {500, 500}, {200, 200}),
      on_one_frequency("pl", 425, {1000, 4000}, {500, 500}, {500, 500}),
      on_one_frequency("pt", 425, {1000, 5000}, {500, 500}, {200, 200}),
      on_one_frequency("ru", 425, {1000, 4000}, {350, 350}, {175, 175}),
      on_one_frequency("se", 425, {1000, 5000}, {250, 250}, {250, 750}),
      {"us",
       steady(350, 440, -13),
       stutter_then_steady(350, 440, -13),
       cadence(440, 480, -19, {2000, 4000}),
       cadence(480, 620, -24, {500, 500}),
       cadence(480, 620, -24, {250, 250}),
       {milliseconds(2000), milliseconds(4000)}},
  };
  return kZones;
}

const ToneShape& ToneZone::shape(CallTone tone) const {
  switch (tone) {
    case CallTone::Dial:
      return dial;
    case CallTone::StutterDial:
      return stutter;
    case CallTone::Ringback:
      return ringback;
    case CallTone::Busy:
      return busy;
    case CallTone::Congestion:
      return congestion;
    case CallTone::Howler:
      break;
  }
  return howler();
}

const ToneZone* find_tone_zone(std::string_view name) {
  auto found = std::ranges::find(tone_zones(), name, &ToneZone::name);
  return found == tone_zones().end() ? nullptr : &*found;
}

const ToneZone& default_tone_zone() {
  static const ToneZone& kZone = *find_tone_zone("eu");
  return kZone;
}

TonePlayer::TonePlayer(ToneShape shape) : shape_(std::move(shape)) {}

void TonePlayer::Wave::set(int frequency) {
  is_on = frequency != 0;
  const double angle = 2 * std::numbers::pi * frequency / kRate;
  step_sine = std::sin(angle);
  step_cosine = std::cos(angle);
}

double TonePlayer::Wave::next() {
  const double value = sine;
  sine = value * step_cosine + cosine * step_sine;
  cosine = cosine * step_cosine - value * step_sine;
  return value;
}

void TonePlayer::next_segment() {
  if (left_ >= 0 && ++segment_ == shape_.segments.size()) segment_ = shape_.repeat_from;
  const ToneSegment& segment = shape_.segments[segment_];
  left_ = segment.ms == 0 ? INT64_MAX : int64_t{segment.ms} * kRate / 1000;
  amplitude_ = kFullScale * std::pow(10, (shape_.level - segment.quieter - kFullScaleDbm0) / 20);
  waves_[0].set(segment.frequency_1);
  waves_[1].set(segment.frequency_2);
}

void TonePlayer::generate(std::span<int16_t> linear) {
  for (int16_t& sample : linear) {
    if (left_ <= 0) next_segment();
    --left_;
    double value = 0;
    for (Wave& wave : waves_) value += wave.is_on ? wave.next() : 0;
    sample = static_cast<int16_t>(std::lround(std::clamp(value * amplitude_, -32767.0, 32767.0)));
  }
}

ToneListener::ToneListener(const ToneShape& shape, const Belief& belief) : belief_(belief) {
  const ToneSegment& first = shape.segments.front();
  for (int frequency : {first.frequency_1, first.frequency_2}) {
    if (frequency == 0) continue;
    Wave& wave = waves_.emplace_back();
    for (size_t i = 0; i < kWindow; ++i) {
      double phase = 2 * std::numbers::pi * frequency * static_cast<double>(i) / kRate;
      wave.cosine[i] = static_cast<float>(std::cos(phase));
      wave.sine[i] = static_cast<float>(std::sin(phase));
    }
  }
  bool has_long = std::ranges::any_of(shape.segments, [&](const ToneSegment& segment) {
    return segment.frequency_1 != 0 && (segment.ms == 0 || segment.ms > belief.steady_ms);
  });
  if (has_long) return;
  for (const ToneSegment& segment : shape.segments) cadence_.push_back(segment.ms);
}

void ToneListener::reset() {
  waits_ = run_count_ = 0;
  was_on_ = told_ = false;
  run_ = {};
}

bool ToneListener::feed(std::span<const int16_t> linear) {
  bool heard = false;
  while (!linear.empty()) {
    size_t taken = std::min(linear.size(), kWindow - waits_);
    std::copy_n(linear.begin(), taken, waiting_.begin() + static_cast<std::ptrdiff_t>(waits_));
    linear = linear.subspan(taken);
    waits_ += taken;
    if (waits_ < kWindow) break;
    waits_ = 0;
    float energy = 0;
    const bool on = is_on(waiting_, energy);
    if (on_window(on, energy) && !told_) heard = told_ = true;
  }
  return heard;
}

// Most of the window's energy lies at the tone's frequencies, and there is enough of it (-35 dBm0).
bool ToneListener::is_on(std::span<const int16_t, kWindow> window, float& energy) const {
  constexpr float kFloor = 400.0f * 400 / 2, kShare = 0.7f;
  std::array<float, kWindow> rest;
  std::ranges::copy(window, rest.begin());
  const float sum = dot(rest, rest);
  energy = sum / kWindow;
  if (energy < kFloor) return false;
  // The waves are fitted and taken out one after the other, twice, as a window hardly tells a pair apart.
  constexpr float kScale = 2.0f / kWindow;
  std::array<float, 2> in_phase{}, quadrature{};
  for (size_t pass = 0; pass < waves_.size(); ++pass) {
    for (size_t i = 0; i < waves_.size(); ++i) {
      const Wave& wave = waves_[i];
      const float more_in_phase = kScale * dot(rest, wave.cosine), more_quadrature = kScale * dot(rest, wave.sine);
      for (size_t n = 0; n < kWindow; ++n) rest[n] -= more_in_phase * wave.cosine[n] + more_quadrature * wave.sine[n];
      in_phase[i] += more_in_phase;
      quadrature[i] += more_quadrature;
    }
  }
  if (dot(rest, rest) >= (1 - kShare) * sum) return false;
  if (waves_.size() < 2) return true;
  // One of a pair alone is a note of music. Where a window does not tell the two apart at all (Australia's), no matter.
  constexpr float kTwist = 10, kLike = 0.1f;
  const float alike_1 = kScale * dot(waves_[0].cosine, waves_[1].cosine);
  const float alike_2 = kScale * dot(waves_[0].cosine, waves_[1].sine);
  if (alike_1 * alike_1 + alike_2 * alike_2 > kLike) return true;
  const float first = in_phase[0] * in_phase[0] + quadrature[0] * quadrature[0];
  const float second = in_phase[1] * in_phase[1] + quadrature[1] * quadrature[1];
  return first < kTwist * second && second < kTwist * first;
}

void ToneListener::Run::add(float of_window) {
  if (windows == 0) first = of_window;
  last = of_window;
  sum += of_window;
  ms += kWindowMs;
  ++windows;
}

bool ToneListener::on_window(bool on, float energy) {
  if (on == was_on_) {
    run_.add(energy);
    return cadence_.empty() && on && run_.ms >= belief_.steady_ms;
  }
  if (run_count_ == kMostRuns) {
    std::shift_left(runs_.begin(), runs_.end(), 1);
    --run_count_;
  }
  runs_[run_count_++] = run_;
  was_on_ = on;
  run_ = {};
  run_.add(energy);
  return !cadence_.empty() && is_cadence();
}

// Whether the latest runs are as many whole cycles as are wanted, begun anywhere.
bool ToneListener::is_cadence() const {
  const size_t cycle = cadence_.size(), wanted = belief_.cycles * cycle;
  if (run_count_ < wanted || wanted > kMostRuns) return false;
  const std::span runs(runs_.data() + (run_count_ - wanted), wanted);
  // The run that is over was the opposite of what is now; the first of `wanted` (an even number) is like now, and
  // bursts must meet the cadence's even places.
  for (size_t phase = was_on_ ? 0 : 1; phase < cycle; phase += 2) {
    if (fits(runs, phase)) return true;
  }
  return false;
}

bool ToneListener::fits(std::span<const Run> runs, size_t phase) const {
  constexpr float kAlike = 2, kQuieter = 8;  // 3 dB, 9 dB
  const size_t cycle = cadence_.size();
  for (size_t i = 0; i < runs.size(); ++i) {
    const size_t place = (i + phase) % cycle;
    const int expected = cadence_[place];
    // E.180 allows 10 %; 20 ms windows add as much at either end.
    if (std::abs(runs[i].ms - expected) > expected / 10 + kWindowMs + kWindowMs / 2) return false;
    const float energy = runs[i].energy();
    if (place % 2 == 1) {
      const float burst = runs[i > 0 ? i - 1 : i + 1].energy();
      if (energy * kQuieter > burst) return false;
    } else if (i >= cycle) {
      // A cadence may have bursts of several levels, each the same when it comes again.
      const float before = runs[i - cycle].energy();
      if (energy > before * kAlike || before > energy * kAlike) return false;
    }
  }
  return true;
}

}  // namespace sg::tdm
