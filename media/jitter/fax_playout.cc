#include "media/jitter/fax_playout.h"

#include <cmath>
#include <cstdlib>

namespace sg::media {
namespace {

constexpr auto kAhead = static_cast<int64_t>(Interpolator::kAhead);

// A sender that is silent for longer (1 s) is no sender that has fallen behind.
constexpr int64_t kMostHeld = 8000;

// What a clock gained or lost is made up for where the line is silent, by whole octets, since a modem that was trained
// does not even like its sender's phase to move. From so many octets (2 ms) on, if the network cannot have feigned
// them.
constexpr double kWorthCorrecting = 16;
constexpr int64_t kMostAtOnce = 40;
constexpr int64_t kSilence = 80;  // octets before and after
constexpr int kFaintest = 90;     // mean magnitude, -50 dBm0: fax modems need -43
// Where no silence comes for so long that this much has gathered (20 ms), it is read between its samples.
constexpr double kTooFar = 160;
// A modem that was trained follows a change of its sender's clock slowly: the buffer has time, so the rate does not
// jump.
constexpr double kMostCorrection = 500e-6;
constexpr double kRateChange = 5e-6;    // a second
constexpr double kCatchUpSeconds = 60;  // what was gained or lost before is made up for over so long,
constexpr double kMostCatchUp = 20e-6;  // and by no more than this

}  // namespace

void FaxPlayout::begin(Carries what, DepthChange when, bool has_time_line) {
  is_data_ = what == Carries::Data;
  deepens_ = when;
  is_to_deepen_ = has_time_line;
  held_ = 0;
  repeater_.on_signal();
  stop_correcting();
  is_shallow_ = is_to_deepen_ && when == DepthChange::InSilence;
  if (is_to_deepen_ && !is_shallow_) deepen(options_.depth);
}

void FaxPlayout::be_sure(bool has_time_line) {
  deepens_ = DepthChange::Fully;
  is_to_deepen_ = has_time_line;
}

int64_t FaxPlayout::begin_time_line() {
  is_to_deepen_ = !is_data_;
  is_shallow_ = false;
  held_ = 0;
  stop_correcting();
  return octets_of(options_.depth);
}

void FaxPlayout::stop_correcting() {
  drift_before_ = drift_.certain_ppm().value_or(drift_before_);
  drift_.restart();
  corrected_ = 0;
  is_resampling_ = false;
  rate_ = 0;
  fraction_ = 0;
}

// A packet in order whose turn is over: its sender, or the network, has fallen behind. Nothing was lost, so nothing is
// dropped: play-out waits for it.
void FaxPlayout::expect(int64_t position) {
  const int64_t late = line_.play - position;
  if (late <= 0) return;
  if (is_resampling_) leave_resampling();
  // What is made up loses bits in any case: some delay is taken at once, so that the next packet loses none.
  line_.insert(SignalRepeater::whole_periods(late + (is_shallow_ ? 0 : octets_of(options_.depth))));
  is_to_deepen_ = true;
}

void FaxPlayout::on_newest(int64_t position, TimePoint arrival) {
  if (is_data_ || given_ == 0) return;
  drift_.on_packet(static_cast<double>(position), arrival);
  // What is left of the delay is too little for the next time.
  if (drift_.take_step() < 0) is_to_deepen_ = true;
}

// A tick of ours.
void FaxPlayout::count(size_t octets, TimePoint now) {
  given_ += static_cast<int64_t>(octets);
  if (!is_data_) drift_.on_pull(static_cast<double>(given_), now);
}

bool FaxPlayout::play_or_hold(std::span<uint8_t> block, TimePoint now) {
  if (hold(block.size(), now)) return false;
  play(block, now, options_.depth);
  return true;
}

// The stream's timestamps will tell whether its sender has fallen behind or paused.
bool FaxPlayout::hold(size_t octets, TimePoint now) {
  const auto size = static_cast<int64_t>(octets);
  if (!line_.has_played || is_resampling_ || line_.end - line_.play >= size || held_ >= kMostHeld) return false;
  count(octets, now);
  held_ += size;
  return true;
}

void FaxPlayout::go_on_at(int64_t position) {
  if (held_ == 0) return;
  const int64_t pause = line_.end <= line_.play ? std::clamp<int64_t>(position - line_.play, 0, held_) : 0;
  line_.play += pause;
  skipped_ += pause;
  held_ = 0;
  if (pause > 0) repeater_.give_up();
}

void FaxPlayout::play(std::span<uint8_t> block, TimePoint now, std::chrono::milliseconds deepest) {
  count(block.size(), now);
  if (held_ > 0) repeater_.give_up();
  if (is_to_deepen_ && is_silent_around()) {
    is_to_deepen_ = is_shallow_ = false;
    deepen(std::max(options_.depth, !is_data_ && is_sure() ? deepest : 0ms));
  }
  if (drift_.ppm()) follow_drift();
  if (is_resampling_) return resample(block);
  line_.play_block(
      block, [this](std::span<uint8_t>) { repeater_.on_signal(); }, [this](std::span<uint8_t> run) { fill_gap(run); });
}

void FaxPlayout::fill_gap(std::span<uint8_t> run) {
  if (!is_data_ && line_.has_played) return go_on_with_signal(line_.play, run);
  std::ranges::fill(run, tdm::idle_octet(line_.law));
  if (line_.has_played) line_.stats.silence_samples += run.size();
  line_.ring.note_gap(line_.play, run);
}

void FaxPlayout::go_on_with_signal(int64_t position, std::span<uint8_t> run) {
  const size_t made_up = repeater_.fill(line_.ring, position, run, line_.law);
  line_.stats.concealed_samples += made_up;
  line_.stats.silence_samples += run.size() - made_up;
}

void FaxPlayout::insert_silence(int64_t octets) {
  line_.insert(octets);
  if (octets > 0) repeater_.give_up();
}

// What waits is kept, and every octet of it is played as it came; the first of it is played later.
void FaxPlayout::deepen(std::chrono::milliseconds depth) {
  const int64_t more = std::max<int64_t>(0, octets_of(depth) - std::max<int64_t>(0, line_.lead));
  insert_silence(more);
  line_.lead += more;
}

bool FaxPlayout::is_silent_around() const {
  const int64_t play = line_.play;
  if (play < kSilence) return true;  // nothing was played yet
  int64_t sum = 0;
  for (int64_t at = play - kSilence; at < play; ++at) sum += std::abs(line_.sample_at(at));
  for (int64_t at = play; at < play + kSilence; ++at) sum += line_.ring.has(at) ? std::abs(line_.sample_at(at)) : 0;
  return sum < 2 * kSilence * kFaintest;
}

void FaxPlayout::follow_drift() {
  const double pending = drift_.change() - corrected_;
  if (!is_resampling_ && std::abs(pending) <= kWorthCorrecting) return;
  if (is_silent_around()) {
    if (is_resampling_) leave_resampling();
    if (std::abs(pending) > kWorthCorrecting + 4 * drift_.scatter()) move(std::llround(pending));
  } else if (!is_resampling_ && std::abs(pending) > kTooFar) {
    start_resampling();
  }
}

// Leaves out octets of silence, or puts some in when negative.
void FaxPlayout::move(int64_t octets) {
  octets = std::clamp(octets, -kMostAtOnce, kMostAtOnce);
  if (octets < 0) {
    insert_silence(-octets);
  } else {
    line_.leave_out(octets);
  }
  corrected_ += static_cast<double>(octets);
}

void FaxPlayout::start_resampling() {
  is_resampling_ = true;
  constexpr auto kBefore = static_cast<int64_t>(Interpolator::kTaps - Interpolator::kAhead) - 1;
  const int64_t play = line_.play;
  for (int64_t at = play - kBefore; at < play; ++at) interpolator_.push(line_.sample_at(at));
  for (int64_t at = play; at <= play + kAhead; ++at) interpolator_.push(line_.ring.has(at) ? line_.sample_at(at) : 0);
}

void FaxPlayout::leave_resampling() {
  is_resampling_ = false;
  corrected_ -= fraction_;
  fraction_ = rate_ = 0;
}

void FaxPlayout::adjust_rate(size_t octets) {
  constexpr double kOctetsPerSecond = 8000;
  const double behind = (drift_.change() - corrected_) / (kOctetsPerSecond * kCatchUpSeconds);
  const double wanted = *drift_.ppm() * 1e-6 + std::clamp(behind, -kMostCatchUp, kMostCatchUp);
  const double step = kRateChange * static_cast<double>(octets) / kOctetsPerSecond;
  rate_ = std::clamp(std::clamp(wanted, rate_ - step, rate_ + step), -kMostCorrection, kMostCorrection);
}

void FaxPlayout::resample(std::span<uint8_t> block) {
  adjust_rate(block.size());
  for (uint8_t& octet : block) {
    octet = g711::encode(line_.law, interpolator_.at(fraction_));
    for (fraction_ += 1 + rate_; fraction_ >= 1; fraction_ -= 1) step();
  }
  corrected_ += rate_ * static_cast<double>(block.size());
}

void FaxPlayout::step() {
  const int64_t next = line_.play + 1 + kAhead;
  uint8_t made_up = 0;
  if (line_.ring.has(next)) {
    repeater_.on_signal();
  } else {
    go_on_with_signal(next, {&made_up, 1});
  }
  interpolator_.push(line_.sample_at(next));
  line_.ring.forget(line_.play, 1);
  ++line_.play;
}

}  // namespace sg::media
