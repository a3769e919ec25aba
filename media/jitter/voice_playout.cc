#include "media/jitter/voice_playout.h"

#include <cstdlib>

namespace sg::media {
namespace {

// The delay shrinks by small steps.
constexpr int64_t kLargestRemoval = 80;
constexpr int64_t kSmallestRemoval = 40;
constexpr int kQuiet = 200;        // mean magnitude, about -43 dBm0
constexpr int64_t kTooDeep = 480;  // beyond the maximum: removed without waiting for silence

}  // namespace

VoicePlayout::VoicePlayout(PlayLine& line, const Options& options)
    : line_(line), options_(options), delay_(octets_of(options.min)), concealer_(line.law) {}

int64_t VoicePlayout::begin_time_line() {
  delay_.restart();
  return octets_of(options_.start);
}

void VoicePlayout::expect(int64_t position) {
  line_.insert(delay_.on_packet(position - line_.play));
}

void VoicePlayout::play(std::span<uint8_t> block, TimePoint) {
  shrink();
  line_.play_block(
      block,
      [this](std::span<uint8_t> run) {
        silent_ = 0;
        concealer_.join(run);
        concealer_.remember(run);
      },
      [this](std::span<uint8_t> run) {
        silent_ += static_cast<int64_t>(run.size());
        fill_gap(run);
        concealer_.remember(run);
      });
  delay_.on_played(block.size());
}

void VoicePlayout::fill_gap(std::span<uint8_t> run) {
  if (!line_.has_played) {
    std::ranges::fill(run, tdm::idle_octet(line_.law));
    return line_.ring.note_gap(line_.play, run);
  }
  const size_t made_up = concealer_.fill(run);
  line_.stats.concealed_samples += made_up;
  line_.stats.silence_samples += run.size() - made_up;
}

// Leaves out some octets when packets come earlier than they need to.
void VoicePlayout::shrink() {
  const int64_t waiting = line_.waiting();
  const bool is_too_deep = waiting > octets_of(options_.max) + kTooDeep;
  const int64_t removal = is_too_deep ? kLargestRemoval : std::min({delay_.surplus(), kLargestRemoval, waiting});
  if (removal < kSmallestRemoval || (!is_too_deep && !is_quiet(removal))) return;
  line_.leave_out(removal);
  delay_.shift(-removal);
}

bool VoicePlayout::is_quiet(int64_t octets) const {
  int64_t sum = 0;
  for (int64_t at = line_.play; at < line_.play + octets; ++at) {
    if (line_.ring.has(at)) sum += std::abs(line_.sample_at(at));
  }
  return sum < kQuiet * octets;
}

}  // namespace sg::media
