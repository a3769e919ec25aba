#include "tdm/dahdi/dchannel.h"

#include <poll.h>

#include <algorithm>

#include "tdm/dahdi/ioctls.h"

namespace sg::tdm::dahdi {
namespace {

constexpr size_t kDriverBufferSpace = 32768;  // of a channel, each way

// The driver puts a flag after each frame and between frames, but none before one that is written right after the
// channel was opened: that one would be lost. So an empty one goes first. Waits, for a millisecond or two, until the
// line has moved both ways; not for long, since a span without clock never moves.
void start_flags(int fd) {
  write_block(fd, std::array<uint8_t, 2>{});
  for (int waited = 0; waited < 10 && !has_sent_all(fd); ++waited) ::poll(nullptr, 0, 1);
}

}  // namespace

Result<std::unique_ptr<DChannel>> DahdiDChannel::open(Reactor& reactor, const std::string& devices,
                                                      const ChannelInfo& channel,
                                                      std::shared_ptr<EventSignal> alarm_signal) {
  bool is_dchannel = channel.kind == ChannelKind::Hdlc || channel.kind == ChannelKind::HardHdlc;
  if (channel.kind != ChannelKind::NotConfigured && !is_dchannel) {
    return fail(
        "channel {} ({}) is {}: make it dchan= (hardhdlc= for cards that frame by themselves) in "
        "/etc/dahdi/system.conf, then run dahdi_cfg",
        channel.number, channel.name, name_of(channel.kind));
  }
  auto fd = open_channel(devices, channel.number);
  if (!fd) return tl::unexpected(fd.error());
  constexpr int kBuffers = kDriverBufferSpace / kBufferOctets;
  if (auto set = set_buffers(fd->get(), kBuffers, kBufferOctets); !set) {
    return fail_with(set.error(), "channel {} ({})", channel.number, channel.name);
  }
  if (channel.kind == ChannelKind::Hdlc) start_flags(fd->get());
  return std::unique_ptr<DChannel>(new DahdiDChannel(reactor, std::move(*fd), channel, std::move(alarm_signal)));
}

DahdiDChannel::DahdiDChannel(Reactor& reactor, UniqueFd channel, const ChannelInfo& info,
                             std::shared_ptr<EventSignal> alarm_signal)
    : fd_(std::move(channel)),
      number_(info.number),
      name_(info.name),
      alarm_signal_(std::move(alarm_signal)),
      retry_(reactor) {}

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
  if (waiting_.empty() && send(frame)) return {};
  if (is_gone_) return gone();
  if (waiting_.size() == kMaxWaiting) return fail("channel {} ({}): its transmit queue is full", number_, name_);
  waiting_.emplace_back(frame.begin(), frame.end());
  if (!retry_.is_armed()) retry_.arm(kRetry, [this] { send_waiting(); });
  return {};
}

void DahdiDChannel::send_waiting() {
  while (!waiting_.empty() && send(waiting_.front())) waiting_.pop_front();
  if (!waiting_.empty() && !is_gone_) retry_.arm(kRetry, [this] { send_waiting(); });
}

bool DahdiDChannel::send(ByteView frame) {
  std::copy(frame.begin(), frame.end(), buffer_.begin());
  // The driver puts the FCS over the last two octets.
  std::fill_n(buffer_.begin() + static_cast<std::ptrdiff_t>(frame.size()), kFcsOctets, uint8_t{0});
  while (!is_gone_) {
    IoResult io = write_block(fd_.get(), ByteView(buffer_).first(frame.size() + kFcsOctets));
    if (io.status == Io::NotNow) return false;
    if (io.status == Io::EventsFirst) drain_events();
    if (io.status == Io::Gone) is_gone_ = true;
    if (io.status != Io::Done) continue;
    ++stats_.frames_sent;
    return true;
  }
  return false;
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
        alarm_signal_->signal();
        break;
      case Event::Removed:
        is_gone_ = true;
        alarm_signal_->signal();
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
