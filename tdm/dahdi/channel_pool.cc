#include "tdm/dahdi/channel_pool.h"

#include "tdm/dahdi/ioctls.h"

namespace sg::tdm::dahdi {

Result<std::shared_ptr<OpenChannel>> ChannelPool::open(const ChannelInfo& channel) {
  auto fd = open_channel(devices_, channel.number);
  if (!fd) return tl::unexpected(fd.error());
  // For the right idle (see set_audio_mode). Analog channels are in audio mode always, and refuse to be told.
  if (channel.kind == ChannelKind::Clear && channel.law == Law::A) {
    if (auto set = set_audio_mode(fd->get()); !set) return fail_with(set.error(), "channel {}", channel.number);
  }
  return std::make_shared<OpenChannel>(std::move(*fd), alarm_signal_, lost(channel.span));
}

const std::shared_ptr<LostBlocks>& ChannelPool::lost(int span) {
  auto& lost = lost_[span];
  if (!lost) lost = std::make_shared<LostBlocks>();
  return lost;
}

std::shared_ptr<const LostBlocks> ChannelPool::lost_blocks(int span) {
  std::lock_guard lock(mutex_);
  return lost(span);
}

Result<> ChannelPool::hold(const ChannelInfo& channel) {
  std::lock_guard lock(mutex_);
  Channel& held = channels_[channel.number];
  if (held.open) return {};
  auto opened = open(channel);
  if (!opened) return tl::unexpected(opened.error());
  held.span = channel.span;
  held.open = std::move(*opened);
  return {};
}

Result<std::shared_ptr<OpenChannel>> ChannelPool::take(const ChannelInfo& channel, Use use) {
  std::lock_guard lock(mutex_);
  Channel& held = channels_[channel.number];
  if (held.is_lent(use)) {
    return fail("channel {} ({}): open already, for another call", channel.number, channel.name);
  }
  // One that was removed and came back between two polls is dead for good: open it anew.
  if (!held.open || held.open->is_gone() || (use == Use::Bearer && !flush_octets(held.open->fd()))) {
    held.open.reset();
    auto opened = open(channel);
    if (!opened) return opened;
    held.open = std::move(*opened);
  }
  held.open->drain_events();
  held.span = channel.span;
  held.is_lent(use) = true;
  return held.open;
}

void ChannelPool::give_back(int channel, Use use, const std::shared_ptr<OpenChannel>& open) {
  std::lock_guard lock(mutex_);
  Channel& held = channels_[channel];
  held.is_lent(use) = false;
  if (held.open != open) return;
  bool is_well = !open->is_gone();
  if (is_well && use == Use::Bearer) {
    is_well = enable_buffer_events(open->fd(), false) && flush_octets(open->fd());
    open->drain_events();
  }
  if (!is_well) held.open.reset();
}

void ChannelPool::release_span(int span) {
  std::lock_guard lock(mutex_);
  for (auto& [number, channel] : channels_) {
    if (channel.span == span) channel.open.reset();
  }
}

}  // namespace sg::tdm::dahdi
