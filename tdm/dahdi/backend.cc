#include "tdm/dahdi/backend.h"

#include <sys/epoll.h>

#include <algorithm>

#include "tdm/dahdi/bearer.h"
#include "tdm/dahdi/dchannel.h"
#include "tdm/dahdi/ioctls.h"
#include "tdm/dahdi/line.h"

namespace sg::tdm::dahdi {
namespace {

constexpr std::chrono::milliseconds kMaxMargin{300};  // 32 buffers of 80 octets hold 320 ms
constexpr int kMaxChannels = 1024;                    // DAHDI_MAX_CHANNELS: numbers run below it

int driver_number(const SpanOptions& span) {
  return span.driver_span != 0 ? span.driver_span : span.number;
}

// A span without configured channels carries nothing until dahdi_cfg has run, so it counts as not there.
AlarmSet alarms_of(const std::optional<SpanInfo>& info) {
  if (!info || info->configured_channels == 0) return kAlarmRemoved;
  return info->alarms;
}

}  // namespace

Result<std::unique_ptr<DahdiBackend>> DahdiBackend::make(Reactor& reactor, Options options) {
  if (options.transmit_margin < 0ms || options.transmit_margin > kMaxMargin) {
    return fail("a transmit margin of {} ms: 0 to {} are possible", options.transmit_margin.count(),
                kMaxMargin.count());
  }
  auto control = open_control(options.devices);
  if (!control) return tl::unexpected(control.error());
  auto version = read_driver_version(control->get());
  if (!version) return tl::unexpected(version.error());
  std::unique_ptr<DahdiBackend> backend(
      new DahdiBackend(reactor, std::move(options), std::move(*control), std::move(*version)));
  if (auto started = backend->start(); !started) return tl::unexpected(started.error());
  return backend;
}

DahdiBackend::DahdiBackend(Reactor& reactor, Options options, UniqueFd control, std::string version)
    : reactor_(reactor),
      options_(std::move(options)),
      control_(std::move(control)),
      version_(std::move(version)),
      alarm_signal_(std::make_shared<EventSignal>()),
      pool_(std::make_shared<ChannelPool>(options_.devices, alarm_signal_)),
      poll_(reactor) {}

DahdiBackend::~DahdiBackend() {
  reactor_.unwatch(alarm_signal_->fd());
}

Result<> DahdiBackend::start() {
  for (const SpanOptions& span : options_.spans) {
    auto info = span_info(control_.get(), driver_number(span));
    if (!info) return tl::unexpected(info.error());
    if (!*info) {
      log_.warning("span={} the driver has no span {} yet: see /proc/dahdi and /etc/dahdi/system.conf", span.number,
                   driver_number(span));
    }
    told_[span.number] = alarms_of(*info);
    hold_channels(span);
  }
  auto watched = reactor_.watch(alarm_signal_->fd(), EPOLLIN, [this](uint32_t) {
    alarm_signal_->clear();
    tell_alarms();
  });
  if (!watched) return watched;
  arm_poll();
  return {};
}

// An edge may be lost (the driver's event queue holds 63), and where no channel is open there are no events at all.
void DahdiBackend::arm_poll() {
  poll_.arm(options_.poll_interval, [this] {
    tell_alarms();
    arm_poll();
  });
}

void DahdiBackend::tell_alarms() {
  for (const SpanOptions& span : options_.spans) {
    auto info = span_info(control_.get(), driver_number(span));
    if (!info) continue;  // the next poll tries again
    AlarmSet alarms = alarms_of(*info);
    AlarmSet before = std::exchange(told_[span.number], alarms);
    if (before == alarms) continue;
    if (alarms & kAlarmRemoved) pool_->release_span(driver_number(span));
    if (before & kAlarmRemoved) hold_channels(span);
    log_.info("span={} alarms={}", span.number, to_string(alarms));
    if (listener_ != nullptr) listener_->on_alarms_changed(span.number, alarms);
  }
}

void DahdiBackend::hold_channels(const SpanOptions& span) {
  size_t refused = 0;
  Error first;
  for (const ChannelInfo& channel : channels(span.number)) {
    if (channel.kind != ChannelKind::Clear) continue;
    auto held = pool_->hold(channel);
    if (!held && refused++ == 0) first = held.error();
  }
  // Another program may let go of them later: a call on one tries again.
  if (refused > 0) log_.warning("span={} {} channels cannot be had; {}", span.number, refused, first.message);
}

std::optional<SpanInfo> DahdiBackend::driver_span(uint16_t span) const {
  for (const SpanOptions& ours : options_.spans) {
    if (ours.number == span) return span_info(control_.get(), driver_number(ours)).value_or(std::nullopt);
  }
  return std::nullopt;
}

std::vector<ChannelInfo> DahdiBackend::channels(uint16_t span) const {
  std::vector<ChannelInfo> found;
  auto driver = driver_span(span);
  for (int number = 1; driver && number < kMaxChannels; ++number) {
    auto channel = channel_info(control_.get(), number);
    if (channel && *channel && (*channel)->span == driver->number) found.push_back(**channel);
  }
  return found;
}

std::vector<SpanStatus> DahdiBackend::status() const {
  std::vector<SpanStatus> all;
  for (const SpanOptions& span : options_.spans) all.push_back(status_of(span));
  return all;
}

SpanStatus DahdiBackend::status_of(const SpanOptions& span) const {
  SpanStatus status;
  status.number = span.number;
  auto info = span_info(control_.get(), driver_number(span));
  if (!info || !*info) {
    status.name = fmt::format("dahdi span {}: not in the driver", driver_number(span));
    status.alarms = kAlarmRemoved;
    return status;
  }
  const SpanInfo& found = **info;
  status.name = fmt::format("dahdi {} ({})", found.name, found.description);
  status.type = found.span_type();
  status.law = law_of(status.type);
  status.timeslots = static_cast<uint8_t>(found.channels);
  if (auto first = channel_at(span, 1)) {
    status.law = first->law;
    // A span without a type of its own (a dynamic one) is what its channels are.
    bool is_loop = first->kind == ChannelKind::FxoSide || first->kind == ChannelKind::FxsSide;
    if (is_loop && !found.has_framed_type()) status.type = SpanType::Analog;
  }
  status.alarms = alarms_of(*info);
  status.clock = found.sync_source == 0              ? "free running"
                 : found.sync_source == found.number ? "recovered"
                                                     : fmt::format("span {}", found.sync_source);
  auto lost = pool_->lost_blocks(found.number);
  status.counters = {{"bipolar violations", found.bipolar_violations},
                     {"CRC-4 errors", found.crc4_errors},
                     {"E-bit errors", found.e_bit_errors},
                     {"FAS errors", found.fas_errors},
                     {"errored seconds", found.errored_seconds},
                     {"IRQ misses", found.irq_misses},
                     {"timing slips", read_timing_slips(options_.proc, found.number)},
                     {"read_overruns", lost->read_overruns},
                     {"write_underruns", lost->write_underruns},
                     {"fax tones", lost->fax_tones},
                     {"echo canceller changes", lost->echo_changes},
                     {"echo canceller failures", lost->echo_failures}};
  return status;
}

Result<ChannelInfo> DahdiBackend::find(Timeslot slot) const {
  auto named = [&](const SpanOptions& span) { return span.number == slot.span; };
  auto span = std::ranges::find_if(options_.spans, named);
  if (span == options_.spans.end()) return fail("no span {} among those that the DAHDI driver is to serve", slot.span);
  return channel_at(*span, slot.number);
}

Result<ChannelInfo> DahdiBackend::channel_at(const SpanOptions& span, int position) const {
  int driver_span = driver_number(span);
  // Channels of one span have numbers in a row, but where the row starts depends on the spans before it.
  for (int number = 1; number < kMaxChannels; ++number) {
    auto channel = channel_info(control_.get(), number);
    if (!channel) return tl::unexpected(channel.error());
    if (!*channel || (*channel)->span != driver_span) continue;
    auto wanted = channel_info(control_.get(), number + position - (*channel)->position);
    if (wanted && *wanted && (*wanted)->span == driver_span && (*wanted)->position == position) return **wanted;
    return fail("span {} has no timeslot {}: see /proc/dahdi/{}", span.number, position, driver_span);
  }
  return fail(
      "span {} is not in the driver (as its span {}): see /proc/dahdi; load the card's module and run dahdi_cfg",
      span.number, driver_span);
}

int DahdiBackend::echo_taps(Timeslot slot) const {
  auto span = std::ranges::find(options_.spans, slot.span, &SpanOptions::number);
  if (span == options_.spans.end()) return 0;
  auto own = span->slot_echo_taps.find(slot.number);
  return own == span->slot_echo_taps.end() ? span->echo_taps : own->second;
}

Result<std::unique_ptr<Bearer>> DahdiBackend::open_bearer(Timeslot slot, const BearerOptions& options) {
  auto channel = find(slot);
  if (!channel) return tl::unexpected(channel.error());
  auto bearer = DahdiBearer::open(pool_, *channel, options.block_octets, options_.transmit_margin, echo_taps(slot));
  if (!bearer) return fail_with(bearer.error(), "timeslot {}", slot);
  return bearer;
}

Result<std::unique_ptr<Line>> DahdiBackend::open_line(Timeslot slot) {
  auto channel = find(slot);
  if (!channel) return tl::unexpected(channel.error());
  auto line = DahdiLine::open(reactor_, pool_, *channel, slot);
  if (!line) return fail_with(line.error(), "timeslot {}", slot);
  return line;
}

Result<std::unique_ptr<DChannel>> DahdiBackend::open_dchannel(Timeslot slot) {
  auto channel = find(slot);
  if (!channel) return tl::unexpected(channel.error());
  auto dchannel = DahdiDChannel::open(reactor_, options_.devices, *channel, alarm_signal_);
  if (!dchannel) return fail_with(dchannel.error(), "timeslot {}", slot);
  return dchannel;
}

}  // namespace sg::tdm::dahdi
