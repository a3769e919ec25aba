#include "media/tone/tone_generator.h"

#include <spandsp.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <string_view>

namespace sg::media {
namespace {

constexpr std::chrono::milliseconds kPause{50};
constexpr std::chrono::milliseconds kShortest{40};
constexpr std::chrono::milliseconds kLongest{60'000};
constexpr size_t kMaxDigits = 32;

template <class Handle, int (*kFree)(Handle*)>
struct Release {
  void operator()(Handle* handle) const { kFree(handle); }
};

}  // namespace

struct ToneGenerator::State {
  struct Digit {
    char digit;
    int length_ms;
  };

  const std::span<const int16_t> music;
  size_t music_at = 0;
  bool plays_music = false;
  std::optional<tdm::TonePlayer> progress;
  std::unique_ptr<dtmf_tx_state_t, Release<dtmf_tx_state_t, dtmf_tx_free>> dtmf{dtmf_tx_init(nullptr)};

  std::array<Digit, kMaxDigits> queue{};
  size_t first = 0;
  size_t queued = 0;
  bool in_digit = false;

  explicit State(std::span<const int16_t> to_repeat) : music(to_repeat) {
    if (!dtmf) throw std::bad_alloc();
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

ToneGenerator::ToneGenerator(std::span<const int16_t> music) : state_(std::make_unique<State>(music)) {}
ToneGenerator::~ToneGenerator() = default;
ToneGenerator::ToneGenerator(ToneGenerator&&) noexcept = default;
ToneGenerator& ToneGenerator::operator=(ToneGenerator&&) noexcept = default;

void ToneGenerator::play(Tone tone, const tdm::ToneZone& zone) {
  State& s = *state_;
  s.plays_music = tone == Tone::Music && !s.music.empty();
  s.music_at = 0;
  s.progress.reset();
  if (tone == Tone::Dial) s.progress.emplace(zone.dial);
  if (tone == Tone::Ringback) s.progress.emplace(zone.ringback);
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
  return state_->plays_music || state_->progress || state_->in_digit || state_->queued > 0;
}

void ToneGenerator::generate(std::span<int16_t> linear) {
  State& s = *state_;
  auto rest = linear.subspan(s.generate_digits(linear));
  if (s.plays_music) return s.generate_music(rest);
  if (s.progress) return s.progress->generate(rest);
  std::ranges::fill(rest, int16_t{0});
}

}  // namespace sg::media
