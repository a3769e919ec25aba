#include "media/jitter/jitter_buffer.h"

#include <array>

#include "media/jitter/fax_playout.h"
#include "media/jitter/sequence_window.h"
#include "media/jitter/voice_playout.h"

namespace sg::media {
namespace {

constexpr size_t kMaxPacket = 2048;
// A packet in order whose turn was longer ago (400 ms) is on a time line of its own: what is behind it may not fit.
constexpr int64_t kMaxLate = 3200;

}  // namespace

struct JitterBuffer::State {
  explicit State(const JitterOptions& options)
      : profile(options.profile),
        line(options.law),
        voice(line, {options.start, options.min, options.max}),
        fax(line, {options.fax_depth, options.fax_full_depth}) {
    if (!is_voice()) begin_fax(DepthChange::Fully);
  }

  Profile profile;
  PlayLine line;
  VoicePlayout voice;
  FaxPlayout fax;  // of data too
  SequenceWindow sequences;
  bool has_started = false;
  bool has_time_line = false;
  uint32_t timestamp = 0;  // of the newest packet …
  int64_t position = 0;    // … which lies here

  bool is_voice() const { return profile == Profile::Voice; }
  Playout& playout() { return is_voice() ? static_cast<Playout&>(voice) : fax; }

  // What waits is played first.
  void open_time_line(uint32_t first_timestamp) {
    if (has_started) ++line.stats.restarts;
    timestamp = first_timestamp;
    position = std::max(line.end, line.play + playout().begin_time_line());
    has_started = true;
    has_time_line = true;
  }

  int64_t position_of(uint32_t packet_timestamp) const {
    return position + static_cast<int32_t>(packet_timestamp - timestamp);
  }

  void put(uint32_t packet_timestamp, uint16_t sequence, ByteView octets, tdm::Law law, TimePoint arrival) {
    const auto place = sequences.note(sequence);
    if (place == SequenceWindow::Place::Duplicate) {
      ++line.stats.duplicates;
      return;
    }
    if (octets.empty()) return;
    if (octets.size() > kMaxPacket) {
      ++line.stats.overflow;
      return;
    }
    if (!has_time_line) open_time_line(packet_timestamp);

    const auto length = static_cast<int64_t>(octets.size());
    if (place == SequenceWindow::Place::Newest) lay_newest(packet_timestamp, length, arrival);
    const int64_t at = position_of(packet_timestamp);
    if (at + length <= line.play) {
      ++line.stats.late;
      return;
    }
    if (at + length > line.play + PlayLine::kCapacity) {
      ++line.stats.overflow;
      return;
    }
    store(at, octets, law);
  }

  // The newest packet gets its position.
  void lay_newest(uint32_t packet_timestamp, int64_t length, TimePoint arrival) {
    int64_t at = position_of(packet_timestamp);
    if (!is_voice()) fax.go_on_at(at);
    if (at + length > line.play + PlayLine::kCapacity || at < line.play - kMaxLate) {
      open_time_line(packet_timestamp);
      at = position;
    } else {
      playout().expect(at);
    }
    timestamp = packet_timestamp;
    position = at;
    line.lead = at - line.play;
    playout().on_newest(at, arrival);
  }

  void fill(uint32_t packet_timestamp, ByteView octets, tdm::Law law) {
    if (!has_time_line || octets.empty() || octets.size() > kMaxPacket) return;
    const int64_t at = position_of(packet_timestamp);
    const auto length = static_cast<int64_t>(octets.size());
    if (at < line.play || at + length > line.play + PlayLine::kCapacity || line.ring.has(at)) return;
    ++line.stats.filled;
    store(at, octets, law);
  }

  void store(int64_t at, ByteView octets, tdm::Law law) {
    if (at < line.play) {
      octets = octets.subspan(static_cast<size_t>(line.play - at));
      at = line.play;
    }
    line.end = std::max(line.end, at + static_cast<int64_t>(octets.size()));
    if (law == line.law) return line.ring.store(at, octets);
    std::array<uint8_t, kMaxPacket> converted;
    auto ours = std::span(converted).first(octets.size());
    g711::convert(law, octets, line.law, ours);
    line.ring.store(at, ours);
  }

  void get(std::span<uint8_t> block, TimePoint now) {
    playout().play(block, now);
    if (!is_voice()) voice.remember(block);
  }

  bool get_or_hold(std::span<uint8_t> block, TimePoint now) {
    if (is_voice()) {
      get(block, now);
      return true;
    }
    const bool is_played = fax.play_or_hold(block, now);
    if (is_played) voice.remember(block);
    return is_played;
  }

  void set_law(tdm::Law law) {
    if (line.law == law) return;
    g711::convert(line.law, line.ring.all(), law, line.ring.all());
    voice.set_law(law);
    line.law = law;
  }

  void set_profile(Profile wanted, DepthChange deepen) {
    if (profile == wanted) {
      if (profile == Profile::Fax && deepen == DepthChange::Fully && !fax.is_sure()) fax.be_sure(has_time_line);
      return;
    }
    profile = wanted;
    voice.restart();
    if (is_voice()) {
      fax.end();
    } else {
      begin_fax(deepen);
    }
  }

  void begin_fax(DepthChange deepen) {
    fax.begin(profile == Profile::Fax ? FaxPlayout::Carries::Fax : FaxPlayout::Carries::Data, deepen, has_time_line);
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
  state_->get(octets, now);
}
bool JitterBuffer::get_or_hold(std::span<uint8_t> octets, TimePoint now) {
  return state_->get_or_hold(octets, now);
}
size_t JitterBuffer::take_skipped() {
  return static_cast<size_t>(state_->fax.take_skipped());
}

bool JitterBuffer::is_paused() const {
  return state_->is_voice() && state_->voice.is_paused();
}

void JitterBuffer::restart() {
  state_->sequences.restart();
  state_->has_time_line = false;
}

void JitterBuffer::set_law(tdm::Law law) {
  state_->set_law(law);
}
void JitterBuffer::set_profile(Profile profile, DepthChange deepen) {
  state_->set_profile(profile, deepen);
}
Profile JitterBuffer::profile() const {
  return state_->profile;
}

JitterStats JitterBuffer::stats() const {
  JitterStats stats = state_->line.stats;
  stats.lost = state_->sequences.lost();
  stats.drift_ppm = state_->fax.drift_ppm();
  stats.depth_ms = static_cast<double>(state_->line.waiting()) / kOctetsPerMs;
  return stats;
}

}  // namespace sg::media
