#include "tdm/dahdi/lasting_dchannel.h"

#include <sys/epoll.h>

#include <cerrno>
#include <cstring>

namespace sg::tdm::dahdi {

Result<std::unique_ptr<DChannel>> LastingDChannel::make(Reactor& reactor, std::string name, Open open) {
  UniqueFd set(::epoll_create1(EPOLL_CLOEXEC));
  if (!set) return fail("{}: {}", name, std::strerror(errno));
  std::unique_ptr<LastingDChannel> made(new LastingDChannel(reactor, std::move(name), std::move(open), std::move(set)));
  made->try_to_open();
  return std::unique_ptr<DChannel>(std::move(made));
}

LastingDChannel::LastingDChannel(Reactor& reactor, std::string name, Open open, UniqueFd set)
    : name_(std::move(name)), open_(std::move(open)), set_(std::move(set)), retry_(reactor) {}

void LastingDChannel::try_to_open() {
  auto opened = open_();
  if (!opened) {
    if (!std::exchange(was_told_, true)) log_.error("{}: no D-channel: {}", name_, opened.error().message);
    return retry_.arm(kRetry, [this] { try_to_open(); });
  }
  channel_ = std::move(*opened);
  epoll_event wanted{.events = EPOLLIN | EPOLLPRI, .data = {}};
  if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, channel_->fd(), &wanted) != 0) return lose({std::strerror(errno)});
  if (std::exchange(was_told_, false)) log_.info("{}: the D-channel is there", name_);
}

void LastingDChannel::lose(const Error& why) {
  log_.warning("{}: {}", name_, why.message);
  before_ = stats();
  channel_.reset();  // closing it takes it out of the set
  was_told_ = true;
  retry_.arm(kRetry, [this] { try_to_open(); });
}

Result<size_t> LastingDChannel::read(std::span<uint8_t> frame) {
  if (!channel_) return 0;
  auto octets = channel_->read(frame);
  if (octets) return octets;
  lose(octets.error());
  return 0;
}

Result<> LastingDChannel::write(ByteView frame) {
  // The next read() tells when the channel is gone.
  return channel_ ? channel_->write(frame) : fail("{}: the D-channel is not in the driver now", name_);
}

DChannelStats LastingDChannel::stats() const {
  DChannelStats sum = before_;
  if (channel_) sum += channel_->stats();
  return sum;
}

}  // namespace sg::tdm::dahdi
