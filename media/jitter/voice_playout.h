#pragma once

#include "media/jitter/concealer.h"
#include "media/jitter/play_line.h"
#include "media/jitter/playout.h"
#include "media/jitter/voice_delay.h"

namespace sg::media {

// Voice: the delay grows at once where a packet comes late, and shrinks where nobody hears it; what is lost is
// concealed. Owned by a JitterBuffer.
class VoicePlayout final : public Playout {
 public:
  struct Options {
    std::chrono::milliseconds start, min, max;  // as JitterOptions has them
  };
  VoicePlayout(PlayLine& line, const Options& options);

  // Forgets how packets came: the line was played as a fax meanwhile, or becomes one.
  void restart() { delay_.restart(); }
  void set_law(tdm::Law law) { concealer_.set_law(law); }
  // These octets were played, as a fax.
  void remember(ByteView octets) { concealer_.remember(octets); }

  int64_t begin_time_line() override;
  void expect(int64_t position) override;
  void play(std::span<uint8_t> block, TimePoint now) override;
  // What was played last was nothing but silence in place of what did not come, for long, or from the beginning.
  bool is_paused() const { return silent_ >= octets_of(kPause); }

 private:
  static constexpr std::chrono::milliseconds kPause{200};

  void fill_gap(std::span<uint8_t> run);
  void shrink();
  bool is_quiet(int64_t octets) const;

  PlayLine& line_;
  const Options options_;
  VoiceDelay delay_;
  Concealer concealer_;
  int64_t silent_ = octets_of(kPause);  // octets since anything was played that came
};

}  // namespace sg::media
