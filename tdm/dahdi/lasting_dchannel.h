#pragma once

#include <functional>
#include <memory>

#include "base/log.h"
#include "base/reactor.h"
#include "base/unique_fd.h"
#include "tdm/dchannel.h"

namespace sg::tdm::dahdi {

// A D-channel that outlives the card: while its span is not in the driver it is as silent as a cut line, and it goes on
// when the span is back. So what speaks Q.921 over it sees an outage, and recovers as from any other.
// The reactor's thread.
class LastingDChannel final : public DChannel {
 public:
  using Open = std::function<Result<std::unique_ptr<DChannel>>()>;

  // `open` opens the channel itself; it is called now, and once a second while there is none.
  static Result<std::unique_ptr<DChannel>> make(Reactor& reactor, std::string name, Open open);

  int fd() const override { return set_.get(); }
  Result<size_t> read(std::span<uint8_t> frame) override;
  Result<> write(ByteView frame) override;
  DChannelStats stats() const override;

 private:
  static constexpr Duration kRetry = 1s;

  LastingDChannel(Reactor& reactor, std::string name, Open open, UniqueFd set);
  void try_to_open();
  void lose(const Error& why);

  const std::string name_;
  const Open open_;
  const Log log_{"dahdi"};
  const UniqueFd set_;  // epoll: readable when the channel has a frame or an event
  std::unique_ptr<DChannel> channel_;
  DChannelStats before_;  // of the channels that are gone
  bool was_told_ = false;
  Timer retry_;
};

}  // namespace sg::tdm::dahdi
