#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spandsp.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "media/tone/dtmf_detector.h"
#include "media/tone/fax_tone_detector.h"

namespace sg::media {
namespace {

using Samples = std::vector<int16_t>;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr size_t kSecond = 8000;

// SpanDSP's tone generator has no preamble: its V.21 modulator, fed with HDLC flags.
int next_flag_bit(void* at) {
  auto& bit = *static_cast<unsigned*>(at);
  return 0x7e >> (bit++ % 8) & 1;
}

Samples preamble(double seconds) {
  Samples samples(static_cast<size_t>(seconds * kSecond));
  unsigned bit = 0;
  auto* tx = fsk_tx_init(nullptr, &preset_fsk_specs[FSK_V21CH2], next_flag_bit, &bit);
  fsk_tx(tx, samples.data(), static_cast<int>(samples.size()));
  fsk_tx_free(tx);
  return samples;
}

Samples modem_tone(int type, double seconds) {
  if (type == MODEM_CONNECT_TONES_FAX_PREAMBLE) return preamble(seconds);
  Samples samples(static_cast<size_t>(seconds * kSecond));
  auto* tx = modem_connect_tones_tx_init(nullptr, type);
  modem_connect_tones_tx(tx, samples.data(), static_cast<int>(samples.size()));
  modem_connect_tones_tx_free(tx);
  return samples;
}

// Speech-like: a harmonic voice of wandering pitch through two moving formants, in syllables, with hiss between.
Samples speech(double seconds, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  std::normal_distribution<double> noise(0, 1);
  Samples samples;
  while (samples.size() < static_cast<size_t>(seconds * kSecond)) {
    double pitch = 90 + 160 * unit(random);
    double formants[2] = {250 + 700 * unit(random), 900 + 1500 * unit(random)};
    auto length = static_cast<size_t>((0.08 + 0.25 * unit(random)) * kSecond);
    double level = 1000 + 5000 * unit(random);
    bool voiced = unit(random) < 0.75;
    double state[2][2] = {};
    for (size_t i = 0; i < length; ++i) {
      double t = static_cast<double>(i) / kSecond;
      double excitation = voiced ? (std::fmod(t * pitch, 1.0) < pitch / kSecond ? 8.0 : 0.0) : 0.3 * noise(random);
      double value = 0;
      for (int f = 0; f < 2; ++f) {
        double r = 0.95;
        double out = excitation + 2 * r * std::cos(2 * std::numbers::pi * formants[f] / kSecond) * state[f][0] -
                     r * r * state[f][1];
        state[f][1] = state[f][0];
        state[f][0] = out;
        value += out / (f + 1);
      }
      double envelope = std::sin(std::numbers::pi * static_cast<double>(i) / static_cast<double>(length));
      samples.push_back(
          static_cast<int16_t>(std::clamp(level * envelope * value / 10 + 15 * noise(random), -32000.0, 32000.0)));
    }
  }
  return samples;
}

Samples joined(const Samples& a, const Samples& b) {
  Samples all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

Samples with_noise(Samples samples, double deviation, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, deviation);
  for (auto& sample : samples) sample = static_cast<int16_t>(std::clamp(sample + noise(random), -32768.0, 32767.0));
  return samples;
}

Samples at_level(Samples samples, double db) {
  for (auto& sample : samples) sample = static_cast<int16_t>(sample * std::pow(10, db / 20));
  return samples;
}

struct Heard {
  HeardTone tone;
  double at_ms;
};

std::vector<Heard> listen(const Samples& samples, size_t block = 160) {
  FaxToneDetector detector;
  std::vector<Heard> heard;
  for (size_t at = 0; at < samples.size(); at += block) {
    auto length = std::min(block, samples.size() - at);
    auto tone = detector.feed(std::span(samples).subspan(at, length));
    for (; tone; tone = detector.feed({})) heard.push_back({*tone, static_cast<double>(at + length) / 8});
  }
  return heard;
}

std::vector<HeardTone> tones(const std::vector<Heard>& heard) {
  std::vector<HeardTone> result;
  for (const auto& h : heard) result.push_back(h.tone);
  return result;
}

TEST(FaxToneDetector, HearsEachToneOfAFaxMachineAndNothingElse) {
  struct Row {
    const char* name;
    int type;
    double seconds;
    HeardTone expected;
    double within_ms;
  };
  for (const Row& row : {Row{"CNG", MODEM_CONNECT_TONES_FAX_CNG, 1.0, HeardTone::Cng, 460},
                         Row{"CED", MODEM_CONNECT_TONES_FAX_CED, 2.5, HeardTone::Ced, 850},
                         Row{"ANSam", MODEM_CONNECT_TONES_ANSAM, 3.0, HeardTone::AnsAm, 850},
                         Row{"ANSam with reversals", MODEM_CONNECT_TONES_ANSAM_PR, 3.0, HeardTone::AnsAm, 2300},
                         Row{"ANS with reversals", MODEM_CONNECT_TONES_ANS_PR, 3.0, HeardTone::AnsAm, 2300},
                         Row{"preamble", MODEM_CONNECT_TONES_FAX_PREAMBLE, 1.0, HeardTone::V21Preamble, 250}}) {
    for (double db : {0.0, -20.0}) {
      auto heard = listen(with_noise(at_level(modem_tone(row.type, row.seconds), db), 5, 1));

      ASSERT_THAT(tones(heard), ElementsAre(row.expected)) << row.name << " at " << db;
      EXPECT_LE(heard[0].at_ms, row.within_ms) << row.name << " at " << db;
    }
  }
}

// Long before it is sure what it is: the media is to be ready within 100 ms.
TEST(FaxToneDetector, TheOnsetOfEachToneIsClearWithin100MsOfItsFirstSample) {
  using Onset = FaxToneDetector::Onset;
  struct Row {
    const char* name;
    int type;
    Onset expected;
  };
  for (const Row& row :
       {Row{"CNG", MODEM_CONNECT_TONES_FAX_CNG, Onset::Tone}, Row{"CED", MODEM_CONNECT_TONES_FAX_CED, Onset::Tone},
        Row{"ANSam", MODEM_CONNECT_TONES_ANSAM, Onset::Tone},
        Row{"ANSam with reversals", MODEM_CONNECT_TONES_ANSAM_PR, Onset::Tone},
        Row{"preamble", MODEM_CONNECT_TONES_FAX_PREAMBLE, Onset::V21}}) {
    for (double db : {0.0, -20.0}) {
      for (size_t offset : {0u, 1u, 80u, 159u}) {
        Samples tone = modem_tone(row.type, 1.0);
        tone.erase(tone.begin(), std::ranges::find_if(tone, [](int16_t sample) { return sample != 0; }));
        auto samples = joined(Samples(10 * 160 + offset), at_level(tone, db));
        const size_t ends = samples.size();
        samples.resize(ends + kSecond);
        samples = with_noise(samples, 5, 1);
        SCOPED_TRACE(std::string(row.name) + " at " + std::to_string(db) + " dB, offset " + std::to_string(offset));

        FaxToneDetector detector;
        Onset first = Onset::None;
        double after_ms = 1e9, gone_ms = 0;
        for (size_t at = 0; at + 160 <= samples.size(); at += 160) {
          detector.feed(std::span(samples).subspan(at, 160));
          if (detector.onset() == Onset::None) continue;
          gone_ms = (static_cast<double>(at + 160) - static_cast<double>(ends)) / 8;
          if (first != Onset::None) continue;
          first = detector.onset();
          after_ms = static_cast<double>(at + 160 - 10 * 160 - offset) / 8;
        }

        EXPECT_EQ(first, row.expected);
        EXPECT_LE(after_ms, 100);
        EXPECT_LE(gone_ms, 520) << "after its end";
      }
    }
  }
}

TEST(FaxToneDetector, SpeechHasNoOnset) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const Samples samples = speech(20, seed);
    FaxToneDetector detector;
    int blocks = 0;
    for (size_t at = 0; at + 160 <= samples.size(); at += 160) {
      detector.feed(std::span(samples).subspan(at, 160));
      blocks += detector.onset() != FaxToneDetector::Onset::None;
    }
    EXPECT_EQ(blocks, 0) << seed;
  }
}

