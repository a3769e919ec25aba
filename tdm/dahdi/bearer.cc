#include "tdm/dahdi/bearer.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "tdm/dahdi/ioctls.h"

namespace sg::tdm::dahdi {
namespace {

// What DAHDI_SET_BUFINFO takes.
constexpr size_t kMinBlock = 16;
constexpr size_t kMaxBlock = 8192;
constexpr size_t kMaxBuffers = 32;
constexpr size_t kMaxSpace = 32768;

bool carries_octets(ChannelKind kind) {
  return kind == ChannelKind::Clear || kind == ChannelKind::FxsSide || kind == ChannelKind::FxoSide ||
         kind == ChannelKind::EarMouth || kind == ChannelKind::Cas;
}

bool has_block(int channel_fd) {
  pollfd channel{channel_fd, POLLIN, 0};
  return ::poll(&channel, 1, 0) == 1 && (channel.revents & POLLIN);
}

Result<UniqueFd> tick_set(int channel_fd) {
  UniqueFd set(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event wanted{.events = EPOLLIN | EPOLLPRI, .data = {}};
  if (set && ::epoll_ctl(set.get(), EPOLL_CTL_ADD, channel_fd, &wanted) == 0) return set;
  return fail("cannot wait for it: {}", std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<Bearer>> DahdiBearer::open(std::shared_ptr<ChannelPool> pool, const ChannelInfo& channel,
                                                  size_t block_octets, std::chrono::milliseconds margin,
                                                  int echo_taps) {
  if (block_octets < kMinBlock || block_octets > kMaxBlock) {
    return fail("a block of {} octets: the driver takes {} to {}", block_octets, kMinBlock, kMaxBlock);
  }
  if (channel.kind != ChannelKind::NotConfigured && !carries_octets(channel.kind)) {
    return fail(
        "channel {} ({}) is {} and carries no voice: make it bchan= in /etc/dahdi/system.conf, then run dahdi_cfg",
        channel.number, channel.name, name_of(channel.kind));
  }
  auto open = pool->take(channel, ChannelPool::Use::Bearer);
  if (!open) return tl::unexpected(open.error());
  int fd = (*open)->fd();
  auto set = tick_set(fd);
  auto buffers = static_cast<int>(std::min(kMaxBuffers, kMaxSpace / block_octets));
  // Once, here: it throws away what is queued.
  Result<> ready = set ? set_buffers(fd, buffers, block_octets) : tl::unexpected(set.error());
  if (ready) ready = enable_buffer_events(fd, true);
  if (!ready) {
    pool->give_back(channel.number, ChannelPool::Use::Bearer, *open);
    return fail_with(ready.error(), "channel {} ({})", channel.number, channel.name);
  }
  return std::unique_ptr<Bearer>(
      new DahdiBearer(std::move(pool), std::move(*open), std::move(*set), channel, block_octets, margin, echo_taps));
}

DahdiBearer::DahdiBearer(std::shared_ptr<ChannelPool> pool, std::shared_ptr<OpenChannel> channel, UniqueFd tick_set,
                         const ChannelInfo& info, size_t block_octets, std::chrono::milliseconds margin, int echo_taps)
    : pool_(std::move(pool)),
      channel_(std::move(channel)),
      tick_(std::move(tick_set)),
      info_(info),
      law_(info.law),
      block_octets_(block_octets),
      margin_octets_(static_cast<size_t>(margin / 1ms) * 8),
      idle_(block_octets, idle_octet(info.law)),
      echo_taps_(echo_taps),
      fax_tones_seen_(channel_->fax_tones()),
      before_{channel_->read_overruns(), channel_->write_underruns()},
      underruns_seen_(before_.write_underruns) {}

DahdiBearer::~DahdiBearer() {
  cancel_echo(false);
  if (is_gone_) channel_->set_gone();
  pool_->give_back(info_.number, ChannelPool::Use::Bearer, channel_);
}

Result<bool> DahdiBearer::read(std::span<uint8_t> block) {
  assert(block.size() == block_octets_);
  while (!is_gone_) {
    IoResult io = read_block(channel_->fd(), block);
    if (io.status == Io::Done && io.octets == block_octets_) return true;
    if (io.status == Io::NotNow) return false;
    if (io.status == Io::EventsFirst) drain_events();
    if (io.status == Io::Gone) is_gone_ = true;
  }
  return gone();
}

Result<bool> DahdiBearer::write(ByteView block) {
  assert(block.size() == block_octets_);
  if (channel_->is_dialling()) return true;
  notice_events();
  mind_fax_tones();
  if (may_be_late_ > 0) {
    may_be_late_ = has_block(channel_->fd()) ? may_be_late_ - 1 : 0;
    if (may_be_late_ > 0) return true;
  }
  if (!has_cushion_) lay_cushion();
  bool taken = send(block);
  if (is_gone_) return gone();
  return taken;
}

void DahdiBearer::lay_cushion() {
  has_cushion_ = true;
  for (size_t ahead = block_octets_; ahead < margin_octets_; ahead += block_octets_) send(idle_);
}

bool DahdiBearer::send(ByteView block) {
  while (!is_gone_) {
    IoResult io = write_block(channel_->fd(), block);
    if (io.status == Io::Done) return true;
    if (io.status == Io::NotNow) return false;
    if (io.status == Io::EventsFirst) drain_events();
    if (io.status == Io::Gone) is_gone_ = true;
  }
  return false;
}

std::chrono::milliseconds DahdiBearer::transmit_delay() const {
  return std::chrono::milliseconds((margin_octets_ + block_octets_) / 8);
}

// Not by DAHDI_ECHOCANCEL_FAX_MODE, in which a canceller still changes the octets: off leaves a page, or data, alone.
void DahdiBearer::cancel_echo(bool on) {
  if (echo_taps_ == 0 || is_gone_ || std::exchange(cancels_echo_, on) == on) return;
  Result<> done;
  if (on && info_.kind == ChannelKind::Clear) done = set_audio_mode(channel_->fd());
  if (done) done = set_echo_canceller(channel_->fd(), on ? echo_taps_ : 0);
  if (done) return;
  cancels_echo_ = false;
  channel_->count_echo_failure();
}

// The driver, or a canceller in hardware, may hear a fax tone before the media does.
void DahdiBearer::mind_fax_tones() {
  uint64_t heard = channel_->fax_tones();
  if (std::exchange(fax_tones_seen_, heard) != heard) cancel_echo(false);
}

BearerStats DahdiBearer::stats() const {
  if (!is_gone_) drain_events();
  return {channel_->read_overruns() - before_.read_overruns, channel_->write_underruns() - before_.write_underruns};
}

void DahdiBearer::drain_events() const {
  channel_->drain_events();
  notice_events();
}

void DahdiBearer::notice_events() const {
  if (channel_->is_gone()) is_gone_ = true;
  uint64_t underruns = channel_->write_underruns();
  if (std::exchange(underruns_seen_, underruns) == underruns) return;
  has_cushion_ = false;
  may_be_late_ = kMaxBuffers;
}

tl::unexpected<Error> DahdiBearer::gone() const {
  return fail("channel {} ({}) is gone: its span was removed from the driver", info_.number, info_.name);
}

}  // namespace sg::tdm::dahdi
