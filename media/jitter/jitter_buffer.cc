#include "media/jitter/jitter_buffer.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include "media/codec/g711.h"
#include "media/jitter/concealer.h"
#include "media/jitter/drift.h"
#include "media/jitter/interpolator.h"
#include "media/jitter/octet_ring.h"
#include "media/jitter/sequence_window.h"
#include "media/jitter/signal_repeater.h"
#include "media/jitter/voice_delay.h"

namespace sg::media {
namespace {

constexpr int64_t kOctetsPerMs = 8;
constexpr size_t kMaxPacket = 2048;
constexpr auto kAhead = static_cast<int64_t>(Interpolator::kAhead);
constexpr auto kCapacity = static_cast<int64_t>(OctetRing::kOctets);
// A packet in order whose turn was longer ago (400 ms) is on a time line of its own: what is behind it may not fit.
constexpr int64_t kMaxLate = 3200;

// A sender that is silent for longer (1 s) is no sender that has fallen behind.
constexpr int64_t kMostHeld = 8000;

// Voice shrinks its delay by small steps, where nobody hears it.
constexpr int64_t kLargestRemoval = 80;
constexpr int64_t kSmallestRemoval = 40;
constexpr int kQuiet = 200;        // mean magnitude, about -43 dBm0
constexpr int64_t kTooDeep = 480;  // beyond the maximum: removed without waiting for silence

// Fax: what a clock gained or lost is made up for where the line is silent, by whole octets, since a modem that was
// trained does not even like its sender's phase to move. From so many octets (2 ms) on, if the network cannot have
// feigned them.
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

int64_t octets_of(std::chrono::milliseconds time) {
  return time.count() * kOctetsPerMs;
}

}  // namespace

struct JitterBuffer::State {
  JitterOptions options;
  JitterStats stats;
  OctetRing ring;
  SequenceWindow sequences;
  VoiceDelay delay;
  Concealer concealer;
  SignalRepeater repeater;

  int64_t play = 0;  // position of the octet that is played next
  int64_t end = 0;   // position after the latest octet that came
  bool has_started = false;
  bool has_played = false;  // the first octet of the first packet
  bool has_time_line = false;
  uint32_t timestamp = 0;  // of the newest packet …
  int64_t position = 0;    // … which lies here
  int64_t lead = 0;        // … and came so many octets before its turn

  // Fax: drift correction.
  Drift drift;
  double drift_before = 0;  // ppm, of the latest time line before this one that was measured
  Interpolator interpolator;
  bool is_to_deepen = false;       // in silence …
  Deepen deepens = Deepen::Fully;  // … and how deep
  bool is_shallow = false;         // until then it has not even fax_depth
  bool is_resampling = false;
  double rate = 0;       // how much faster than one for one it is read
  double fraction = 0;   // of the octet at `play` that was played already
  double corrected = 0;  // octets that were read beyond those given, since the time line began
  int64_t given = 0;     // octets by get(), and those held
  int64_t held = 0;      // octets of time since nothing came that could be played …
  int64_t skipped = 0;   // … and of it what was a pause

  explicit State(const JitterOptions& o) : options(o), delay(octets_of(o.min)), concealer(o.law) {}

  bool is_voice() const { return options.profile == Profile::Voice; }
  bool is_fax() const { return options.profile == Profile::Fax; }

  // What waits is played first.
  void open_time_line(uint32_t first_timestamp) {
    if (has_started) ++stats.restarts;
    timestamp = first_timestamp;
    position = std::max(end, play + octets_of(is_voice() ? options.start : options.fax_depth));
    has_started = true;
    has_time_line = true;
    is_to_deepen = is_fax();
    is_shallow = false;
    held = 0;
    delay.restart();
    stop_correcting();
  }

  void stop_correcting() {
    drift_before = drift.certain_ppm().value_or(drift_before);
    drift.restart();
    corrected = 0;
    is_resampling = false;
    rate = 0;
    fraction = 0;
  }

  void measure_drift(int64_t at, TimePoint arrival) {
    if (!is_fax() || given == 0) return;
    drift.on_packet(static_cast<double>(at), arrival);
    // What is left of the delay is too little for the next time.
    if (drift.take_step() < 0) is_to_deepen = true;
  }

  int64_t position_of(uint32_t packet_timestamp) const {
    return position + static_cast<int32_t>(packet_timestamp - timestamp);
  }

