#pragma once

#include <array>
#include <deque>
#include <memory>

#include "base/event_signal.h"
#include "base/reactor.h"
#include "base/unique_fd.h"
#include "tdm/dahdi/driver_types.h"
#include "tdm/dchannel.h"

namespace sg::tdm::dahdi {

// One channel that carries HDLC frames; the driver (or the card) frames and checks them. The reactor's thread.
class DahdiDChannel final : public DChannel {
 public:
  // Error: the channel is in use, not there, or not configured as a D-channel.
  static Result<std::unique_ptr<DChannel>> open(Reactor& reactor, const std::string& devices,
                                                const ChannelInfo& channel, std::shared_ptr<EventSignal> alarm_signal);

  int fd() const override { return fd_.get(); }
  Result<size_t> read(std::span<uint8_t> frame) override;
  Result<> write(ByteView frame) override;
  DChannelStats stats() const override { return stats_; }

 private:
  static constexpr size_t kFcsOctets = 2;
  // The driver calls a frame overlong that fills its buffer to the last octet.
  static constexpr size_t kBufferOctets = kMaxFrame + kFcsOctets + 14;

  // The driver holds 31 frames; a burst beyond that waits here.
  static constexpr size_t kMaxWaiting = 64;
  static constexpr Duration kRetry = 10ms;

  DahdiDChannel(Reactor& reactor, UniqueFd channel, const ChannelInfo& info, std::shared_ptr<EventSignal> alarm_signal);
  // False: not now, or the channel is gone.
  bool send(ByteView frame);
  void send_waiting();
  void drain_events();
  tl::unexpected<Error> gone() const;

  UniqueFd fd_;
  const int number_;
  const std::string name_;
  const std::shared_ptr<EventSignal> alarm_signal_;
  std::array<uint8_t, kBufferOctets> buffer_;  // of one read or write
  DChannelStats stats_;
  bool is_gone_ = false;
  std::deque<Bytes> waiting_;
  Timer retry_;
};

}  // namespace sg::tdm::dahdi
