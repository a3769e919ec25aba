#include "tdm/dahdi/channel_pool.h"

#include "tdm/dahdi/ioctls.h"

namespace sg::tdm::dahdi {

Result<UniqueFd> ChannelPool::open(const ChannelInfo& channel) const {
  auto fd = open_channel(devices_, channel.number);
  if (!fd) return fd;
  // For the right idle (see set_audio_mode). Analog channels are in audio mode always, and refuse to be told.
  if (channel.kind != ChannelKind::Clear || channel.law != Law::A) return fd;
  if (auto set = set_audio_mode(fd->get()); !set) return fail_with(set.error(), "channel {}", channel.number);
  return fd;
}

Result<> ChannelPool::hold(const ChannelInfo& channel) {
  std::lock_guard lock(mutex_);
  Channel& held = channels_[channel.number];
  if (held.is_lent || held.idle) return {};
  auto fd = open(channel);
  if (!fd) return tl::unexpected(fd.error());
  held = {channel.span, std::move(*fd), false};
  return {};
}

Result<UniqueFd> ChannelPool::take(const ChannelInfo& channel) {
  std::lock_guard lock(mutex_);
  Channel& held = channels_[channel.number];
  if (held.is_lent) return fail("channel {} ({}): open already, for another call", channel.number, channel.name);
  UniqueFd fd = std::move(held.idle);
  // One that was removed and came back between two polls is dead for good: open it anew.
  if (!fd || !flush(fd.get())) {
    fd.reset();
    auto opened = open(channel);
    if (!opened) return opened;
    fd = std::move(*opened);
  }
  held.span = channel.span;
  held.is_lent = true;
  return fd;
}

void ChannelPool::give_back(int channel, UniqueFd fd) {
  std::lock_guard lock(mutex_);
  Channel& held = channels_[channel];
  held.is_lent = false;
  if (fd && enable_buffer_events(fd.get(), false) && flush(fd.get())) held.idle = std::move(fd);
}

void ChannelPool::release_span(int span) {
  std::lock_guard lock(mutex_);
  for (auto& [number, channel] : channels_) {
    if (channel.span == span) channel.idle.reset();
  }
}

}  // namespace sg::tdm::dahdi