TEST(FaxToneDetector, HearsTheSameInBlocksOfAnySize) {
  auto samples = joined(modem_tone(MODEM_CONNECT_TONES_FAX_CNG, 5), modem_tone(MODEM_CONNECT_TONES_FAX_PREAMBLE, 1));
  auto expected = tones(listen(samples));

  ASSERT_THAT(expected, ElementsAre(HeardTone::Cng, HeardTone::Cng, HeardTone::V21Preamble));
  for (size_t block : {1u, 7u, 80u, 159u, 161u, 240u, 1000u})
    EXPECT_EQ(tones(listen(samples, block)), expected) << block;
}

TEST(FaxToneDetector, HearsThePreambleAfterSpeechAndCed) {
  auto samples = joined(speech(5, 3), Samples(400));
  samples = joined(samples, modem_tone(MODEM_CONNECT_TONES_FAX_CED, 5));
  samples.resize(samples.size() + 600);
  auto before = static_cast<double>(samples.size()) / 8;
  samples = joined(samples, modem_tone(MODEM_CONNECT_TONES_FAX_PREAMBLE, 1));

  auto heard = listen(with_noise(samples, 10, 2));

  ASSERT_THAT(tones(heard), ElementsAre(HeardTone::Ced, HeardTone::V21Preamble));
  EXPECT_LE(heard[1].at_ms - before, 250);
}

