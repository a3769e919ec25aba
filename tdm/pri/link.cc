#include "tdm/pri/link.h"

#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/text.h"
#include "tdm/pri/frame.h"
#include "tdm/pri/translate.h"

namespace sg::tdm::pri {

namespace {

constexpr size_t kFcs = 2;
// libpri counts T309 not from the loss of layer 2 but from the end of its first try to bring it up again (N200 times
// T200 later), and with NFAS not at all. So the Interface counts, and libpri's must never end before.
constexpr int kNeverT309 = 24 * 60 * 60 * 1000;  // ms

// libpri 1.6.0 cannot destroy a struct pri. Those done with are kept here, deaf and mute: their timers run no more.
std::vector<::pri*>& retired() {
  // Never destroyed either, so that a leak checker finds what is in it.
  static auto& all = *new std::vector<::pri*>;
  return all;
}

// libpri's two log callbacks are the process's: no Link owns them, and a line names its interface by the user data.
void log_message(::pri*, char* text) {
  if (auto line = trimmed(text ? text : ""); !line.empty()) Log("libpri").debug("{}", line);
}
void log_error(::pri*, char* text) {
  // A peer out of its mind makes one line a frame: a few are enough.
  static constexpr int kLinesPerSecond = 5;
  static TimePoint second_began;
  static int lines = 0;
  auto now = TimePoint::clock::now();
  if (now - second_began > 1s) {
    if (lines > kLinesPerSecond) Log("libpri").warning("{} more lines not shown", lines - kLinesPerSecond);
    second_began = now;
    lines = 0;
  }
  if (++lines <= kLinesPerSecond) Log("libpri").warning("{}", trimmed(text ? text : ""));
}

// libpri takes the length with the FCS, which it does not look at.
int hand_over(ByteView frame, std::span<uint8_t> buffer) {
  std::ranges::copy(frame, buffer.begin());
  std::fill_n(buffer.begin() + static_cast<std::ptrdiff_t>(frame.size()), kFcs, uint8_t{0});
  return static_cast<int>(frame.size() + kFcs);
}

}  // namespace

Link::Link(const Config& config, std::unique_ptr<DChannel> dchannel, Counters& counters)
    : log_(config.name),
      reference_octets_(config.spans.front().type == SpanType::Bri ? 1 : 2),
      dchannel_(std::move(dchannel)),
      malformed_(counters.get("pri.rx.malformed")),
      not_sent_(counters.get("pri.tx.failed")) {
  ::pri_set_message(&log_message);
  ::pri_set_error(&log_error);
  int side = config.role == IsdnRole::Network ? PRI_NETWORK : PRI_CPE;
  int type = libpri_switch(config.switch_type);
  // A basic rate interface names its channels otherwise (Q.931 4.5.13). Point to point: one terminal, TEI 0.
  constexpr int kPointToPoint = 1;
  pri_ = config.spans.front().type == SpanType::Bri
             ? ::pri_new_bri_cb(dchannel_->fd(), kPointToPoint, side, type, &Link::read_frame, &Link::write_frame, this)
             : ::pri_new_cb(dchannel_->fd(), side, type, &Link::read_frame, &Link::write_frame, this);
  if (!pri_) throw std::bad_alloc();
  ::pri_set_debug(pri_, config.trace ? PRI_DEBUG_Q931_DUMP | PRI_DEBUG_Q921_STATE | PRI_DEBUG_Q931_STATE : 0);
  for (const auto& [name, value] : config.timers) {
    if (int index = ::pri_timer2idx(name.c_str()); index >= 0) ::pri_set_timer(pri_, index, value);
  }
  ::pri_set_timer(pri_, PRI_TIMER_T309, kNeverT309);
  // Hang up as Q.931 section 5.3.2 has it, whatever the cause.
  ::pri_hangup_fix_enable(pri_, 1);
  ::pri_facility_enable(pri_);
  ::pri_transfer_enable(pri_, config.takes_transfers);
  ::pri_hold_enable(pri_, true);
  // Otherwise EuroISDN says Sending complete in every SETUP, which makes overlap sending impossible.
  ::pri_set_overlapdial(pri_, speaks_sending_complete(config.switch_type));
  ::pri_set_service_message_support(pri_, speaks_service(config.switch_type));
  ::pri_display_options_send(pri_, PRI_DISPLAY_OPTION_NAME_INITIAL);
  ::pri_display_options_receive(pri_, PRI_DISPLAY_OPTION_NAME_INITIAL);
}

Link::~Link() {
  ::pri_set_userdata(pri_, nullptr);
  retired().push_back(pri_);
}

bool Link::receive(::pri_event*& event, TimePoint now) {
  now_ = now;
  took_frame_ = false;
  maintenance_ = false;
  restart_.reset();
  disconnect_.reset();
  event = ::pri_check_event(pri_);
  return took_frame_;
}

void Link::adopt(int call_reference, bool ours) {
  // libpri sends for a call where it last received for it, and has no other way to move one. So it is given a STATUS
  // that changes nothing (cause 30, response to STATUS ENQUIRY; call state 10, active), in an unnumbered frame, which
  // layer 2 does not count.
  injected_ = status_frame(call_reference | (ours ? kFromDestination : 0));
  ::pri_check_event(pri_);
  injected_.clear();
}

void Link::pretend_disconnect(int call_reference, bool ours, int cause) {
  injected_ = disconnect_frame(call_reference | (ours ? kFromDestination : 0), reference_octets_, cause);
  ::pri_check_event(pri_);
  injected_.clear();
}

std::optional<Duration> Link::until_next_timer() const {
  const timeval* next = ::pri_schedule_next(pri_);
  if (!next) return std::nullopt;
  timeval now;
  ::gettimeofday(&now, nullptr);
  Duration wait =
      std::chrono::seconds(next->tv_sec - now.tv_sec) + std::chrono::microseconds(next->tv_usec - now.tv_usec);
  return std::max(wait, Duration::zero());
}

bool Link::exists(q931_call* call) const {
  int mode = 0;
  return call && ::pri_get_crv(pri_, call, &mode) >= 0;
}

int Link::call_reference(q931_call* call) const {
  // pri_get_crv() cuts the value up as GR-303 has it: the lowest three bits come apart.
  int mode = 0;
  int upper = call ? ::pri_get_crv(pri_, call, &mode) : -1;
  return upper < 0 ? -1 : upper << 3 | mode;
}

int Link::read_frame(::pri* pri, void* buffer, int size) noexcept {
  auto* self = static_cast<Link*>(::pri_get_userdata(pri));
  return self ? self->read({static_cast<uint8_t*>(buffer), static_cast<size_t>(size)}) : 0;
}

int Link::write_frame(::pri* pri, void* buffer, int size) noexcept {
  auto* self = static_cast<Link*>(::pri_get_userdata(pri));
  if (!self || size <= static_cast<int>(kFcs)) return size;
  return self->write({static_cast<const uint8_t*>(buffer), static_cast<size_t>(size) - kFcs});
}

int Link::read(std::span<uint8_t> buffer) {
  if (!injected_.empty()) return hand_over(injected_, buffer);
  std::array<uint8_t, DChannel::kMaxFrame> frame;
  auto length = dchannel_->read(frame);
  if (!length) {
    if (!std::exchange(lost_, true)) log_.error("D-channel is gone: {}", length.error().message);
    return 0;
  }
  if (*length == 0) return 0;
  took_frame_ = true;
  ByteView received{frame.data(), *length};
  if (received.size() < kShortestFrame || received.size() + kFcs > buffer.size()) {
    malformed_.add();
    return 0;
  }
  one_way_.on_frame(received, now_);
  auto guarded = guard(received);
  if (!guarded) {
    malformed_.add();
    return 0;
  }
  malformed_.add(static_cast<uint64_t>(guarded->removed));
  disconnect_ = parse_disconnect(guarded->frame);
  restart_ = parse_restart(guarded->frame);
  maintenance_ = is_maintenance(guarded->frame);
  return hand_over(guarded->frame, buffer);
}

int Link::write(ByteView frame) {
  Bytes edited;
  ByteView sent = frame;
  if (auto disconnect = parse_disconnect(frame); disconnect && announcing_.contains(disconnect->reference)) {
    edited = with_announcement(frame);
    sent = edited;
  }
  // Q.921 sends again what was lost here.
  if (!dchannel_->write(sent)) not_sent_.add();
  return static_cast<int>(frame.size() + kFcs);
}

}  // namespace sg::tdm::pri
