#pragma once

#include <optional>
#include <utility>

#include "media/jitter/drift.h"
#include "media/jitter/interpolator.h"
#include "media/jitter/play_line.h"
#include "media/jitter/playout.h"
#include "media/jitter/signal_repeater.h"

namespace sg::media {

// A fax: a fixed delay, and every octet as it came, but for the sender's clock, with which play-out keeps in step in
// the silences of T.30 (Drift), and between its samples where none comes for too long (Interpolator). Where a signal
// has a hole it goes on (SignalRepeater). Data have neither: no octet can be spared or made up. Owned by a
// JitterBuffer.
class FaxPlayout final : public Playout {
 public:
  struct Options {
    std::chrono::milliseconds depth, full_depth;  // JitterOptions::fax_depth, fax_full_depth
  };
  FaxPlayout(PlayLine& line, const Options& options) : line_(line), options_(options) {}

  enum class Carries : uint8_t { Fax, Data };
  // What is on the line from now on, whose time line has begun already, or is yet to.
  void begin(Carries what, DepthChange when, bool has_time_line);
  // It was fax before, and surely is.
  void be_sure(bool has_time_line);
  bool is_sure() const { return deepens_ == DepthChange::Fully; }
  // It is voice from now on.
  void end() { stop_correcting(); }

  int64_t begin_time_line() override;
  void expect(int64_t position) override;
  void on_newest(int64_t position, TimePoint arrival) override;
  void play(std::span<uint8_t> block, TimePoint now) override { play(block, now, options_.full_depth); }

  // As play(), where the stream goes on as packets, and so has to be no deeper than options.depth. False: nothing is
  // there to play, the sender has fallen behind or pauses, and the stream is held where it is until it goes on.
  bool play_or_hold(std::span<uint8_t> block, TimePoint now);
  // A packet in order, at this position, ends a hold: what its sender paused is left out.
  void go_on_at(int64_t position);
  int64_t take_skipped() { return std::exchange(skipped_, 0); }

  // Of the sender's clock, as measured last; 0: not known for certain.
  double drift_ppm() const { return drift_.certain_ppm().value_or(drift_before_); }

 private:
  void play(std::span<uint8_t> block, TimePoint now, std::chrono::milliseconds deepest);
  void count(size_t octets, TimePoint now);
  bool hold(size_t octets, TimePoint now);
  void insert_silence(int64_t octets);
  void deepen(std::chrono::milliseconds depth);
  bool is_silent_around() const;
  void stop_correcting();
  void follow_drift();
  void move(int64_t octets);
  void start_resampling();
  void leave_resampling();
  void adjust_rate(size_t octets);
  void resample(std::span<uint8_t> block);
  void step();
  void fill_gap(std::span<uint8_t> run);
  void go_on_with_signal(int64_t position, std::span<uint8_t> run);

  PlayLine& line_;
  const Options options_;
  bool is_data_ = false;
  SignalRepeater repeater_;

  DepthChange deepens_ = DepthChange::Fully;
  bool is_to_deepen_ = false;  // in silence
  bool is_shallow_ = false;    // until then it has not even options_.depth

  int64_t given_ = 0;    // octets that were played, and those held
  int64_t held_ = 0;     // octets of time since nothing came that could be played …
  int64_t skipped_ = 0;  // … and of it what was a pause

  Drift drift_;
  double drift_before_ = 0;  // ppm, of the latest time line before this one that was measured
  double corrected_ = 0;     // octets that were read beyond those given, since the time line began
  Interpolator interpolator_;
  bool is_resampling_ = false;
  double rate_ = 0;      // how much faster than one for one it is read
  double fraction_ = 0;  // of the octet to be played next that was played already
};

}  // namespace sg::media
