#pragma once

#include <chrono>
#include <memory>

#include "base/unique_fd.h"
#include "tdm/bearer.h"
#include "tdm/dahdi/channel_pool.h"
#include "tdm/dahdi/driver_types.h"

namespace sg::tdm::dahdi {

// One channel that carries octets. The driver's clock fills its receive buffer: the channel itself is the tick.
// One thread, as Bearer says. The media tick: read() and write() do not allocate unless the channel is gone.
//
// What is written is kept one margin ahead of the line, by idle that is put before the first block (the cushion): the
// line and the blocks read run by one clock, so that distance stays. The driver's buffers are many, for a thread that
// is late. When a thread came so late that the line ran dry, what it writes for all blocks that wait but the newest is
// dropped, and the cushion is laid anew: idle went out in their place, and sent on top they would delay the call for
// good.
class DahdiBearer final : public Bearer {
 public:
  // Error: the channel is in use, not there, or does not carry octets.
  static Result<std::unique_ptr<Bearer>> open(std::shared_ptr<ChannelPool> pool, const ChannelInfo& channel,
                                              size_t block_octets, std::chrono::milliseconds margin, int echo_taps = 0);
  ~DahdiBearer() override;

  Law law() const override { return law_; }
  size_t block_octets() const override { return block_octets_; }
  TickSource& ticks() override { return tick_; }
  Result<bool> read(std::span<uint8_t> block) override;
  Result<bool> write(ByteView block) override;
  std::chrono::milliseconds transmit_delay() const override;
  void cancel_echo(bool on) override;
  // Counted by occasion: the driver tells that blocks were lost, not how many.
  BearerStats stats() const override;

 private:
  // Readable when the channel has a block or an event. An event alone would not wake who waits for EPOLLIN, and a card
  // that is pulled tells by event only: so an epoll set stands in between, which is readable in both cases.
  class Tick final : public TickSource {
   public:
    explicit Tick(UniqueFd set) : set_(std::move(set)) {}
    int fd() const override { return set_.get(); }
    void acknowledge() override {}  // level-triggered: reading the blocks is what silences it

   private:
    UniqueFd set_;
  };

  DahdiBearer(std::shared_ptr<ChannelPool> pool, std::shared_ptr<OpenChannel> channel, UniqueFd tick_set,
              const ChannelInfo& info, size_t block_octets, std::chrono::milliseconds margin, int echo_taps);
  // False: the transmit buffer is full, or the channel is gone.
  bool send(ByteView block);
  void lay_cushion();
  void drain_events() const;
  // What came to the channel's counters, whoever took the events.
  void notice_events() const;
  void mind_fax_tones();
  tl::unexpected<Error> gone() const;

  const std::shared_ptr<ChannelPool> pool_;
  const std::shared_ptr<OpenChannel> channel_;
  Tick tick_;
  const ChannelInfo info_;
  const Law law_;
  const size_t block_octets_;
  const size_t margin_octets_;
  const Bytes idle_;
  const int echo_taps_;
  bool cancels_echo_ = false;
  uint64_t fax_tones_seen_;
  // The channel's counters when the bearer was opened, and the underruns that were seen to. stats() looks for events
  // too.
  const BearerStats before_;
  mutable uint64_t underruns_seen_;
  mutable bool is_gone_ = false;
  mutable bool has_cushion_ = false;
  mutable size_t may_be_late_ = 0;  // blocks to be written, at most, that are too late to be sent
};

}  // namespace sg::tdm::dahdi