  // The newest packet came, and its turn may be over: its sender, or the network, has fallen behind. Nothing was lost,
  // so nothing is dropped: play-out waits for it.
  void wait_for_newest(int64_t at) {
    const int64_t late = play - at;
    if (is_voice()) return insert(delay.on_packet(-late));
    if (late <= 0) return;
    if (is_resampling) leave_resampling();
    // What is made up loses bits in any case: some delay is taken at once, so that the next packet loses none.
    insert(SignalRepeater::whole_periods(late + (is_shallow ? 0 : octets_of(options.fax_depth))));
    is_to_deepen = true;
  }

  void put(uint32_t packet_timestamp, uint16_t sequence, ByteView octets, tdm::Law law, TimePoint arrival) {
    auto place = sequences.note(sequence);
    if (place == SequenceWindow::Place::Duplicate) {
      ++stats.duplicates;
      return;
    }
    if (octets.empty()) return;
    if (octets.size() > kMaxPacket) {
      ++stats.overflow;
      return;
    }
    auto length = static_cast<int64_t>(octets.size());
    bool is_newest = place == SequenceWindow::Place::Newest;
    if (!has_time_line) open_time_line(packet_timestamp);

    int64_t at = position_of(packet_timestamp);
    if (is_newest) {
      if (held > 0) go_on_at(at);
      bool jumped = at + length > play + kCapacity || at < play - kMaxLate;
      if (jumped) {
        open_time_line(packet_timestamp);
        at = position;
      } else {
        wait_for_newest(at);
      }
      timestamp = packet_timestamp;
      position = at;
      lead = at - play;
      measure_drift(at, arrival);
    }
    if (at + length <= play) {
      ++stats.late;
      return;
    }
    if (at + length > play + kCapacity) {
      ++stats.overflow;
      return;
    }
    store(at, octets, law);
  }

  void fill(uint32_t packet_timestamp, ByteView octets, tdm::Law law) {
    if (!has_time_line || octets.empty() || octets.size() > kMaxPacket) return;
    int64_t at = position_of(packet_timestamp);
    auto length = static_cast<int64_t>(octets.size());
    if (at < play || at + length > play + kCapacity || ring.has(at)) return;
    ++stats.filled;
    store(at, octets, law);
  }

  void store(int64_t at, ByteView octets, tdm::Law law) {
    if (at < play) {
      octets = octets.subspan(static_cast<size_t>(play - at));
      at = play;
    }
    end = std::max(end, at + static_cast<int64_t>(octets.size()));
    if (law == options.law) return ring.store(at, octets);
    std::array<uint8_t, kMaxPacket> converted;
    auto ours = std::span(converted).first(octets.size());
    g711::convert(law, octets, options.law, ours);
    ring.store(at, ours);
  }

  // Delays play-out. The positions that are walked a second time were played and are empty.
  void insert(int64_t octets) {
    octets = std::min(octets, kCapacity - std::max<int64_t>(0, end - play));
    play -= octets;
    stats.inserted_samples += static_cast<uint64_t>(octets);
  }

  void insert_silence(int64_t octets) {
    insert(octets);
    if (octets > 0) repeater.give_up();
  }

  // A tick of ours.
  void count(size_t octets, TimePoint now) {
    given += static_cast<int64_t>(octets);
    if (is_fax()) drift.on_pull(static_cast<double>(given), now);
  }

  // The sender has fallen behind, or pauses: the stream is held where it is until it goes on. Its timestamps will tell
  // which of the two it was.
  bool hold(size_t octets, TimePoint now) {
    const auto size = static_cast<int64_t>(octets);
    if (is_voice() || !has_played || is_resampling || end - play >= size || held >= kMostHeld) return false;
    count(octets, now);
    held += size;
    return true;
  }

  // Goes on after a hold: what its sender paused is left out, as it was not played meanwhile.
  void go_on_at(int64_t at) {
    const int64_t pause = end <= play ? std::clamp<int64_t>(at - play, 0, held) : 0;
    play += pause;
    skipped += pause;
    held = 0;
    if (pause > 0) repeater.give_up();
  }

  void pull(std::span<uint8_t> octets, TimePoint now, std::chrono::milliseconds most) {
    count(octets.size(), now);
    if (held > 0) repeater.give_up();
    if (is_to_deepen && is_silent_around()) {
      is_to_deepen = is_shallow = false;
      deepen(std::max(options.fax_depth, is_fax() && deepens == Deepen::Fully ? most : 0ms));
    }
    if (!is_voice() && drift.ppm()) follow_drift();
    if (is_resampling) {
      resample(octets);
    } else {
      play_as_it_came(octets);
    }
  }

