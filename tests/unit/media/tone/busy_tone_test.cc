// Busy tone in every zone, and what people say and play on their lines for hours. The suite listens to a few minutes
// of that; an hour of each is
//     SG_BUSY_TONE_MINUTES=60 build/release/tests/media_busy_tone_test
#include "media/tone/busy_tone_detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <memory>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace sg::media {
namespace {

using std::chrono::milliseconds;

constexpr int kRate = 8000;
constexpr size_t kBlock = 160;
using Block = std::array<int16_t, kBlock>;

size_t minutes() {
  const char* given = std::getenv("SG_BUSY_TONE_MINUTES");
  return given ? static_cast<size_t>(std::atoi(given)) : 10;
}

// How long the line sounds like this until the detector believes it; none: not within half a minute. Noise 26 dB below
// a tone that has lost 8 dB on its way.
std::optional<milliseconds> heard_after(const tdm::ToneZone& zone, const tdm::ToneShape& played,
                                        std::optional<milliseconds> for_so_long = std::nullopt) {
  BusyToneDetector detector(zone);
  tdm::TonePlayer player(played);
  const double amplitude = 32124 * std::pow(10, (played.level - 3.14) / 20), loss = std::pow(10, -8 / 20.0);
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, amplitude * loss / 20 / std::numbers::sqrt2);
  Block block;
  for (milliseconds at{}; at < milliseconds(30000); at += milliseconds(20)) {
    player.generate(block);
    const bool is_over = for_so_long && at >= *for_so_long;
    for (int16_t& sample : block) sample = static_cast<int16_t>((is_over ? 0 : sample * loss) + noise(random));
    if (detector.feed(block)) return at + milliseconds(20);
  }
  return std::nullopt;
}

milliseconds cycle_of(const tdm::ToneShape& shape) {
  milliseconds sum{};
  for (const auto& segment : shape.segments) sum += milliseconds(segment.ms);
  return sum;
}

struct BusyToneOfZone : testing::TestWithParam<tdm::ToneZone> {
  const tdm::ToneZone& zone = GetParam();
};

TEST_P(BusyToneOfZone, IsHeardAfterEightSecondsOrSixteenPeriods) {
  for (const tdm::ToneShape* shape : {&zone.busy, &zone.congestion}) {
    auto heard = heard_after(zone, *shape);

    ASSERT_TRUE(heard);
    EXPECT_GE(*heard, milliseconds(5000));
    EXPECT_LE(*heard, milliseconds(8000) + 2 * cycle_of(*shape));
  }
  EXPECT_EQ(zone.unobtainable.segments.empty() || heard_after(zone, zone.unobtainable), true);
}

TEST_P(BusyToneOfZone, IsNotBelievedBefore) {
  for (const tdm::ToneShape* shape : {&zone.busy, &zone.congestion}) {
    EXPECT_FALSE(heard_after(zone, *shape, milliseconds(4000)));
    EXPECT_FALSE(heard_after(zone, *shape, 3 * cycle_of(*shape)));
  }
}

TEST_P(BusyToneOfZone, IsNoOtherToneThatAnExchangePlays) {
  for (const tdm::ToneShape* shape : {&zone.dial, &zone.stutter, &zone.ringback}) {
    EXPECT_FALSE(heard_after(zone, *shape)) << shape - &zone.dial;
  }
}

INSTANTIATE_TEST_SUITE_P(Zones, BusyToneOfZone, testing::ValuesIn(tdm::tone_zones()),
                         [](const auto& test) { return std::string(test.param.name); });

double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Every zone's detector at one line.
struct AllZones {
  AllZones() {
    for (const auto& zone : tdm::tone_zones()) detectors.emplace_back(zone);
  }
  void listen(const Block& block) {
    const double began = processor_seconds();
    for (size_t i = 0; i < detectors.size(); ++i) {
      if (!detectors[i].feed(block)) continue;
      ADD_FAILURE() << "busy tone of " << tdm::tone_zones()[i].name << " after "
                    << static_cast<double>(blocks) * kBlock / kRate << " s";
    }
    spent += processor_seconds() - began;
    ++blocks;
  }
  bool is_over() const { return blocks >= minutes() * 60 * kRate / kBlock; }
  ~AllZones() {
    const double lines = static_cast<double>(blocks * detectors.size()) * kBlock / kRate;
    std::cout << blocks * kBlock / kRate << " s of line, " << spent << " s of the processor in " << detectors.size()
              << " detectors: " << spent / lines * 1e6 << " us a second of one\n";
  }