TEST(FaxToneDetector, IsDeafToSpeechNoiseAndSilence) {
  for (unsigned seed = 1; seed <= 10; ++seed) EXPECT_THAT(listen(speech(20, seed)), IsEmpty()) << seed;
  EXPECT_THAT(listen(with_noise(Samples(10 * kSecond), 3000, 7)), IsEmpty());
  EXPECT_THAT(listen(Samples(kSecond)), IsEmpty());
}

std::string digits_in(const Samples& samples, size_t block = 160) {
  DtmfDetector detector;
  std::string digits;
  for (size_t at = 0; at < samples.size(); at += block) {
    auto digit = detector.feed(std::span(samples).subspan(at, std::min(block, samples.size() - at)));
    for (; digit; digit = detector.feed({})) digits += *digit;
  }
  return digits;
}

TEST(DtmfDetector, HearsEachDigitOnce) {
  const std::string digits = "1234567890*#ABCD1";
  auto* tx = dtmf_tx_init(nullptr);
  dtmf_tx_put(tx, digits.c_str(), -1);
  Samples samples(4 * kSecond);
  samples.resize(static_cast<size_t>(dtmf_tx(tx, samples.data(), static_cast<int>(samples.size()))));
  dtmf_tx_free(tx);

  for (size_t block : {1u, 80u, 160u, 171u, 4000u}) EXPECT_EQ(digits_in(samples, block), digits) << block;
}

// It does not listen while the line is silent.
TEST(DtmfDetector, HearsTheSameDigitAgainAfterEachSilenceDownToTheLowestLevelOfQ24) {
  for (int level : {-3, -20, -29}) {  // dBm0 of each of the two tones
    Samples samples;
    for (int times = 0; times < 3; ++times) {
      samples.resize(samples.size() + kSecond);
      Samples digit(640);
      auto* tx = dtmf_tx_init(nullptr);
      dtmf_tx_set_level(tx, level, 0);
      dtmf_tx_put(tx, "5", -1);
      dtmf_tx(tx, digit.data(), static_cast<int>(digit.size()));
      dtmf_tx_free(tx);
      samples.insert(samples.end(), digit.begin(), digit.end());
    }
    samples.resize(samples.size() + kSecond);

    for (size_t block : {1u, 80u, 160u, 171u}) EXPECT_EQ(digits_in(samples, block), "555") << level << " " << block;
  }
}

TEST(DtmfDetector, IsDeafToSpeechNoiseAndFaxTones) {
  for (unsigned seed = 1; seed <= 10; ++seed) EXPECT_EQ(digits_in(speech(20, seed)), "") << seed;
  EXPECT_EQ(digits_in(with_noise(Samples(10 * kSecond), 3000, 7)), "");
  EXPECT_EQ(digits_in(modem_tone(MODEM_CONNECT_TONES_FAX_PREAMBLE, 2)), "");
}

}  // namespace
}  // namespace sg::media
