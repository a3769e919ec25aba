#pragma once

#include "base/fsm.h"
#include "tdm/cas/port.h"

namespace sg::tdm::cas {

// Ringing: the exchange rings, and caller ID is listened for. Offered: the call was told. Refused: we will not answer,
// and the exchange must find out by itself. Dialled: the number is out, and nobody has answered. Guard: on-hook, and
// the exchange needs a moment to see it.
enum class FxoState : uint8_t {
  Closed,
  Idle,
  Ringing,
  Offered,
  Refused,
  Seizing,
  AwaitingTone,
  Dialling,
  Dialled,
  Talking,
  Guard
};
enum class FxoEvent : uint8_t {
  LineUp,
  RingStarted,
  RingEnded,
  BatteryLost,
  Reversed,
  HookDone,
  DialToneHeard,
  BusyHeard,
  CallerIdHeard,
  Said,
  Place,
  Answer,
  Release,
  Flash,
  Timeout
};

std::string_view name_of(FxoState state);
std::string_view name_of(FxoEvent event);

// A port with a line of an exchange: we are its telephone.
class FxoPort final : public Port {
 public:
  FxoPort(const Place& place, const PortConfig& config);

  std::string_view state_name() const override { return name_of(fsm_.state()); }
  void place_call(SignallingCallId call, const Setup& setup) override;
  void answer() override;
  void release(int cause) override;
  void on_busy_tone() override { on_tone(CallTone::Busy); }
  void flash() override;

  static const FsmTable<FxoState, FxoEvent>& table();

 private:
  bool stands_idle() const override { return fsm_.state() == FxoState::Idle; }
  void on_line_up() override;
  void on_line_lost() override { enter(FxoState::Closed); }
  void on_line(const LineEvent& event) override;
  void on_timeout() override;
  void on_tone(CallTone tone) override;
  void on_caller_id(const CallerId& caller) override;
  void on_said() override;
  void on_audio_failed(const std::string& why) override;

  void enter(FxoState state);
  void on_ring_started();
  void on_ring_ended();
  void on_battery_lost();
  void on_reversed();
  void on_hook_done();
  void offer(const CallerId& caller);
  void take_glare();
  void dial();
  void on_dialled();
  void answered();
  void hang_up(int cause);

  Fsm<FxoState, FxoEvent> fsm_;
  std::string number_;  // to be dialled
  TimePoint burst_ended_;
  bool is_seized_ = false;  // Offered: by glare, so that the caller hears us already
};

}  // namespace sg::tdm::cas
