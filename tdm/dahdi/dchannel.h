#pragma once

#include <array>
#include <memory>

#include "base/unique_fd.h"
#include "tdm/dahdi/alarm_bell.h"
#include "tdm/dahdi/driver_types.h"
#include "tdm/dchannel.h"

namespace sg::tdm::dahdi {

// One channel that carries HDLC frames; the driver (or the card) frames and checks them. One thread.
class DahdiDChannel final : public DChannel {
 public:
  // Error: the channel is in use, not there, or not configured as a D-channel.
  static Result<std::unique_ptr<DChannel>> open(const std::string& devices, const ChannelInfo& channel,
                                                std::shared_ptr<AlarmBell> bell);

  int fd() const override { return fd_.get(); }
  Result<size_t> read(std::span<uint8_t> frame) override;
  Result<> write(ByteView frame) override;
  DChannelStats stats() const override { return stats_; }

 private:
  static constexpr size_t kFcsOctets = 2;
  // The driver calls a frame overlong that fills its buffer to the last octet.
  static constexpr size_t kBufferOctets = kMaxFrame + kFcsOctets + 14;

  DahdiDChannel(UniqueFd channel, const ChannelInfo& info, std::shared_ptr<AlarmBell> bell);
  void drain_events();
  tl::unexpected<Error> gone() const;

  UniqueFd fd_;
  const int number_;
  const std::string name_;
  const std::shared_ptr<AlarmBell> bell_;
  std::array<uint8_t, kBufferOctets> buffer_;
  DChannelStats stats_;
  bool is_gone_ = false;
};

}  // namespace sg::tdm::dahdi
