#include "tdm/dahdi/dchannel.h"

#include <algorithm>

#include "tdm/dahdi/ioctls.h"

namespace sg::tdm::dahdi {
namespace {

constexpr size_t kDriverBufferSpace = 32768;  // of a channel, each way

}  // namespace

Result<std::unique_ptr<DChannel>> DahdiDChannel::open(const std::string& devices, const ChannelInfo& channel,
                                                      std::shared_ptr<AlarmBell> bell) {
  bool is_dchannel = channel.kind == ChannelKind::Hdlc || channel.kind == ChannelKind::HardHdlc;
  if (channel.kind != ChannelKind::NotConfigured && !is_dchannel) {
    return fail(
        "channel {} ({}) is {}: make it dchan= (hardhdlc= for cards that frame by themselves) in "
        "/etc/dahdi/system.conf, then run dahdi_cfg",
        channel.number, channel.name, describe(channel.kind));
  }
  auto fd = open_channel(devices, channel.number);
  if (!fd) return tl::unexpected(fd.error());
  constexpr int kBuffers = kDriverBufferSpace / kBufferOctets;
  if (auto set = set_buffers(fd->get(), TransmitPolicy::Immediate, kBuffers, kBufferOctets); !set) {
    return fail_with(set.error(), "channel {} ({})", channel.number, channel.name);
  }
  return std::unique_ptr<DChannel>(new DahdiDChannel(std::move(*fd), channel, std::move(bell)));
}

DahdiDChannel::DahdiDChannel(UniqueFd channel, const ChannelInfo& info, std::shared_ptr<AlarmBell> bell)
    : fd_(std::move(channel)), number_(info.number), name_(info.name), bell_(std::move(bell)) {}

Result<size_t> DahdiDChannel::read(std::span<uint8_t> frame) {
  while (!is_gone_) {
    IoResult io = read_block(fd_.get(), buffer_);
    if (io.status == Io::NotNow) return 0;
    if (io.status == Io::EventsFirst) drain_events();
    if (io.status == Io::Gone) is_gone_ = true;
    if (io.status != Io::Done || io.octets <= kFcsOctets) continue;
    // The driver has checked the FCS and hands it up all the same.
    size_t octets = io.octets - kFcsOctets;
    if (octets > kMaxFrame || octets > frame.size()) {
      ++stats_.overlong;
      continue;
    }
    std::copy_n(buffer_.begin(), octets, frame.begin());
    ++stats_.frames_received;
    return octets;
  }
  return gone();
}

Result<> DahdiDChannel::write(ByteView frame) {
  if (frame.empty() || frame.size() > kMaxFrame) {
    return fail("channel {}: a frame of {} octets: 1 to {} are carried", number_, frame.size(), kMaxFrame);
  }
  std::copy(frame.begin(), frame.end(), buffer_.begin());
  // The driver puts the FCS over the last two octets.
  std::fill_n(buffer_.begin() + static_cast<std::ptrdiff_t>(frame.size()), kFcsOctets, uint8_t{0});
  while (!is_gone_) {
    IoResult io = write_block(fd_.get(), ByteView(buffer_).first(frame.size() + kFcsOctets));
    if (io.status == Io::NotNow) return fail("channel {} ({}): the driver's transmit queue is full", number_, name_);
    if (io.status == Io::EventsFirst) drain_events();
    if (io.status == Io::Gone) is_gone_ = true;
    if (io.status != Io::Done) continue;
    ++stats_.frames_sent;
    return {};
  }
  return gone();
}

void DahdiDChannel::drain_events() {
  for (;;) {
    switch (next_event(fd_.get())) {
      case Event::None:
        return;
      case Event::HdlcAbort:
        ++stats_.aborts;
        break;
      case Event::HdlcOverrun:
        ++stats_.overlong;
        break;
      case Event::HdlcBadFcs:
        ++stats_.bad_fcs;
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

tl::unexpected<Error> DahdiDChannel::gone() const {
  return fail("channel {} ({}) is gone: its span was removed from the driver", number_, name_);
}

}  // namespace sg::tdm::dahdi
