#include "media/rtp/telephone_event.h"

#include <algorithm>
#include <string_view>

#include "media/rtp/packet.h"

namespace sg::media::rtp {
namespace {

constexpr std::string_view kDigits = "0123456789*#ABCD!";
constexpr uint32_t kMaxSegment = 0xffff;
constexpr int kEndPackets = 3;                      // RFC 4733 2.5.1.4
constexpr std::chrono::milliseconds kShortest{40};  // Q.24: what a receiver must accept
constexpr std::chrono::milliseconds kLongest{60'000};
constexpr Duration kLostEnd = 200ms;
// Packets of earlier events come at most this much behind; farther back is a stream that started anew.
constexpr int32_t kMaxBehind = 2 * 0xffff;

uint32_t units(std::chrono::milliseconds time) {
  return static_cast<uint32_t>(time.count()) * kUnitsPerMillisecond;
}

}  // namespace

std::optional<TelephoneEvent> TelephoneEvent::parse(ByteView payload) {
  ByteReader reader(payload);
  TelephoneEvent event;
  event.event = reader.u8();
  uint8_t flags = reader.u8();
  event.end = flags & 0x80;
  event.volume = flags & 0x3f;
  event.duration = reader.u16();
  if (!reader.ok() || event.event >= kDigits.size()) return std::nullopt;
  return event;
}

void TelephoneEvent::write(std::span<uint8_t, kOctets> to) const {
  ByteWriter writer(to);
  writer.u8(event);
  writer.u8(static_cast<uint8_t>((end ? 0x80 : 0) | (volume & 0x3f)));
  writer.u16(duration);
}

std::optional<uint8_t> event_of(char digit) {
  if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
  size_t at = kDigits.find(digit);
  if (at == kDigits.npos) return std::nullopt;
  return static_cast<uint8_t>(at);
}

char digit_of(uint8_t event) {
  return event < kDigits.size() ? kDigits[event] : '\0';
}

bool EventSender::send(char digit, std::chrono::milliseconds length) {
  auto event = event_of(digit);
  if (!event || queued_ == kMaxQueued) return false;
  queue_[(first_ + queued_++) % kMaxQueued] = {*event, units(std::clamp(length, kShortest, kLongest))};
  return true;
}

void EventSender::stop() {
  queued_ = 0;
  if (sending_ && ends_left_ == 0) current_.length = before_ + elapsed_;
}

std::optional<EventSender::EventPacket> EventSender::next(uint32_t timestamp, size_t octets) {
  auto passed = static_cast<uint32_t>(octets);
  if (!sending_) {
    bool is_pause = pause_left_ > 0;
    pause_left_ -= std::min(pause_left_, passed);
    if (is_pause || queued_ == 0) return std::nullopt;
    current_ = queue_[first_];
    first_ = (first_ + 1) % kMaxQueued;
    --queued_;
    segment_start_ = timestamp;
    before_ = 0;
    elapsed_ = 0;
    sending_ = true;
  }
  bool is_first = before_ + elapsed_ == 0;
  if (ends_left_ == 0) elapsed_ += passed;

  if (ends_left_ == 0 && elapsed_ > kMaxSegment) {
    // RFC 4733 2.5.1.3: this segment is told at its full length, without end, and the next one joins on to it.
    EventPacket full = packet(is_first, false, kMaxSegment);
    segment_start_ += kMaxSegment;
    before_ += kMaxSegment;
    elapsed_ -= kMaxSegment;
    return full;
  }
  if (ends_left_ == 0 && before_ + elapsed_ >= current_.length) ends_left_ = kEndPackets;
  if (ends_left_ == 0) return packet(is_first, false, elapsed_);

  if (--ends_left_ == 0) {
    sending_ = false;
    pause_left_ = units(kPause);
  }
  uint32_t rest = current_.length > before_ ? current_.length - before_ : 1;
  return packet(is_first, true, std::min(rest, kMaxSegment));
}

EventSender::EventPacket EventSender::packet(bool marker, bool end, uint32_t duration) const {
  EventPacket packet{.timestamp = segment_start_, .marker = marker, .payload = {}};
  TelephoneEvent{.event = current_.event, .end = end, .duration = static_cast<uint16_t>(duration)}.write(
      packet.payload);
  return packet;
}

std::optional<char> EventReceiver::on_packet(const TelephoneEvent& event, uint32_t timestamp, TimePoint now) {
  if (has_last_) {
    auto ahead = static_cast<int32_t>(timestamp - timestamp_);
    bool is_next_segment = pressed_ && event.event == event_ && ahead == static_cast<int32_t>(kMaxSegment);
    if (ahead == 0 || is_next_segment) {
      if (event.event != event_) return std::nullopt;
      timestamp_ = timestamp;
      heard_at_ = now;
      if (event.end) pressed_ = false;
      return std::nullopt;
    }
    if (ahead < 0 && ahead > -kMaxBehind) return std::nullopt;  // re-ordered, of an event that was told
  }
  has_last_ = true;
  pressed_ = !event.end;
  event_ = event.event;
  timestamp_ = timestamp;
  heard_at_ = now;
  return digit_of(event.event);
}

bool EventReceiver::is_pressed(TimePoint now) const {
  return pressed_ && now - heard_at_ < kLostEnd;
}

}  // namespace sg::media::rtp
