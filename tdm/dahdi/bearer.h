#pragma once

#include <memory>

#include "base/unique_fd.h"
#include "tdm/bearer.h"
#include "tdm/dahdi/alarm_bell.h"
#include "tdm/dahdi/driver_types.h"

namespace sg::tdm::dahdi {

// One channel that carries octets. The driver's clock fills its receive buffer: the channel itself is the tick.
// One thread, as Bearer says. The media tick: read() and write() never allocate unless the channel is gone.
class DahdiBearer final : public Bearer {
 public:
  // 80 ms each way. The driver starts to send when half of it is written, so a thread that is late by up to
  // 20 to 40 ms loses nothing.
  static constexpr size_t kBufferedOctets = 640;

  // Error: the channel is in use, not there, or does not carry octets.
  static Result<std::unique_ptr<Bearer>> open(const std::string& devices, const ChannelInfo& channel,
                                              size_t block_octets, std::shared_ptr<AlarmBell> bell);

  Law law() const override { return law_; }
  size_t block_octets() const override { return block_octets_; }
  TickSource& ticks() override { return tick_; }
  Result<bool> read(std::span<uint8_t> block) override;
  Result<bool> write(ByteView block) override;
  BearerStats stats() const override { return stats_; }

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

  DahdiBearer(UniqueFd channel, UniqueFd tick_set, const ChannelInfo& info, size_t block_octets,
              std::shared_ptr<AlarmBell> bell);
  void drain_events();
  tl::unexpected<Error> gone() const;

  UniqueFd fd_;
  Tick tick_;
  const int number_;
  const std::string name_;
  const Law law_;
  const size_t block_octets_;
  const std::shared_ptr<AlarmBell> bell_;
  BearerStats stats_;
  bool is_gone_ = false;
};

}  // namespace sg::tdm::dahdi