  void follow_drift() {
    double pending = drift.change() - corrected;
    if (!is_resampling && std::abs(pending) <= kWorthCorrecting) return;
    if (is_silent_around()) {
      if (is_resampling) leave_resampling();
      if (std::abs(pending) > kWorthCorrecting + 4 * drift.scatter()) move(std::llround(pending));
    } else if (!is_resampling && std::abs(pending) > kTooFar) {
      start_resampling();
    }
  }

  // What waits is kept, and every octet of it is played as it came; the first of it is played later.
  void deepen(std::chrono::milliseconds depth) {
    const int64_t more = std::max<int64_t>(0, octets_of(depth) - std::max<int64_t>(0, lead));
    insert_silence(more);
    lead += more;
  }

  bool is_silent_around() const {
    if (play < kSilence) return true;  // nothing was played yet
    int64_t sum = 0;
    for (int64_t at = play - kSilence; at < play; ++at) sum += std::abs(sample_at(at));
    for (int64_t at = play; at < play + kSilence; ++at) sum += ring.has(at) ? std::abs(sample_at(at)) : 0;
    return sum < 2 * kSilence * kFaintest;
  }

  // Leaves out octets of silence, or puts some in when negative.
  void move(int64_t octets) {
    octets = std::clamp(octets, -kMostAtOnce, kMostAtOnce);
    if (octets < 0) {
      insert_silence(-octets);
    } else {
      ring.forget(play, static_cast<size_t>(octets));
      play += octets;
      stats.removed_samples += static_cast<uint64_t>(octets);
    }
    corrected += static_cast<double>(octets);
  }

  void leave_resampling() {
    is_resampling = false;
    corrected -= fraction;
    fraction = rate = 0;
  }

  int16_t sample_at(int64_t at) const { return g711::decode(options.law, ring.at(at)); }

  void start_resampling() {
    is_resampling = true;
    constexpr auto kBefore = static_cast<int64_t>(Interpolator::kTaps - Interpolator::kAhead) - 1;
    for (int64_t at = play - kBefore; at < play; ++at) interpolator.push(sample_at(at));
    for (int64_t at = play; at <= play + kAhead; ++at) interpolator.push(ring.has(at) ? sample_at(at) : 0);
  }

  void adjust_rate(size_t octets) {
    constexpr double kOctetsPerSecond = 8000;
    double behind = (drift.change() - corrected) / (kOctetsPerSecond * kCatchUpSeconds);
    double wanted = *drift.ppm() * 1e-6 + std::clamp(behind, -kMostCatchUp, kMostCatchUp);
    double step = kRateChange * static_cast<double>(octets) / kOctetsPerSecond;
    rate = std::clamp(std::clamp(wanted, rate - step, rate + step), -kMostCorrection, kMostCorrection);
  }

  void resample(std::span<uint8_t> octets) {
    adjust_rate(octets.size());
    for (uint8_t& octet : octets) {
      octet = g711::encode(options.law, interpolator.at(fraction));
      for (fraction += 1 + rate; fraction >= 1; fraction -= 1) step();
    }
    corrected += rate * static_cast<double>(octets.size());
    delay.on_played(octets.size());
  }

  void step() {
    int64_t next = play + 1 + kAhead;
    uint8_t made_up = 0;
    if (ring.has(next)) {
      repeater.on_signal();
    } else {
      go_on_with_signal(next, {&made_up, 1});
    }
    interpolator.push(sample_at(next));
    ring.forget(play, 1);
    ++play;
  }

  void play_as_it_came(std::span<uint8_t> octets) {
    if (is_voice()) shrink();
    for (size_t done = 0; done < octets.size();) {
      size_t run = ring.run_length(play, octets.size() - done);
      auto out = octets.subspan(done, run);
      if (ring.has(play)) {
        has_played = true;
        ring.read(play, out);
        ring.forget(play, run);
        if (is_voice()) concealer.join(out);
        repeater.on_signal();
      } else {
        fill_gap(out);
      }
      concealer.remember(out);
      play += static_cast<int64_t>(run);
      done += run;
    }
    delay.on_played(octets.size());
  }

