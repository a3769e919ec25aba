#include "media/jitter/interpolator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace sg::media {
namespace {

TEST(Interpolator, OnASampleItGivesThatSample) {
  Interpolator interpolator;
  std::mt19937 random(1);
  std::vector<int16_t> said(2000);
  for (auto& sample : said) sample = static_cast<int16_t>(random());

  for (size_t n = 0; n < said.size(); ++n) {
    interpolator.push(said[n]);
    if (n < Interpolator::kTaps) continue;
    ASSERT_NEAR(interpolator.at(0), said[n - Interpolator::kAhead], 1);
  }
}

// The sine that fits the samples best, by least squares, and what is left of them.
class SineFit {
 public:
  void add(double phase, double value) {
    double s = std::sin(phase), c = std::cos(phase);
    ss_ += s * s, cc_ += c * c, sc_ += s * c;
    sv_ += s * value, cv_ += c * value, vv_ += value * value;
  }
  double amplitude() const { return std::hypot(sine(), cosine()); }
  // How far it lags behind, in radians.
  double lag() const { return -std::atan2(cosine(), sine()); }
  double residue_db() const {
    double explained = sine() * sv_ + cosine() * cv_;
    return 10 * std::log10(std::max(vv_ - explained, 1e-9) / explained);
  }

 private:
  double sine() const { return (sv_ * cc_ - cv_ * sc_) / (ss_ * cc_ - sc_ * sc_); }
  double cosine() const { return (cv_ * ss_ - sv_ * sc_) / (ss_ * cc_ - sc_ * sc_); }

  double ss_ = 0, cc_ = 0, sc_ = 0, sv_ = 0, cv_ = 0, vv_ = 0;
};

constexpr double kLevel = 20000;

double phase_at(double hz, double sample) {
  return 2 * M_PI * hz / 8000 * sample;
}
int16_t tone(double hz, size_t sample) {
  return static_cast<int16_t>(std::lround(kLevel * std::sin(phase_at(hz, static_cast<double>(sample)))));
}

// At a point that stays between the same two samples.
SineFit fit_at(double hz, double fraction) {
  Interpolator interpolator;
  SineFit fit;
  for (size_t n = 0; n < 4000; ++n) {
    interpolator.push(tone(hz, n));
    if (n < Interpolator::kTaps) continue;
    fit.add(phase_at(hz, static_cast<double>(n - Interpolator::kAhead) + fraction), interpolator.at(fraction));
  }
  return fit;
}

TEST(Interpolator, PassbandIsFlat) {
  for (double hz : {200.0, 1000.0, 1800.0, 2400.0, 3000.0, 3400.0, 3600.0, 3700.0}) {
    for (double fraction = 0; fraction < 1; fraction += 0.0731) {
      auto fit = fit_at(hz, fraction);
      EXPECT_NEAR(20 * std::log10(fit.amplitude() / kLevel), 0, 0.05) << hz << " Hz, " << fraction;
    }
  }
}

// What it reads at a point is the signal there: beside the samples that it needs after the point, nothing is late.
TEST(Interpolator, AddsNoDelayOfItsOwn) {
  for (double hz : {200.0, 1000.0, 1800.0, 2400.0, 3000.0, 3400.0, 3600.0, 3700.0}) {
    for (double fraction = 0; fraction < 1; fraction += 0.0731) {
      double lag_samples = fit_at(hz, fraction).lag() / phase_at(hz, 1);
      EXPECT_NEAR(lag_samples, 0, 0.002) << hz << " Hz, " << fraction;
    }
  }
  EXPECT_EQ(Interpolator::kAhead, 32U);  // 4 ms, out of what waits in the jitter buffer
}

// A point that moves on as it does under a drift: images show as what is not the tone.
TEST(Interpolator, AMovingPointAddsNoImages) {
  for (double hz : {200.0, 1000.0, 1800.0, 2400.0, 3000.0, 3400.0, 3600.0, 3700.0}) {
    Interpolator interpolator;
    SineFit fit;
    size_t pushed = 0;
    double fraction = 0;
    while (pushed < Interpolator::kTaps) interpolator.push(tone(hz, pushed++));
    for (int n = 0; n < 80000; ++n) {
      fit.add(phase_at(hz, static_cast<double>(pushed - 1 - Interpolator::kAhead) + fraction),
              interpolator.at(fraction));
      for (fraction += 1.0003; fraction >= 1; fraction -= 1) interpolator.push(tone(hz, pushed++));
    }
    EXPECT_LT(fit.residue_db(), hz <= 3600 ? -70 : -50) << hz;
  }
}

}  // namespace
}  // namespace sg::media
