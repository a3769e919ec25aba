#pragma once

#include <deque>
#include <memory>

#include "base/event_signal.h"
#include "base/log.h"
#include "base/reactor.h"
#include "base/unique_fd.h"
#include "tdm/dahdi/channel_pool.h"
#include "tdm/dahdi/driver_types.h"
#include "tdm/dahdi/line_ioctls.h"
#include "tdm/line.h"

namespace sg::tdm::dahdi {

// One analog channel's wire. The reactor's thread; a bearer of the same channel may run on another.
//
// The driver refuses what comes too early (a seizure while battery is away, a flash before the loop has settled): such
// a command is tried again until it is taken, which is what the caller of Line expects.
class DahdiLine final : public Line {
 public:
  // Error: the channel is in use, not there, or not analog.
  static Result<std::unique_ptr<Line>> open(Reactor& reactor, std::shared_ptr<ChannelPool> pool,
                                            const ChannelInfo& channel, Timeslot slot);
  ~DahdiLine() override;

  Timeslot slot() const override { return slot_; }
  LineKind kind() const override { return kind_; }
  LineStart start() const override { return info_.start; }
  int fd() const override { return set_.get(); }
  std::optional<LineEvent> next() override;
  bool is_far_end_off_hook() const override;
  AlarmSet alarms() const override;

  Result<> seize() override;
  Result<> release() override;
  Result<> wink() override;
  Result<> flash() override;
  Result<> dial_pulses(std::string_view digits) override;
  Result<> ring(const RingCadence& cadence) override;
  Result<> stop_ringing() override;
  Result<> pass_audio_on_hook(std::chrono::milliseconds length) override;
  Result<> reverse_polarity(bool reversed) override;
  Result<> set_messages_waiting(int messages) override;

 private:
  static constexpr Duration kRetry = 20ms;
  static constexpr int kMaxTries = 150;  // 3 s
  // A bearer's thread has seen by then that we dial, and writes no more.
  static constexpr Duration kBeforeDialling = 60ms;
  // A battery drop and what comes after (800 ms), in which the driver misses a telephone that hangs up.
  static constexpr Duration kAfterDrop = 900ms;

  // The driver heeds no hang-up, flash or pulse before a loop that was closed has settled (600 ms).
  static constexpr Duration kSettling = 650ms;

  DahdiLine(Reactor& reactor, std::shared_ptr<ChannelPool> pool, std::shared_ptr<OpenChannel> channel, UniqueFd set,
            const ChannelInfo& info, LineKind kind, Timeslot slot);
  Result<> expect(LineKind kind, std::string_view what) const;
  // Puts it on the wire, now or as soon as the driver takes it. Error: it never will.
  Result<> apply(Hook hook);
  void retry(Hook hook, int tries);
  void on_applied(Hook hook);
  void look_after_drop();
  void push(LineEvent::Kind kind, char digit = 0);
  void done();
  void on_event(OpenChannel::HookEvent event);
  void on_off_hook();
  void on_on_hook();
  void on_burst_ended();
  void on_gone();

  const std::shared_ptr<ChannelPool> pool_;
  std::shared_ptr<OpenChannel> channel_;  // none: it is gone
  const UniqueFd set_;                    // its events, and what other threads took of them
  const ChannelInfo info_;
  const LineKind kind_;
  const Timeslot slot_;
  const Log log_;
  std::deque<LineEvent> events_;
  bool is_seized_ = false;  // by us
  bool is_ringing_ = false;
  bool is_in_burst_ = false;      // Fxo: of ringing, as the driver told
  bool is_far_off_hook_ = false;  // as it was told
  bool awaits_hook_ = false;      // HookDone is owed
  Timer retry_;
  Timer settling_;
  Timer after_drop_;
};

}  // namespace sg::tdm::dahdi