  void fill_gap(std::span<uint8_t> out) {
    if (is_fax() && has_played) return go_on_with_signal(play, out);
    if (!is_voice() || !has_played) {
      std::fill(out.begin(), out.end(), tdm::idle_octet(options.law));
      if (has_played) stats.silence_samples += out.size();
      ring.note_gap(play, out);
      return;
    }
    size_t made_up = concealer.fill(out);
    stats.concealed_samples += made_up;
    stats.silence_samples += out.size() - made_up;
  }

  void go_on_with_signal(int64_t at, std::span<uint8_t> out) {
    const size_t made_up = repeater.fill(ring, at, out, options.law);
    stats.concealed_samples += made_up;
    stats.silence_samples += out.size() - made_up;
  }

  // Leaves out some octets when packets come earlier than they need to.
  void shrink() {
    int64_t waiting = std::max<int64_t>(0, end - play);
    bool is_too_deep = waiting > octets_of(options.max) + kTooDeep;
    int64_t removal = is_too_deep ? kLargestRemoval : std::min({delay.surplus(), kLargestRemoval, waiting});
    if (removal < kSmallestRemoval || (!is_too_deep && !is_quiet(removal))) return;
    ring.forget(play, static_cast<size_t>(removal));
    play += removal;
    delay.shift(-removal);
    stats.removed_samples += static_cast<uint64_t>(removal);
  }

  bool is_quiet(int64_t octets) const {
    int64_t sum = 0;
    for (int64_t i = 0; i < octets; ++i) {
      if (ring.has(play + i)) sum += std::abs(g711::decode(options.law, ring.at(play + i)));
    }
    return sum < kQuiet * octets;
  }

  void set_law(tdm::Law law) {
    if (options.law == law) return;
    g711::convert(options.law, ring.all(), law, ring.all());
    concealer.set_law(law);
    options.law = law;
  }

  void set_profile(Profile profile, Deepen when) {
    const bool was_so = options.profile == profile;
    if (was_so && (!is_fax() || when != Deepen::Fully || deepens == Deepen::Fully)) return;
    deepens = when;
    is_to_deepen = profile != Profile::Voice && has_time_line;
    if (was_so) return;
    options.profile = profile;
    held = 0;
    delay.restart();
    stop_correcting();
    is_shallow = is_to_deepen && when == Deepen::InSilence;
    if (is_to_deepen && !is_shallow) deepen(options.fax_depth);
  }
};

JitterBuffer::JitterBuffer(const JitterOptions& options) : state_(std::make_unique<State>(options)) {}
JitterBuffer::~JitterBuffer() = default;
JitterBuffer::JitterBuffer(JitterBuffer&&) noexcept = default;
JitterBuffer& JitterBuffer::operator=(JitterBuffer&&) noexcept = default;

void JitterBuffer::put(uint32_t timestamp, uint16_t sequence, ByteView octets, tdm::Law law, TimePoint arrival) {
  state_->put(timestamp, sequence, octets, law, arrival);
}
void JitterBuffer::fill(uint32_t timestamp, ByteView octets, tdm::Law law) {
  state_->fill(timestamp, octets, law);
}
void JitterBuffer::get(std::span<uint8_t> octets, TimePoint now) {
  state_->pull(octets, now, state_->options.fax_full_depth);
}
bool JitterBuffer::get_or_hold(std::span<uint8_t> octets, TimePoint now) {
  if (state_->hold(octets.size(), now)) return false;
  state_->pull(octets, now, state_->options.fax_depth);
  return true;
}
size_t JitterBuffer::take_skipped() {
  return static_cast<size_t>(std::exchange(state_->skipped, 0));
}

void JitterBuffer::restart() {
  state_->sequences.restart();
  state_->has_time_line = false;
}

void JitterBuffer::set_law(tdm::Law law) {
  state_->set_law(law);
}
void JitterBuffer::set_profile(Profile profile, Deepen deepen) {
  state_->set_profile(profile, deepen);
}
Profile JitterBuffer::profile() const {
  return state_->options.profile;
}

JitterStats JitterBuffer::stats() const {
  JitterStats stats = state_->stats;
  stats.lost = state_->sequences.lost();
  stats.drift_ppm = state_->drift.certain_ppm().value_or(state_->drift_before);
  stats.depth_ms = static_cast<double>(std::max<int64_t>(0, state_->end - state_->play)) / kOctetsPerMs;
  return stats;
}

}  // namespace sg::media
