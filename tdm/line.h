#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/kinds/line.h"
#include "base/result.h"
#include "tdm/types.h"

namespace sg::tdm {

// How the ends tell seizure and release (GR-506): kewl-start is loop-start with a loss of battery as the far end's
// hang-up.
enum class LineStart : uint8_t { Loop, Ground, Kewl, Wink, Immediate };

// What happened on the wire. The far end is the telephone on an FXS port, the exchange on an FXO port.
struct LineEvent {
  enum class Kind : uint8_t {
    OffHook,           // Fxs: the telephone was lifted. EAndM: the far end seized
    OnHook,            // the far end hung up; Fxo: battery was lost while the loop was closed
    RingStarted,       // Fxo: the exchange rings, once per burst
    RingBurstEnded,    // Fxs: our ringing paused, as its cadence says: time for caller ID. Fxo: a burst ended
    Flash,             // Fxs: hook flash
    Wink,              // EAndM: ready for digits
    PolarityReversed,  // Fxo: answered, or hung up, as the exchange uses it
    PulseDigit,        // a dial-pulse digit
    HookDone,          // what seize(), wink(), flash() or dial_pulses() began is on the wire
    AlarmChanged,      // see alarms()
    Removed,           // the card is gone; nothing follows
  };
  Kind kind;
  char digit = 0;  // of PulseDigit: '0' to '9'

  bool operator==(const LineEvent&) const = default;
};

// Ringing: on, off, on, off…, repeated. Default: 2 s and 4 s.
using RingCadence = std::vector<std::chrono::milliseconds>;

// One analog port, or one channel with robbed-bit signalling: what happens on its wire beside the audio, which is a
// Bearer of the same timeslot. The hook state lasts while the line is open, whether or not a bearer is.
// Made by a Backend; opened and used by one thread, that of the signalling. Destroying hangs up.
class Line {
 public:
  virtual ~Line() = default;
  virtual Timeslot slot() const = 0;
  virtual LineKind kind() const = 0;
  virtual LineStart start() const = 0;
  // Readable (EPOLLIN) when next() has something.
  virtual int fd() const = 0;
  // The oldest event that was not yet read; none when there is nothing more.
  virtual std::optional<LineEvent> next() = 0;
  // Fxs: the telephone is lifted. Fxo: the exchange feeds battery. EAndM: the far end has seized.
  virtual bool is_far_end_off_hook() const = 0;
  virtual AlarmSet alarms() const = 0;

  // Fxo: closes the loop. EAndM: seizes. Fxs: answers, or feeds battery again after release().
  virtual Result<> seize() = 0;
  // Fxo, EAndM: on-hook. Fxs: takes battery away for a moment where the port is kewl-start (so that an exchange or a
  // fax card behind it notices), and stops ringing.
  virtual Result<> release() = 0;
  // EAndM.
  virtual Result<> wink() = 0;
  // Fxo: hook flash.
  virtual Result<> flash() = 0;
  // Fxo, its loop closed: dials by breaking the loop, 10 pulses a second. What the bearer writes meanwhile is dropped.
  virtual Result<> dial_pulses(std::string_view digits) = 0;
  // Fxs: until the telephone is lifted, release() or stop_ringing().
  virtual Result<> ring(const RingCadence& cadence) = 0;
  virtual Result<> stop_ringing() = 0;
  // Fxs: lets what the bearer writes reach a telephone that is on-hook, for this long: caller ID.
  virtual Result<> pass_audio_on_hook(std::chrono::milliseconds length) = 0;
  // Fxs: reversed battery tells the far end that the called party answered. Error where the port cannot.
  virtual Result<> reverse_polarity(bool reversed) = 0;
  // Fxs: lights the lamp; 0: off. Error where the port has none.
  virtual Result<> set_messages_waiting(int messages) = 0;
};

}  // namespace sg::tdm
