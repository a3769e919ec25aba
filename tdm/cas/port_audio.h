#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/reactor.h"
#include "tdm/backend.h"
#include "tdm/call_tones.h"
#include "tdm/cas/audio_clock.h"
#include "tdm/cas/caller_id.h"

namespace sg::tdm::cas {

// What a port says and hears while no call has it: its bearer, open on the signalling thread for dial tone, digits and
// caller ID. What is asked for holds from the next open() or block on; close() forgets all of it.
// Owned by its port; signalling thread only.
class PortAudio final : private AudioUser {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_digit(char digit) = 0;
    virtual void on_tone(CallTone tone) = 0;
    virtual void on_caller_id(const CallerId& caller) = 0;
    // What send_digits() or send_caller_id() began is on the line, whole.
    virtual void on_said() = 0;
    // The timeslot cannot be opened, or is gone.
    virtual void on_audio_failed(const std::string& why) = 0;
  };
  struct Place {
    Reactor& reactor;
    Backend& backend;
    AudioClock& clock;
    Timeslot slot;
    unsigned group;  // BearerOptions::group: no media worker's
  };

  PortAudio(const Place& place, Listener& listener);
  ~PortAudio() override;

  // Tries again for a while where the timeslot is open still: the media session that had it closes it on its own
  // thread.
  void open();
  void close();

  void play(const ToneShape& shape);
  void be_silent();
  // DTMF, 80 ms each. Characters that are no digits are left out.
  void send_digits(const std::string& digits);
  void send_caller_id(CallerIdStandard standard, const CallerId& caller, const std::tm& at);
  void hear_digits();
  void hear_tones(const ToneZone& zone, std::initializer_list<CallTone> tones);
  void hear_caller_id();

 private:
  struct DigitReceiver;
  struct DigitSender;
  struct Ears {
    CallTone tone;
    ToneListener listener;
  };
  // After the last sample, so many blocks of silence until all of it has left, besides what the bearer holds back.
  static constexpr int kTrailingBlocks = 4;
  struct Event {
    enum class Kind : uint8_t { Digit, Tone, Caller, Said } kind;
    char digit = 0;
    CallTone tone = CallTone::Dial;
    CallerId caller = {};
  };

  void run() override;
  void try_open();
  void hear(std::vector<Event>& events);
  void say(std::vector<Event>& events);
  bool write();
  void fail_with_message(const std::string& why);

  const Place place_;
  Listener& listener_;
  Timer retry_;
  TimePoint give_up_at_;
  std::unique_ptr<Bearer> bearer_;
  std::vector<uint8_t> octets_;
  std::vector<int16_t> linear_;
  std::variant<std::monostate, TonePlayer, std::unique_ptr<DigitSender>, std::unique_ptr<CallerIdSender>> saying_;
  int silent_blocks_ = 0;  // since the last sample
  std::unique_ptr<DigitReceiver> digits_;
  std::unique_ptr<CallerIdReceiver> caller_;
  std::vector<Ears> ears_;
  uint64_t generation_ = 0;  // changes when the bearer is closed: a listener may do so
};

}  // namespace sg::tdm::cas
