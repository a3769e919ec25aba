#include "tdm/dahdi/bearer.h"

#include <sys/epoll.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "tdm/dahdi/ioctls.h"

namespace sg::tdm::dahdi {
namespace {

// DAHDI_SET_BUFINFO takes no less and, with at least four buffers, no more.
constexpr size_t kMinBlock = 16;
constexpr size_t kMaxBlock = 8192;
constexpr size_t kMinBuffers = 4;

Result<> prepare(int fd, const ChannelInfo& channel, size_t block_octets) {
  size_t buffers = std::max(kMinBuffers, DahdiBearer::kBufferedOctets / block_octets);
  buffers = std::min(buffers, size_t{32});
  // First and once: it throws away what is queued.
  if (auto set = set_buffers(fd, TransmitPolicy::HalfFull, static_cast<int>(buffers), block_octets); !set) return set;
  // Analog channels are in audio mode always, and refuse to be told.
  if (channel.kind == ChannelKind::Clear) {
    if (auto set = set_audio_mode(fd); !set) return set;
  }
  return enable_buffer_events(fd);
}

bool carries_octets(ChannelKind kind) {
  return kind == ChannelKind::Clear || kind == ChannelKind::FxsSide || kind == ChannelKind::FxoSide ||
         kind == ChannelKind::EarMouth || kind == ChannelKind::Cas;
}

}  // namespace

Result<std::unique_ptr<Bearer>> DahdiBearer::open(const std::string& devices, const ChannelInfo& channel,
                                                  size_t block_octets, std::shared_ptr<AlarmBell> bell) {
  if (block_octets < kMinBlock || block_octets > kMaxBlock) {
    return fail("a block of {} octets: the driver takes {} to {}", block_octets, kMinBlock, kMaxBlock);
  }
  if (channel.kind != ChannelKind::NotConfigured && !carries_octets(channel.kind)) {
    return fail(
        "channel {} ({}) is {} and carries no voice: make it a bchan= in /etc/dahdi/system.conf, then run dahdi_cfg",
        channel.number, channel.name, describe(channel.kind));
  }
  auto fd = open_channel(devices, channel.number);
  if (!fd) return tl::unexpected(fd.error());
  if (auto prepared = prepare(fd->get(), channel, block_octets); !prepared) {
    return fail_with(prepared.error(), "channel {} ({})", channel.number, channel.name);
  }
  UniqueFd set(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event wanted{.events = EPOLLIN | EPOLLPRI, .data = {}};
  if (!set || ::epoll_ctl(set.get(), EPOLL_CTL_ADD, fd->get(), &wanted) != 0) {
    return fail("channel {}: cannot wait for it: {}", channel.number, std::strerror(errno));
  }
  return std::unique_ptr<Bearer>(
      new DahdiBearer(std::move(*fd), std::move(set), channel, block_octets, std::move(bell)));
}

DahdiBearer::DahdiBearer(UniqueFd channel, UniqueFd tick_set, const ChannelInfo& info, size_t block_octets,
                         std::shared_ptr<AlarmBell> bell)
    : fd_(std::move(channel)),
      tick_(std::move(tick_set)),
      number_(info.number),
      name_(info.name),
      law_(info.law),
      block_octets_(block_octets),
      bell_(std::move(bell)) {}

Result<bool> DahdiBearer::read(std::span<uint8_t> block) {
  assert(block.size() == block_octets_);
  while (!is_gone_) {
    IoResult io = read_block(fd_.get(), block);
    if (io.status == Io::Done && io.octets == block_octets_) return true;
    if (io.status == Io::NotNow) return false;
    if (io.status == Io::EventsFirst) drain_events();
    if (io.status == Io::Gone) is_gone_ = true;
  }
  return gone();
}

Result<bool> DahdiBearer::write(ByteView block) {
  assert(block.size() == block_octets_);
  while (!is_gone_) {
    IoResult io = write_block(fd_.get(), block);
    if (io.status == Io::Done) return true;
    if (io.status == Io::NotNow) return false;
    if (io.status == Io::EventsFirst) drain_events();
    if (io.status == Io::Gone) is_gone_ = true;
  }
  return gone();
}

void DahdiBearer::drain_events() {
  for (;;) {
    switch (next_event(fd_.get())) {
      case Event::None:
        return;
      case Event::ReadOverrun:
        ++stats_.read_overruns;
        break;
      case Event::WriteUnderrun:
        ++stats_.write_underruns;
        break;
      case Event::Alarm:
        bell_->ring();
        break;
      case Event::Removed:
        is_gone_ = true;
        bell_->ring();
        return;
      default:
        break;
    }
  }
}

tl::unexpected<Error> DahdiBearer::gone() const {
  return fail("channel {} ({}) is gone: its span was removed from the driver", number_, name_);
}

}  // namespace sg::tdm::dahdi