  std::vector<BusyToneDetector> detectors;
  double spent = 0;
  size_t blocks = 0;
};

// What espeak-ng says of a file, as a telephone line carries it: 8000 samples a second, 3.4 kHz wide.
class Speech {
 public:
  Speech(const std::string& voice, int words_a_minute, const std::string& file)
      : from_(
            popen(("espeak-ng -v " + voice + " -s " + std::to_string(words_a_minute) + " --stdout -f " + file).c_str(),
                  "r")) {
    for (size_t phase = 0; phase < kPhases; ++phase) {
      for (size_t tap = 0; tap < kTaps; ++tap) {
        const double at = static_cast<double>(tap) - kTaps / 2.0 + 1 - static_cast<double>(phase) / kPhases;
        const double cut = 2 * 3400.0 / kEspeakRate, x = std::numbers::pi * at * cut;
        const double hann = 0.5 + 0.5 * std::cos(2 * std::numbers::pi * at / (kTaps + 1));
        filter_[phase][tap] = static_cast<float>((x == 0 ? 1 : std::sin(x) / x) * cut * hann);
      }
    }
    std::array<char, 44> header;
    is_open_ = from_ && std::fread(header.data(), 1, header.size(), from_.get()) == header.size();
  }
  // False: it has come to its end, and this is not filled.
  bool say(Block& block) {
    for (int16_t& sample : block) {
      if (!is_open_ || !has_enough()) return is_open_ = false;
      const auto whole = static_cast<size_t>(at_);
      const auto& taps = filter_[static_cast<size_t>((at_ - static_cast<double>(whole)) * kPhases)];
      float sum = 0;
      for (size_t tap = 0; tap < kTaps; ++tap) sum += taps[tap] * static_cast<float>(window_[whole + tap]);
      sample = static_cast<int16_t>(std::clamp(sum / 2, -32767.0f, 32767.0f));
      at_ += kEspeakRate / double{kRate};
    }
    return true;
  }

 private:
  static constexpr size_t kTaps = 32, kPhases = 64, kPiece = 65536;
  static constexpr double kEspeakRate = 22050;
  struct Close {
    void operator()(std::FILE* file) const { pclose(file); }
  };

  bool has_enough() {
    const auto done = static_cast<size_t>(at_);
    if (done + kTaps <= window_.size()) return true;
    window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(std::min(done, window_.size())));
    at_ -= static_cast<double>(done);
    const size_t kept = window_.size();
    window_.resize(kept + kPiece);
    window_.resize(kept + std::fread(window_.data() + kept, sizeof window_[0], kPiece, from_.get()));
    return window_.size() >= kTaps;
  }

  std::unique_ptr<std::FILE, Close> from_;
  std::array<std::array<float, kTaps>, kPhases> filter_;
  std::vector<int16_t> window_;
  double at_ = 0;  // in window_
  bool is_open_ = false;
};

TEST(BusyTone, IsNotHeardInSpeech) {
  struct Voice {
    const char* name;
    int words_a_minute;
  };
  constexpr Voice kVoices[] = {{"en", 165},    {"en-us+f3", 140}, {"de+m3", 180}, {"fr+f2", 150},
                               {"it+f4", 200}, {"es+m5", 130},    {"sv+f1", 170}, {"ru+m1", 160}};
  const char* const kTexts[] = {"calls.md", "operations.md", "install.md", "fax.md", "dialplan.md"};
  AllZones line;
  Block block;

  for (size_t round = 0; !line.is_over(); ++round) {
    const Voice& voice = kVoices[round % std::size(kVoices)];
    const std::string text = std::string(SG_SOURCE_DIR "/docs/") + kTexts[round % std::size(kTexts)];
    Speech speech(voice.name, voice.words_a_minute, text);
    ASSERT_TRUE(speech.say(block)) << "espeak-ng is needed, and has to speak as " << voice.name;
    // A few minutes of each voice.
    for (size_t left = 150 * kRate / kBlock; left > 0 && !line.is_over(); --left) {
      line.listen(block);
      if (!speech.say(block)) break;
    }
  }
}

