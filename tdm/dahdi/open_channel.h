#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "base/event_signal.h"
#include "base/unique_fd.h"
#include "tdm/dahdi/ioctls.h"

namespace sg::tdm::dahdi {

// What the bearers of a span lost, and what its echo cancellers told, since the backend began, by occasion. Any thread,
// without lock.
struct LostBlocks {
  std::atomic<uint64_t> read_overruns{0};
  std::atomic<uint64_t> write_underruns{0};
  std::atomic<uint64_t> fax_tones{0};  // that the driver or the canceller heard
  std::atomic<uint64_t> echo_changes{0};
  std::atomic<uint64_t> echo_failures{0};  // calls that wanted a canceller and got none
};

// One channel that is open, with the events that the driver has for it. The driver has one queue of them for each
// channel, and will not carry octets before it is empty: so whoever comes first, the media worker with the bearer or
// the signalling thread with the Line, takes them all, and each finds here what is meant for it.
// Any thread. Shared by the pool and those that use the channel.
class OpenChannel {
 public:
  struct HookEvent {
    Event kind;
    char digit;
  };

  // `alarm_signal` is rung when the channel hears of an alarm first. `lost` counts for the whole span.
  OpenChannel(UniqueFd fd, std::shared_ptr<EventSignal> alarm_signal, std::shared_ptr<LostBlocks> lost)
      : fd_(std::move(fd)), alarm_signal_(std::move(alarm_signal)), lost_(std::move(lost)) {}

  int fd() const { return fd_.get(); }
  // Takes all events from the driver. Locks only where there are some or may be.
  void drain_events();
  bool is_gone() const { return is_gone_; }
  void set_gone();
  // Since it was opened.
  uint64_t fax_tones() const { return fax_tones_; }
  void count_echo_failure() { ++lost_->echo_failures; }
  uint64_t read_overruns() const { return read_overruns_; }
  uint64_t write_underruns() const { return write_underruns_; }

  // From now on the events of the wire are kept for the Line; or no more.
  void listen(bool on);
  std::optional<HookEvent> next_hook_event();
  // Readable when next_hook_event() may have one, and after wake_line().
  int hook_fd() const { return hook_signal_.fd(); }
  void wake_line() { hook_signal_.signal(); }

  // While the driver dials, whatever is written would stop it: the bearer drops its blocks.
  void set_dialling(bool dialling) { is_dialling_ = dialling; }
  bool is_dialling() const { return is_dialling_; }

 private:
  void keep(HookEvent event);

  const UniqueFd fd_;
  const std::shared_ptr<EventSignal> alarm_signal_;
  const std::shared_ptr<LostBlocks> lost_;
  std::atomic<uint64_t> read_overruns_{0};
  std::atomic<uint64_t> write_underruns_{0};
  std::atomic<uint64_t> fax_tones_{0};
  std::atomic<bool> is_gone_{false};
  std::atomic<bool> is_dialling_{false};
  std::mutex mutex_;  // over taking and handing out, so that events stay in order
  bool is_listened_to_ = false;
  std::deque<HookEvent> hook_events_;
  EventSignal hook_signal_;
};

}  // namespace sg::tdm::dahdi
