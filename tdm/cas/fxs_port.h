#pragma once

#include "base/fsm.h"
#include "tdm/cas/port.h"

namespace sg::tdm::cas {

// HungUpOn: the far end is gone, the telephone is not: battery drop, then busy tone. BackToHeld: the far end of a
// second call is gone: busy tone, while the first is on hold. Transferring: the telephone is gone, its two calls are
// joined.
enum class FxsState : uint8_t {
  Closed,
  Idle,
  DialTone,
  Collecting,
  Calling,
  Ringing,
  Talking,
  HungUpOn,
  Howling,
  Parked,
  BackToHeld,
  Transferring
};
enum class FxsEvent : uint8_t { LineUp, Lifted, HungUp, Flash, Digit, RingPaused, Place, Answer, Release, Timeout };

std::string_view name_of(FxsState state);
std::string_view name_of(FxsEvent event);

// A port with a telephone or a fax machine: we are its exchange.
class FxsPort final : public Port {
 public:
  FxsPort(const Place& place, const PortConfig& config);

  std::string_view state_name() const override { return name_of(fsm_.state()); }
  void place_call(SignallingCallId call, const Setup& setup) override;
  void answer() override;
  void release(int cause) override;
  void release_other(SignallingCallId call, int cause) override;
  void on_notified(SignallingCallId call, uint8_t description) override;
  void set_messages_waiting(int messages) override;

  static const FsmTable<FxsState, FxsEvent>& table();

 private:
  bool stands_idle() const override { return fsm_.state() == FxsState::Idle; }
  void on_line_up() override;
  void on_line_lost() override;
  void on_line(const LineEvent& event) override;
  void on_timeout() override;
  void on_digit(char digit) override;
  void on_said() override;
  void on_audio_failed(const std::string& why) override;

  void enter(FxsState state);
  void on_lifted();
  void on_hung_up();
  void on_flash();
  void dial_anew();
  // Services: a second call beside the one on hold.
  void flash_in_call();
  void hold_call();
  void back_to_held();
  void end_held(int cause);
  void end_both(int cause);
  void on_ring_paused();
  void give_dial_tone();
  void present();
  void hang_up_on(CallTone tone);
  void play_disconnect_tone();

  Fsm<FxsState, FxsEvent> fsm_;
  std::string digits_;
  CallerId caller_;
  int pauses_until_caller_id_ = 0;
  bool is_held_ = false;   // by HookFlash::Hold
  SignallingCallId held_;  // the first of two calls; call() is the second
  bool is_among_three_ = false;
  bool plays_tone_ = false;
  CallTone disconnect_tone_ = CallTone::Busy;
  int messages_waiting_;
};

}  // namespace sg::tdm::cas
