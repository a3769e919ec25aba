#include "media/tone/tone_generator.h"

#include <spandsp.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

namespace sg::media {
namespace {

constexpr std::chrono::milliseconds kPause{50};
constexpr std::chrono::milliseconds kShortest{40};
constexpr std::chrono::milliseconds kLongest{60'000};
constexpr size_t kMaxDigits = 32;

// Levels in dBm0; on and off times in ms, twice, then from the start.
struct Cadence {
  int frequency_1, level_1, frequency_2, level_2;
  int on_1, off_1, on_2, off_2;
};
struct ProgressTones {
  Cadence dial, ringback, busy, congestion;
};

constexpr ProgressTones kEu = {
    .dial = {425, -10, 0, 0, 1000, 0, 0, 0},
    .ringback = {425, -10, 0, 0, 1000, 4000, 0, 0},
    .busy = {425, -10, 0, 0, 500, 500, 0, 0},
    .congestion = {425, -10, 0, 0, 200, 200, 0, 0},
};
constexpr ProgressTones kUs = {
    .dial = {350, -13, 440, -13, 1000, 0, 0, 0},
    .ringback = {440, -19, 480, -19, 2000, 4000, 0, 0},
    .busy = {480, -24, 620, -24, 500, 500, 0, 0},
    .congestion = {480, -24, 620, -24, 250, 250, 0, 0},
};
constexpr ProgressTones kUk = {
    .dial = {350, -13, 440, -13, 1000, 0, 0, 0},
    .ringback = {400, -16, 450, -16, 400, 200, 400, 2000},
    .busy = {400, -16, 0, 0, 375, 375, 0, 0},
    .congestion = {400, -16, 0, 0, 400, 350, 225, 525},
};

const ProgressTones& tones_of(ToneCountry country) {
  return country == ToneCountry::Us ? kUs : country == ToneCountry::Uk ? kUk : kEu;
}

template <class Handle, int (*kFree)(Handle*)>
struct Release {
  void operator()(Handle* handle) const { kFree(handle); }
};
struct ReleaseDescriptor {
  void operator()(tone_gen_descriptor_t* descriptor) const { tone_gen_descriptor_free(descriptor); }
};

}  // namespace

struct ToneGenerator::State {
  struct Digit {
    char digit;
    int length_ms;
  };

  const ProgressTones& tones;
  const std::span<const int16_t> music;
  size_t music_at = 0;
  Tone tone = Tone::None;
  std::unique_ptr<tone_gen_descriptor_t, ReleaseDescriptor> descriptor{
      tone_gen_descriptor_init(nullptr, 425, -10, 0, 0, 1000, 0, 0, 0, 1)};
  std::unique_ptr<tone_gen_state_t, Release<tone_gen_state_t, tone_gen_free>> progress{
      tone_gen_init(nullptr, descriptor.get())};
  std::unique_ptr<dtmf_tx_state_t, Release<dtmf_tx_state_t, dtmf_tx_free>> dtmf{dtmf_tx_init(nullptr)};

  std::array<Digit, kMaxDigits> queue{};
  size_t first = 0;
  size_t queued = 0;
  bool in_digit = false;

  State(ToneCountry country, std::span<const int16_t> to_repeat) : tones(tones_of(country)), music(to_repeat) {
    if (!descriptor || !progress || !dtmf) throw std::bad_alloc();
  }

  const Cadence* cadence() const {
    switch (tone) {
      case Tone::Dial:
        return &tones.dial;
      case Tone::Ringback:
        return &tones.ringback;
      case Tone::Busy:
        return &tones.busy;
      case Tone::Congestion:
        return &tones.congestion;
      case Tone::None:
      case Tone::Silence:
      case Tone::Music:
        break;
    }
    return nullptr;
  }

  void generate_music(std::span<int16_t> linear) {
    for (int16_t& sample : linear) {
      sample = music[music_at];
      music_at = (music_at + 1) % music.size();
    }
  }

  // Digits into the front of the block; how many samples they took.
  size_t generate_digits(std::span<int16_t> linear) {
    size_t done = 0;
    while (done < linear.size() && (in_digit || queued > 0)) {
      if (!in_digit) {
        // Timing binds all that waits in SpanDSP's queue, so it gets one digit at a time.
        const Digit& digit = queue[first];
        dtmf_tx_set_timing(dtmf.get(), digit.length_ms, static_cast<int>(kPause.count()));
        dtmf_tx_put(dtmf.get(), &digit.digit, 1);
        first = (first + 1) % kMaxDigits;
        --queued;
        in_digit = true;
      }
      auto rest = linear.subspan(done);
      auto made = static_cast<size_t>(dtmf_tx(dtmf.get(), rest.data(), static_cast<int>(rest.size())));
      done += made;
      if (made < rest.size()) in_digit = false;
    }
    return done;
  }
};

ToneGenerator::ToneGenerator(ToneCountry country, std::span<const int16_t> music)
    : state_(std::make_unique<State>(country, music)) {}
ToneGenerator::~ToneGenerator() = default;
ToneGenerator::ToneGenerator(ToneGenerator&&) noexcept = default;
ToneGenerator& ToneGenerator::operator=(ToneGenerator&&) noexcept = default;

void ToneGenerator::play(Tone tone) {
  State& s = *state_;
  s.tone = tone == Tone::Music && s.music.empty() ? Tone::None : tone;
  s.music_at = 0;
  const Cadence* c = s.cadence();
  if (!c) return;
  tone_gen_descriptor_init(s.descriptor.get(), c->frequency_1, c->level_1, c->frequency_2, c->level_2, c->on_1,
                           c->off_1, c->on_2, c->off_2, 1);
  tone_gen_init(s.progress.get(), s.descriptor.get());
}

bool ToneGenerator::play_digit(char digit, std::chrono::milliseconds length) {
  State& s = *state_;
  if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
  constexpr std::string_view kDigits = "0123456789*#ABCD";
  if (kDigits.find(digit) == kDigits.npos || s.queued == kMaxDigits) return false;
  auto length_ms = static_cast<int>(std::clamp(length, kShortest, kLongest).count());
  s.queue[(s.first + s.queued++) % kMaxDigits] = {digit, length_ms};
  return true;
}

bool ToneGenerator::is_playing() const {
  return state_->tone != Tone::None || state_->in_digit || state_->queued > 0;
}

void ToneGenerator::generate(std::span<int16_t> linear) {
  State& s = *state_;
  auto rest = linear.subspan(s.generate_digits(linear));
  if (s.tone == Tone::Music) return s.generate_music(rest);
  size_t made = 0;
  if (s.cadence()) made = static_cast<size_t>(tone_gen(s.progress.get(), rest.data(), static_cast<int>(rest.size())));
  std::fill(rest.begin() + static_cast<std::ptrdiff_t>(made), rest.end(), int16_t{0});
}

}  // namespace sg::media
