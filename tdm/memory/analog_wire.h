#pragma once

#include <array>
#include <deque>
#include <string_view>

#include "base/event_signal.h"
#include "tdm/line.h"

namespace sg::tdm {

// The wires between two analog ports, or the leads of an E&M trunk, in memory: what one end does as hook, battery or
// ringing is what the other end sees, after the times that the DAHDI driver takes to tell a hang-up from a flash from a
// pulse. Its clock moves by tick(). Guarded by its owner's lock; only the signals may be used outside it.
class AnalogWire {
 public:
  // A loop that is open for less is a dial pulse, a hook flash, or else a hang-up.
  static constexpr std::chrono::milliseconds kMaxPulse{200};
  static constexpr std::chrono::milliseconds kMaxFlash{1250};
  // An E lead that is raised for less winks.
  static constexpr std::chrono::milliseconds kMaxWink{300};
  // How long kewl-start takes battery away, and how long it then waits.
  static constexpr std::chrono::milliseconds kBatteryDrop{500};
  static constexpr std::chrono::milliseconds kAfterDrop{300};
  // No ringing for so long is the end of a burst.
  static constexpr std::chrono::milliseconds kRingTrailer{50};

  struct End {
    LineKind kind = LineKind::Fxs;
    bool is_open = false;
    bool is_removed = false;
    AlarmSet alarms = kNoAlarm;
    std::deque<LineEvent> events;
    EventSignal ready;

    void tell(LineEvent::Kind event, char digit = 0);
  };

  // By index of the ends: 0 and 1.
  AnalogWire(LineKind first, LineStart start);

  End& end(size_t index) { return ends_[index]; }
  const End& end(size_t index) const { return ends_[index]; }
  LineStart start() const { return start_; }

  void open(size_t index);
  // Hangs up.
  void close(size_t index);
  // The card of this end is pulled.
  void remove(size_t index);
  bool is_far_end_off_hook(size_t index) const;
  // Whether what this end's bearer sends is heard at the other.
  bool passes_audio_from(size_t index) const;

  // The commands of Line. Error: not with this kind of port, or not now.
  Result<> seize(size_t index);
  Result<> release(size_t index);
  Result<> wink(size_t index);
  Result<> flash(size_t index);
  Result<> dial_pulses(size_t index, std::string_view digits);
  Result<> ring(size_t index, const RingCadence& cadence);
  Result<> stop_ringing(size_t index);
  Result<> pass_audio_on_hook(size_t index, std::chrono::milliseconds length);
  Result<> reverse_polarity(size_t index, bool reversed);
  Result<> set_messages_waiting(size_t index, int messages);
  // What the lamp shows.
  int messages_waiting() const { return messages_; }

  // One millisecond passes.
  void tick();

 private:
  enum class Feed : uint8_t { Battery, RingOn, RingPause, Dropped, AfterDrop };
  // What an end does on its own: hold its hook or lead so for this long, one after the other, then HookDone.
  struct Step {
    bool closed;
    std::chrono::milliseconds length;
  };
  // One end's hook (of an Fxo) or lead (of an EAndM), and how the other end reads it.
  struct Hook {
    bool closed = false;
    std::deque<Step> steps;
    // At the reading end.
    bool is_reported = false;              // OffHook was told
    std::chrono::milliseconds open_for{};  // since it was opened; 0: no timer runs
    std::chrono::milliseconds closed_for{};
    int pulses = 0;
    std::chrono::milliseconds since_pulse{};
  };

  static constexpr size_t other(size_t index) { return 1 - index; }
  Result<> expect(size_t index, LineKind kind, std::string_view what) const;
  End& exchange() { return ends_[exchange_]; }
  End& telephone() { return ends_[other(exchange_)]; }
  Hook& loop() { return hooks_[other(exchange_)]; }
  bool is_loop() const { return ends_[0].kind != LineKind::EAndM; }
  bool is_ringing() const { return feed_ == Feed::RingOn || feed_ == Feed::RingPause; }

  void set_hook(size_t index, bool closed);
  void on_loop_changed(bool closed);
  void on_lead_changed(size_t index, bool raised);
  void run_steps(size_t index);
  void tick_loop();
  void tick_feed();
  void tick_lead(size_t index);
  void start_ringing();

  LineStart start_;
  std::array<End, 2> ends_;
  std::array<Hook, 2> hooks_;
  size_t exchange_ = 0;  // which end feeds: the Fxs one

  Feed feed_ = Feed::Battery;
  std::chrono::milliseconds feed_for_{};  // how long it stays so; not for Battery
  RingCadence cadence_;
  size_t cadence_position_ = 0;
  bool rings_after_drop_ = false;
  bool hung_up_during_drop_ = false;
  std::chrono::milliseconds ring_trailer_{};
  std::chrono::milliseconds audio_on_hook_{};
  bool is_reversed_ = false;
  int messages_ = 0;
};

}  // namespace sg::tdm
