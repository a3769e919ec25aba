#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_signal.h"
#include "base/log.h"
#include "base/reactor.h"
#include "base/unique_fd.h"
#include "tdm/backend.h"
#include "tdm/dahdi/channel_pool.h"
#include "tdm/dahdi/driver_types.h"

namespace sg::tdm::dahdi {

struct SpanOptions {
  uint16_t number = 0;                         // what Spangate calls the span
  int driver_span = 0;                         // what the driver calls it (/proc/dahdi/N); 0: the same
  int echo_taps = 0;                           // of the canceller on voice calls: 32, 64, … 1024; 0: none
  std::map<uint8_t, int> slot_echo_taps = {};  // of timeslots that have their own
};

struct Options {
  std::vector<SpanOptions> spans;
  std::string devices = "/dev/dahdi";
  std::string proc = "/proc/dahdi";
  // How far ahead of the line a bearer's octets are kept, 0 to 300 ms: how late its thread may come without a gap.
  std::chrono::milliseconds transmit_margin{40};
  // How often the spans are asked for their alarms where no event tells.
  Duration poll_interval = 1s;
};

// The timeslots of the cards that the DAHDI driver runs. What a span and a channel is, the driver says, and that comes
// from /etc/dahdi/system.conf: nothing of it is repeated here.
// Owned by the Application. The reactor given to make() polls for alarms; status() and open_… from any thread.
class DahdiBackend final : public Backend {
 public:
  // Error: the driver is not there or may not be used, and how to mend that. A span that is not there is no error: it
  // has kAlarmRemoved until it comes.
  static Result<std::unique_ptr<DahdiBackend>> make(Reactor& reactor, Options options);
  ~DahdiBackend() override;

  std::vector<SpanStatus> status() const override;
  // Any channel that carries audio or data: bchan= and the analog ones.
  Result<std::unique_ptr<Bearer>> open_bearer(Timeslot slot, const BearerOptions& options) override;
  // A channel that system.conf calls dchan= or hardhdlc=. It is to be used on the reactor's thread.
  Result<std::unique_ptr<DChannel>> open_dchannel(Timeslot slot) override;
  // A channel that system.conf calls fxoks= and its kin, fxsks= and its kin, or e&m=. To be used on the reactor's
  // thread.
  Result<std::unique_ptr<Line>> open_line(Timeslot slot) override;
  void set_listener(Listener* listener) override { listener_ = listener; }

  // What the driver says of one of our spans: nothing when it has none, or is not to be asked.
  std::optional<SpanInfo> driver_span(uint16_t span) const;
  std::vector<ChannelInfo> channels(uint16_t span) const;
  // "DAHDI 2.11.1".
  const std::string& driver_version() const { return version_; }

 private:
  DahdiBackend(Reactor& reactor, Options options, UniqueFd control, std::string version);
  Result<> start();
  void arm_poll();
  void tell_alarms();
  void hold_channels(const SpanOptions& span);
  SpanStatus status_of(const SpanOptions& span) const;
  // The driver's channel behind a timeslot.
  Result<ChannelInfo> find(Timeslot slot) const;
  int echo_taps(Timeslot slot) const;
  Result<ChannelInfo> channel_at(const SpanOptions& span, int position) const;

  Reactor& reactor_;
  const Options options_;
  const UniqueFd control_;
  const std::string version_;
  const Log log_{"dahdi"};
  Listener* listener_ = nullptr;
  std::map<uint16_t, AlarmSet> told_;  // the reactor's thread only
  const std::shared_ptr<EventSignal> alarm_signal_;
  const std::shared_ptr<ChannelPool> pool_;
  Timer poll_;
};

}  // namespace sg::tdm::dahdi