// Tunes by a seed: chords, bass and a voice above them, or the voice alone; from flutes, whose notes are nearly sines,
// to strings. Notes come in the lengths of their tempo, staccato or tied, and come again, as in music.
class Music {
 public:
  explicit Music(uint32_t seed) : random_(seed) { begin_piece(); }

  void play(Block& block) {
    for (int16_t& sample : block) {
      if (left_ == 0) next_note();
      --left_;
      double sum = 0;
      for (Note& note : notes_) sum += note.next();
      sample = static_cast<int16_t>(std::clamp(sum, -32767.0, 32767.0));
    }
  }

 private:
  struct Note {
    double frequency, level, decay, overtones;
    size_t sounds;  // samples
    size_t age = 0;
    double phase = 0;

    double next() {
      if (age++ >= sounds) {
        level *= 0.99;  // let go
        if (level < 1) return 0;
      }
      level *= decay;
      phase = std::fmod(phase + frequency / kRate, 1.0);
      const double x = 2 * std::numbers::pi * phase;
      return level * (std::sin(x) + overtones * (0.5 * std::sin(2 * x) + 0.3 * std::sin(3 * x)));
    }
  };

  int any(int from, int to) { return std::uniform_int_distribution(from, to)(random_); }
  double real(double from, double to) { return std::uniform_real_distribution(from, to)(random_); }

  void begin_piece() {
    beat_ = static_cast<size_t>(kRate * 60 / any(50, 200));
    // Old and new concert pitch, and gramophones.
    pitch_ = real(412, 452);
    overtones_ = any(0, 3) == 0 ? real(0, 0.15) : real(0.2, 1);
    is_solo_ = any(0, 3) == 0;
    touch_ = real(0.3, 1);
    decay_ = any(0, 1) == 0 ? 1 : std::exp(-1 / (kRate * real(0.2, 2)));
    step_ = any(-6, 6);
    left_in_piece_ = static_cast<size_t>(any(40, 160));
  }
  double frequency(int step) const { return pitch_ * std::exp2(step / 12.0); }

  void next_note() {
    if (left_in_piece_-- == 0) begin_piece();
    constexpr int kLengths[] = {1, 1, 2, 2, 2, 4, 4, 8};
    if (again_ > 0) {
      --again_;
    } else {
      left_beats_ = kLengths[any(0, 7)];
      // A tune moves by small steps, and often stays.
      step_ = std::clamp(step_ + any(-4, 4), -12, 14);
      if (any(0, 5) == 0) again_ = any(1, 8);
    }
    left_ = beat_ * static_cast<size_t>(left_beats_) / 4;
    notes_.clear();
    if (any(0, 12) == 0) return;  // a rest
    const auto sounds = static_cast<size_t>(static_cast<double>(left_) * touch_);
    notes_.push_back({frequency(step_), 5000, decay_, overtones_, sounds});
    if (is_solo_) return;
    for (int interval : {-24, -12, -8 + any(0, 1), -5}) {
      notes_.push_back({frequency(step_ + interval), 1500, decay_, overtones_, left_});
    }
  }

  std::mt19937 random_;
  std::vector<Note> notes_;
  size_t left_ = 0, beat_ = 0, left_in_piece_ = 0;
  double pitch_ = 440, overtones_ = 0, touch_ = 1, decay_ = 1;
  int step_ = 0, left_beats_ = 1, again_ = 0;
  bool is_solo_ = false;
};

TEST(BusyTone, IsNotHeardInMusic) {
  AllZones line;
  Music music(20261201);
  Block block;

  while (!line.is_over()) {
    music.play(block);
    line.listen(block);
  }
}

}  // namespace
}  // namespace sg::media
