#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/counters.h"
#include "base/lifetime.h"
#include "base/log.h"
#include "base/reactor.h"
#include "tdm/backend.h"
#include "tdm/cas/config.h"
#include "tdm/cas/port_audio.h"
#include "tdm/signalling.h"

namespace sg::tdm::cas {

// Q.850 causes that ports give.
constexpr int kUnallocated = 1, kNormalClearing = 16, kUserBusy = 17, kNoAnswer = 19, kOutOfOrder = 27,
              kInvalidNumber = 28, kCongestion = 42, kCircuitTaken = 44;

class Port;

// What a port wants of its group.
class PortOwner {
 public:
  virtual ~PortOwner() = default;
  // The id of a call that came in by this port.
  virtual SignallingCallId new_call(Port& port) = 0;
  // Told from the loop, in order; never from inside a command.
  virtual void tell(std::function<void(Signalling::Listener&)> what) = 0;
  // on_released is told, and the id means nothing any more.
  virtual void end_call(SignallingCallId call, int cause) = 0;
  // A port became usable, or ceased to be.
  virtual void on_port_changed() = 0;
};

// One port of a group: its line, its audio, and at most one call. Opens its line when it can, and again when the card
// was away. Owned by its group; signalling thread only.
class Port : protected PortAudio::Listener {
 public:
  struct Place {
    Reactor& reactor;
    Backend& backend;
    AudioClock& clock;
    Counters& counters;
    const Config& config;
    PortOwner& owner;
  };

  Port(const Place& place, const PortConfig& config);
  ~Port() override;

  // Opens the line; where it cannot, tries again from time to time.
  void start();
  Timeslot slot() const { return config_.slot; }
  const PortConfig& config() const { return config_; }
  SignallingCallId call() const { return call_; }
  // Why the line is not open, in words for the operator; empty when it is.
  const std::string& fault() const { return fault_; }
  bool is_open() const { return line_ != nullptr; }
  bool is_in_alarm() const { return is_open() && line_->alarms() != kNoAlarm; }
  // Takes an outgoing call.
  bool is_idle() const { return is_open() && !is_in_alarm() && !is_blocked_ && stands_idle(); }
  bool is_blocked() const { return is_blocked_; }
  void set_blocked(bool is_blocked);
  Signalling::SlotState slot_state() const;
  virtual std::string_view state_name() const = 0;

  virtual void place_call(SignallingCallId call, const Setup& setup) = 0;
  virtual void answer() = 0;
  virtual void release(int cause) = 0;
  // A call of this port other than call().
  virtual void release_other(SignallingCallId, int /*cause*/) {}
  // What the far end of a call tells; see Signalling::Listener::on_notify. Hold and retrieve are both a hook flash.
  virtual void on_notified(SignallingCallId, uint8_t description) {
    if (description == kRemoteHold || description == kRemoteRetrieval) flash();
  }
  // Whether the far end of its line tells by a busy tone that it is gone, and in no other way.
  bool hears_hang_up_as_tone() const {
    return is_open() && line_->kind() == LineKind::Fxo && line_->start() == LineStart::Loop;
  }
  // The media heard one on the port of its call.
  virtual void on_busy_tone() {}
  // Hold or retrieve, as far as this kind of line has it.
  virtual void flash() {}
  virtual void set_messages_waiting(int) {}
  // The driver told of alarms some other way.
  void look_at_alarms();

 protected:
  virtual bool stands_idle() const = 0;
  // The line is open, and the far end's hook as line() says.
  virtual void on_line_up() = 0;
  // The line is gone: what was on it ends.
  virtual void on_line_lost() = 0;
  virtual void on_line(const LineEvent& event) = 0;
  virtual void on_timeout() = 0;

  void on_digit(char) override {}
  void on_tone(CallTone) override {}
  void on_caller_id(const CallerId&) override {}
  void on_said() override {}

  Line& line() { return *line_; }
  PortAudio& audio() { return audio_; }
  const Config& group() const { return place_.config; }
  PortOwner& owner() { return place_.owner; }
  Counters& counters() { return place_.counters; }
  TimePoint now() const { return place_.reactor.now(); }
  const Log& log() const { return log_; }
  // One timer at a time; on_timeout().
  void wait(Duration time) {
    timer_.arm(time, [this] { on_timeout(); });
  }
  void stop_waiting() { timer_.cancel(); }
  // Whether the line did it; logged where not.
  bool did(const Result<>& done, std::string_view what);

  // The call's life. Each tells the listener.
  void begin_incoming(const Setup& setup);
  void take_outgoing(SignallingCallId call) { call_ = call; }
  // The port's one call is another one from here on, or none; the one before goes on.
  SignallingCallId swap_call(SignallingCallId call) { return std::exchange(call_, call); }
  void tell(std::function<void(Signalling::Listener&)> what) { place_.owner.tell(std::move(what)); }
  // The port's bearer is closed: whoever carries the call's media may open it.
  void give_to_media();
  void tell_alerting();
  void tell_progress();
  void tell_answered();
  // How the line of its call stands now.
  void tell_line(AlarmSet alarms);
  void tell_notify(uint8_t description);
  void end_call(int cause);
  void count(std::string_view what);

 private:
  void open_line();
  void read_line();
  void lose_line(std::string why);

  const Place place_;
  const PortConfig config_;
  const Log log_;
  std::unique_ptr<Line> line_;
  std::string fault_;
  PortAudio audio_;
  Timer timer_;
  Timer reopen_;
  SignallingCallId call_;
  bool is_blocked_ = false;
  Lifetime lifetime_;
};

}  // namespace sg::tdm::cas
