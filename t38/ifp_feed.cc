#include "t38/ifp_feed.h"

#include <algorithm>
#include <span>
#include <utility>

#include "t38/ifp_fields.h"

namespace sg::t38 {
namespace {

// Of each training, V.27ter 2400's to V.17 14400's, the data that follows it.
constexpr uint8_t kFirstTraining = 4;
constexpr std::array<uint8_t, 12> kDataTrained = {1, 2, 3, 4, 5, 5, 6, 6, 7, 7, 8, 8};
constexpr std::array<uint8_t, 1> kPreambleIfp = {kV21Preamble << 1};
// The beginning of any V.21 frame: address, control, and no facsimile control field that there is.
constexpr std::array<uint8_t, 8> kSomeFrame = {0xC0, 0x01, 0x80, 0x00, 0x02, 0xFF, 0xC8, 0x00};

// All in samples.
// A carrier whose IFPs stopped coming for so long has ended, though the packet that says so was lost. Within a signal
// IFPs come every 100 ms or faster; a fax machine gives up on a carrier that lasts 3 s.
constexpr size_t kCarrierIsGone = 8 * 400;
// The same after a V.21 preamble, which itself takes a second.
constexpr size_t kPreambleIsAllThereWas = 8 * 1600;
// The same after the announcement of a training and its check, which take 3.4 s at most.
constexpr size_t kTrainingIsAllThereWas = 8 * 3400;
// How long a V.21 frame waits for its end before it is begun. The longest, a PPR, takes a second, and with its preamble
// must not take 3 s.
constexpr size_t kHold = 8 * 360;
// How long one that has begun may bring nothing: just less than what SpanDSP has in hand then.
constexpr size_t kStarving = 8 * 300;

}  // namespace

bool IfpFeed::Queue::push(ByteView ifp) {
  if (count_ == sizes_.size() || ifp.size() > octets_.size() - used_) return false;
  std::ranges::copy(ifp, octets_.begin() + static_cast<std::ptrdiff_t>(used_));
  sizes_[count_++] = ifp.size();
  used_ += ifp.size();
  return true;
}

template <class Take>
void IfpFeed::Queue::take_all(Take take) {
  ByteView rest = ByteView(octets_).first(used_);
  for (size_t size : std::span(sizes_).first(count_)) {
    take(rest.first(size));
    rest = rest.subspan(size);
  }
  count_ = used_ = 0;
}

void IfpFeed::put(const IfpResult& packet, bool is_check) {
  tone_.reset();  // what comes at once after it says that it is over
  if (packet.ifp.kind == Ifp::Kind::Data && packet.ifp.type == kV21 && packet.ifp.fields > 0) {
    put_v21(packet);
  } else {
    const bool is_indicator = packet.ifp.kind == Ifp::Kind::Indicator;
    abandon_frame();
    if (is_indicator && (packet.ifp.type == kCng || packet.ifp.type == kCed)) {
      tone_ = packet.ifp.type;
    } else {
      pass(packet.octets);
    }
    is_starting_ |= is_indicator && packet.ifp.type == kV21Preamble;
  }
  carrier_ = carrier_after(packet.ifp, is_check);
}

void IfpFeed::put_v21(const IfpResult& packet) {
  const Ifp& ifp = packet.ifp;
  if (!carrier_ || carrier_->type != kV21) {
    // Its indicator was lost. An end alone is of a signal that has ended.
    if (!ifp.ends_frame && !ifp.breaks_off) return pass(packet.octets);
    pass(kPreambleIfp);
    is_starting_ = true;
  }
  if (ifp.breaks_off) {
    if (frame_ == Frame::Dropped || (frame_ != Frame::Sent && hold(packet.octets))) return;
    release_held();
    frame_ = Frame::Sent;
    return pass(packet.octets);
  }
  const bool is_dropped = frame_ == Frame::Dropped;
  if (ifp.ends_frame && !is_dropped) {
    release_held();
    frame_ = Frame::None;
    return pass(packet.octets);
  }
  abandon_frame();
  if (!is_dropped) return pass(packet.octets);
  if (ifp.ends_signal) pass(bare_field(kV21, FieldType::HdlcSigEnd, version_));
}

// Nothing: it has ended its signal, or may leave it as it is for long, as before a page.
std::optional<IfpFeed::Carrier> IfpFeed::carrier_after(const Ifp& ifp, bool is_check) {
  if (ifp.kind == Ifp::Kind::Indicator) {
    if (ifp.type == kV21Preamble) return Carrier{kV21, true, false, kPreambleIsAllThereWas};
    if (!is_check || !trained_rate(ifp)) return std::nullopt;
    return Carrier{kDataTrained[ifp.type - kFirstTraining], false, false, kTrainingIsAllThereWas};
  }
  if (ifp.fields == 0 || ifp.ends_signal || ifp.type > kLastModem) return std::nullopt;
  return Carrier{ifp.type, ifp.is_hdlc, true, kCarrierIsGone};
}

void IfpFeed::begin_tone() {
  const uint8_t tone = *std::exchange(tone_, std::nullopt);
  // Nobody is called any more.
  if (tone == kCng && is_answered_) return;
  const std::array<uint8_t, 1> indicator = {static_cast<uint8_t>(tone << 1)};
  pass(indicator);
}

void IfpFeed::before_line(size_t samples) {
  if (tone_) begin_tone();
  if (frame_ == Frame::Held && (held_for_ += samples) >= kHold) {
    release_held();
    frame_ = Frame::Sent;
  }
  if (!carrier_) return;
  carrier_->quiet += samples;
  if (frame_ == Frame::Sent && carrier_->quiet >= kStarving) {
    abandon_frame();
    frame_ = Frame::Dropped;
  }
  if (carrier_->quiet >= carrier_->patience) end_lost_carrier();
}

void IfpFeed::after_line() {
  if (!std::exchange(is_starting_, false)) return;
  starting_.take_all([this](ByteView ifp) { sink_.on_fed(ifp); });
}

// False: it has waited long enough, or there is too much of it.
bool IfpFeed::hold(ByteView ifp) {
  if (held_for_ >= kHold || !held_.push(ifp)) return false;
  frame_ = Frame::Held;
  return true;
}

void IfpFeed::release_held() {
  held_.take_all([this](ByteView ifp) { pass(ifp); });
  held_for_ = 0;
}

// The frame in progress, if there is one, has lost its end.
void IfpFeed::abandon_frame() {
  release_held();
  const Frame frame = std::exchange(frame_, Frame::None);
  if (frame == Frame::Held || frame == Frame::Sent) pass(bare_field(kV21, FieldType::HdlcFcsBad, version_));
}

void IfpFeed::end_lost_carrier() {
  if (!carrier_->has_data && carrier_->type == kV21) {
    pass(kSomeFrame);
    frame_ = Frame::Sent;
  } else if (!carrier_->has_data) {
    const unsigned field = kNonEcmData << (version_ == 0 ? 4 : 3);
    const std::array<uint8_t, 6> ones = {
        static_cast<uint8_t>(0xC0 | carrier_->type << 1), 1, static_cast<uint8_t>(0x80 | field), 0, 0, 0xFF};
    pass(ones);
  }
  abandon_frame();
  pass(bare_field(carrier_->type, carrier_->is_hdlc ? FieldType::HdlcSigEnd : FieldType::NonEcmSigEnd, version_));
  carrier_.reset();
}

void IfpFeed::pass(ByteView ifp) {
  if (is_starting_ && starting_.push(ifp)) return;
  // No room, which no peer should need: it goes on as it may.
  if (is_starting_) after_line();
  sink_.on_fed(ifp);
}

}  // namespace sg::t38
