#include "tdm/dahdi/line.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sg::tdm::dahdi {
namespace {

using Kind = LineEvent::Kind;

std::optional<LineKind> line_kind(ChannelKind kind) {
  switch (kind) {
    case ChannelKind::FxoSide:
      return LineKind::Fxs;
    case ChannelKind::FxsSide:
      return LineKind::Fxo;
    case ChannelKind::EarMouth:
      return LineKind::EAndM;
    default:
      return std::nullopt;
  }
}

Result<UniqueFd> event_set(const OpenChannel& channel) {
  UniqueFd set(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event driver{.events = EPOLLPRI, .data = {}}, taken{.events = EPOLLIN, .data = {}};
  if (set && ::epoll_ctl(set.get(), EPOLL_CTL_ADD, channel.fd(), &driver) == 0 &&
      ::epoll_ctl(set.get(), EPOLL_CTL_ADD, channel.hook_fd(), &taken) == 0) {
    return set;
  }
  return fail("cannot wait for it: {}", std::strerror(errno));
}

bool rings(const RingCadence& cadence) {
  return !cadence.empty() && cadence.size() % 2 == 0 &&
         std::ranges::all_of(cadence, [](auto time) { return time > 0ms; });
}

}  // namespace

Result<std::unique_ptr<Line>> DahdiLine::open(Reactor& reactor, std::shared_ptr<ChannelPool> pool,
                                              const ChannelInfo& channel, Timeslot slot) {
  auto kind = line_kind(channel.kind);
  if (!kind && channel.kind != ChannelKind::NotConfigured) {
    return fail(
        "channel {} ({}) is {} and no analog line: make it fxoks= (for a telephone), fxsks= (for a line of an "
        "exchange) or e&m= in /etc/dahdi/system.conf, then run dahdi_cfg",
        channel.number, channel.name, name_of(channel.kind));
  }
  auto open = pool->take(channel, ChannelPool::Use::Line);
  if (!open) return tl::unexpected(open.error());
  auto set = kind ? event_set(**open) : fail("it was configured as something else meanwhile");
  if (!set) {
    pool->give_back(channel.number, ChannelPool::Use::Line, *open);
    return fail_with(set.error(), "channel {} ({})", channel.number, channel.name);
  }
  return std::unique_ptr<Line>(
      new DahdiLine(reactor, std::move(pool), std::move(*open), std::move(*set), channel, *kind, slot));
}

DahdiLine::DahdiLine(Reactor& reactor, std::shared_ptr<ChannelPool> pool, std::shared_ptr<OpenChannel> channel,
                     UniqueFd set, const ChannelInfo& info, LineKind kind, Timeslot slot)
    : pool_(std::move(pool)),
      channel_(std::move(channel)),
      set_(std::move(set)),
      info_(info),
      kind_(kind),
      slot_(slot),
      log_(fmt::format("line={}", slot)),
      retry_(reactor),
      settling_(reactor),
      after_drop_(reactor) {
  channel_->listen(true);
  // No event tells what was before the channel was opened.
  if (kind_ != LineKind::Fxo && is_far_end_off_hook()) on_off_hook();
}

DahdiLine::~DahdiLine() {
  if (!channel_) return;
  (void)release();
  channel_->listen(false);
  pool_->give_back(info_.number, ChannelPool::Use::Line, channel_);
}

bool DahdiLine::is_far_end_off_hook() const {
  return channel_ && is_off_hook_at_far_end(channel_->fd(), kind_);
}

AlarmSet DahdiLine::alarms() const {
  return channel_ ? channel_alarms(channel_->fd()) : kAlarmRemoved;
}

std::optional<LineEvent> DahdiLine::next() {
  if (events_.empty() && channel_) channel_->drain_events();
  while (events_.empty() && channel_) {
    auto event = channel_->next_hook_event();
    if (!event) return std::nullopt;
    on_event(*event);
  }
  if (events_.empty()) return std::nullopt;
  LineEvent first = events_.front();
  events_.pop_front();
  if (!events_.empty() && channel_) channel_->wake_line();
  return first;
}

void DahdiLine::push(Kind kind, char digit) {
  events_.push_back({kind, digit});
  if (channel_) channel_->wake_line();
}

void DahdiLine::done() {
  if (std::exchange(awaits_hook_, false)) push(Kind::HookDone);
}

void DahdiLine::on_event(OpenChannel::HookEvent event) {
  switch (event.kind) {
    case Event::RingOffHook:
      // Where the exchange rings us, the driver means the end of a burst.
      if (kind_ != LineKind::Fxo) return on_off_hook();
      return on_burst_ended();
    case Event::OnHook:
      return on_on_hook();
    case Event::WinkFlash:
      return push(kind_ == LineKind::EAndM ? Kind::Wink : Kind::Flash);
    case Event::RingBegin:
      is_in_burst_ = true;
      if (!is_seized_) push(Kind::RingStarted);
      return;
    case Event::RingerOff:
      if (is_ringing_) push(Kind::RingBurstEnded);
      return;
    case Event::DialComplete:
      channel_->set_dialling(false);
      return done();
    case Event::HookComplete:
      // While a command waits its turn it is the end of what came before.
      if (!retry_.is_armed()) done();
      return;
    case Event::Polarity:
      return push(Kind::PolarityReversed);
    case Event::PulseDigit:
      return push(Kind::PulseDigit, event.digit);
    case Event::Alarm:
      return push(Kind::AlarmChanged);
    case Event::Removed:
      return on_gone();
    default:
      return;
  }
}

void DahdiLine::on_off_hook() {
  if (std::exchange(is_ringing_, false)) {
    // The driver would go on ringing an ear.
    if (auto stopped = apply(Hook::OffHook); !stopped) log_.warning("{}", stopped.error().message);
  }
  if (!std::exchange(is_far_off_hook_, true)) push(Kind::OffHook);
}

void DahdiLine::on_on_hook() {
  if (kind_ == LineKind::Fxo || std::exchange(is_far_off_hook_, false)) push(Kind::OnHook);
}

// Of a burst that begins within 2 s of a hang-up, or of opening the channel, the driver tells only the end.
void DahdiLine::on_burst_ended() {
  bool was_told = std::exchange(is_in_burst_, false);
  if (is_seized_) return;
  if (!was_told) push(Kind::RingStarted);
  push(Kind::RingBurstEnded);
}

void DahdiLine::on_gone() {
  retry_.cancel();
  settling_.cancel();
  after_drop_.cancel();
  // Let go of at once, so that the driver can bring it back.
  pool_->give_back(info_.number, ChannelPool::Use::Line, std::exchange(channel_, nullptr));
  events_.push_back({Kind::Removed});
}

Result<> DahdiLine::expect(LineKind kind, std::string_view what) const {
  if (!channel_) return fail("channel {} ({}) is gone: its span was removed from the driver", info_.number, info_.name);
  if (kind_ != kind)
    return fail("channel {} ({}) is {} and cannot {}", info_.number, info_.name, name_of(info_.kind), what);
  return {};
}

Result<> DahdiLine::apply(Hook hook) {
  retry_.cancel();
  auto progress = set_hook(channel_->fd(), hook);
  if (!progress) return fail_with(progress.error(), "channel {} ({})", info_.number, info_.name);
  if (*progress == HookProgress::Busy) retry_.arm(kRetry, [this, hook] { retry(hook, kMaxTries); });
  if (*progress == HookProgress::Done) on_applied(hook);
  return {};
}

void DahdiLine::on_applied(Hook hook) {
  if (hook == Hook::OffHook && awaits_hook_) settling_.arm(kSettling, [this] { done(); });
}

void DahdiLine::retry(Hook hook, int tries) {
  auto progress = set_hook(channel_->fd(), hook);
  bool is_busy = progress && *progress == HookProgress::Busy;
  if (is_busy && tries > 0) return retry_.arm(kRetry, [this, hook, tries] { retry(hook, tries - 1); });
  if (!progress || is_busy) {
    log_.warning("the driver does not take a change of hook: {}", progress ? "busy" : progress.error().message);
    return;
  }
  if (*progress == HookProgress::Done) on_applied(hook);
}

Result<> DahdiLine::seize() {
  if (auto is_there = expect(kind_, "seize"); !is_there) return is_there;
  is_seized_ = true;
  is_ringing_ = false;
  awaits_hook_ = true;
  bool by_ground = kind_ == LineKind::Fxo && info_.start == LineStart::Ground;
  return apply(by_ground ? Hook::Start : Hook::OffHook);
}

Result<> DahdiLine::release() {
  if (!channel_) return {};
  awaits_hook_ = false;
  settling_.cancel();
  channel_->set_dialling(false);
  bool had_battery = std::exchange(is_seized_, false);
  if (std::exchange(is_ringing_, false)) (void)apply(Hook::RingOff);
  auto released = apply(Hook::OnHook);
  if (kind_ == LineKind::Fxs && info_.start == LineStart::Kewl && had_battery && is_far_off_hook_) {
    after_drop_.arm(kAfterDrop, [this] { look_after_drop(); });
  }
  return released;
}

void DahdiLine::look_after_drop() {
  if (channel_ && !is_far_end_off_hook()) on_on_hook();
}

Result<> DahdiLine::wink() {
  if (auto right = expect(LineKind::EAndM, "wink"); !right) return right;
  if (is_seized_) return fail("channel {} ({}): cannot wink while it is seized", info_.number, info_.name);
  awaits_hook_ = true;
  return apply(Hook::Wink);
}

Result<> DahdiLine::flash() {
  if (auto right = expect(LineKind::Fxo, "flash"); !right) return right;
  if (!is_seized_) return fail("channel {} ({}): cannot flash on-hook", info_.number, info_.name);
  awaits_hook_ = true;
  return apply(Hook::Flash);
}

Result<> DahdiLine::dial_pulses(std::string_view digits) {
  if (auto right = expect(LineKind::Fxo, "dial pulses"); !right) return right;
  if (!is_seized_) return fail("channel {} ({}): cannot dial on-hook", info_.number, info_.name);
  auto wrong = std::ranges::find_if(digits, [](char digit) { return digit < '0' || digit > '9'; });
  if (wrong != digits.end()) return fail("'{}' cannot be dialled by pulses", *wrong);
  awaits_hook_ = true;
  channel_->set_dialling(true);
  retry_.arm(kBeforeDialling, [this, text = std::string(digits)] {
    auto dialled = dahdi::dial_pulses(channel_->fd(), text);
    if (dialled) return;
    channel_->set_dialling(false);
    log_.warning("{}", dialled.error().message);
    done();
  });
  return {};
}

Result<> DahdiLine::ring(const RingCadence& cadence) {
  if (auto right = expect(LineKind::Fxs, "ring"); !right) return right;
  if (!rings(cadence)) return fail("a ring cadence is pairs of on and off, each longer than 0");
  if (is_far_off_hook_) return fail("channel {} ({}): cannot ring: the telephone is lifted", info_.number, info_.name);
  if (auto stopped = stop_ringing(); !stopped) return stopped;
  if (auto set = set_ring_cadence(channel_->fd(), cadence); !set) return set;
  auto rung = apply(Hook::Ring);
  is_ringing_ = rung.has_value();
  return rung;
}

Result<> DahdiLine::stop_ringing() {
  if (auto right = expect(LineKind::Fxs, "ring"); !right) return right;
  return std::exchange(is_ringing_, false) ? apply(Hook::RingOff) : Result<>{};
}

Result<> DahdiLine::pass_audio_on_hook(std::chrono::milliseconds length) {
  if (auto right = expect(LineKind::Fxs, "pass audio to a telephone that is on-hook"); !right) return right;
  return dahdi::pass_audio_on_hook(channel_->fd(), length);
}

Result<> DahdiLine::reverse_polarity(bool reversed) {
  if (auto right = expect(LineKind::Fxs, "reverse its battery"); !right) return right;
  return set_polarity(channel_->fd(), reversed);
}

Result<> DahdiLine::set_messages_waiting(int messages) {
  if (auto right = expect(LineKind::Fxs, "light a lamp"); !right) return right;
  return dahdi::set_messages_waiting(channel_->fd(), messages);
}

}  // namespace sg::tdm::dahdi
