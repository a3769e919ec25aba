#include "media/tone/tone_gate.h"

#include <array>
#include <cmath>
#include <numbers>

namespace sg::media {
namespace {

// 10 ms: short enough to keep most of a V.21 signal in its two bins, whose bits last 3.3 ms.
constexpr size_t kWindow = 80;
constexpr int kSampleShift = 3;  // so that sums of kWindow products fit in 32 bits
constexpr double kAmplitude = 4096;
// Mean square of shifted samples at about -48 dBm0: the detectors need -43 dBm0.
constexpr float kSilence = 50;
// Shares of the energy that a tone surely has, also 38 Hz beside its frequency (CNG's tolerance) and with noise; speech
// seldom has.
constexpr float kToneShare = 0.4f;
constexpr float kV21Share = 0.3f;
// And what is all that there is: 1100 Hz is allowed 38 Hz beside it, where a window of 10 ms sees 0.6 of it.
constexpr float kPure1100 = 0.55f, kPure2100 = 0.8f, kPureV21 = 0.5f;

enum Probe : size_t { k1100, k1650, k1850, k2100, kProbes };
constexpr std::array<double, kProbes> kFrequencies = {1100, 1650, 1850, 2100};

using Wave = std::array<int16_t, kWindow>;
struct Waves {
  std::array<Wave, kProbes> sine, cosine;

  Waves() {
    for (size_t probe = 0; probe < kProbes; ++probe) {
      for (size_t i = 0; i < kWindow; ++i) {
        double phase = 2 * std::numbers::pi * kFrequencies[probe] * static_cast<double>(i) / 8000;
        sine[probe][i] = static_cast<int16_t>(std::lround(kAmplitude * std::sin(phase)));
        cosine[probe][i] = static_cast<int16_t>(std::lround(kAmplitude * std::cos(phase)));
      }
    }
  }
};
const Waves kWaves;

// 16 by 16 bit products: compilers make this a handful of multiply-and-add instructions.
int32_t correlate(const Wave& a, const Wave& b) {
  int32_t sum = 0;
  for (size_t i = 0; i < kWindow; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

ToneGate ToneGate::open_for(std::span<const int16_t, kBlock> linear) {
  float energy = 0;
  std::array<float, kProbes> power{};
  for (size_t start = 0; start < kBlock; start += kWindow) {
    Wave window;
    for (size_t i = 0; i < kWindow; ++i) window[i] = static_cast<int16_t>(linear[start + i] >> kSampleShift);
    auto window_energy = static_cast<float>(correlate(window, window));
    if (window_energy < kSilence * kWindow) continue;
    energy += window_energy;
    for (size_t probe = 0; probe < kProbes; ++probe) {
      auto in_phase = static_cast<float>(correlate(window, kWaves.cosine[probe]));
      auto quadrature = static_cast<float>(correlate(window, kWaves.sine[probe]));
      power[probe] += in_phase * in_phase + quadrature * quadrature;
    }
  }
  if (energy == 0) return {};

  // A pure tone of amplitude a: energy a^2 n / 2, correlation a n / 2 times the wave's amplitude.
  constexpr auto kScale = static_cast<float>(2 / (kWindow * kAmplitude * kAmplitude));
  auto share = [&](Probe probe) { return power[probe] * kScale / energy; };
  const float v21 = share(k1650) + share(k1850);
  return {.cng = share(k1100) > kToneShare,
          .ced = share(k2100) > kToneShare,
          .v21 = v21 > kV21Share,
          .is_pure_tone = share(k1100) > kPure1100 || share(k2100) > kPure2100,
          .is_pure_v21 = v21 > kPureV21};
}

}  // namespace sg::media
