#pragma once

#include "base/fsm.h"
#include "tdm/cas/port.h"

namespace sg::tdm::cas {

// Receiving: the far end seized, and sends digits. Calling: its call was told. AwaitingWink, Dialling, Dialled: ours
// goes out. Clearing: we are on-hook, the far end is not yet.
enum class EmState : uint8_t {
  Closed,
  Idle,
  Receiving,
  Calling,
  AwaitingWink,
  Dialling,
  Dialled,
  Talking,
  Clearing,
  Guard
};
enum class EmEvent : uint8_t { LineUp, Seized, HungUp, Wink, HookDone, Digit, Said, Place, Answer, Release, Timeout };

std::string_view name_of(EmState state);
std::string_view name_of(EmEvent event);

// A tie line by E and M leads, wink start or immediate start: both ends are alike.
class EmPort final : public Port {
 public:
  EmPort(const Place& place, const PortConfig& config);

  std::string_view state_name() const override { return name_of(fsm_.state()); }
  void place_call(SignallingCallId call, const Setup& setup) override;
  void answer() override;
  void release(int cause) override;

  static const FsmTable<EmState, EmEvent>& table();

 private:
  bool stands_idle() const override { return fsm_.state() == EmState::Idle; }
  void on_line_up() override;
  void on_line_lost() override { enter(EmState::Closed); }
  void on_line(const LineEvent& event) override;
  void on_timeout() override;
  void on_digit(char digit) override;
  void on_said() override;
  void on_audio_failed(const std::string& why) override;

  void enter(EmState state);
  void on_seized();
  void on_hung_up();
  void on_wink();
  void present();
  void hang_up(int cause);

  Fsm<EmState, EmEvent> fsm_;
  std::string digits_;  // received, or to be dialled
};

}  // namespace sg::tdm::cas
