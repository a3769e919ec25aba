#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"

namespace sg::media::rtp {

// The payload of an RFC 4733 telephone-event packet (2.3).
struct TelephoneEvent {
  static constexpr size_t kOctets = 4;

  uint8_t event = 0;  // 0-15 DTMF, 16 flash
  bool end = false;
  uint8_t volume = 10;    // power level without its sign: -10 dBm0
  uint16_t duration = 0;  // timestamp units so far

  // Nothing when it is shorter than 4 octets or no event of 0 … 16. Further octets are ignored.
  static std::optional<TelephoneEvent> parse(ByteView payload);
  void write(std::span<uint8_t, kOctets> to) const;
};

// '0'-'9' '*' '#' 'A'-'D' and '!' (flash) to event numbers and back (RFC 4733 3.2).
std::optional<uint8_t> event_of(char digit);
char digit_of(uint8_t event);

// Sends digits as events: a packet each ptime, the first marked, the last three with the end bit, events longer than
// 0xFFFF units in segments (RFC 4733 2.5.1). Used by the owner each packet time in place of audio:
//
//   if (auto packet = events.next(sender.timestamp(), octets)) { sender.pack_at(…); sender.skip(octets); }
//   else sender.pack(…);
//
// Media-worker thread only.
class EventSender {
 public:
  static constexpr size_t kMaxQueued = 32;
  static constexpr std::chrono::milliseconds kPause{50};  // between two digits

  struct EventPacket {
    uint32_t timestamp;
    bool marker;
    std::array<uint8_t, TelephoneEvent::kOctets> payload;
  };

  // Queues a digit. False: it is none, or the queue is full.
  bool send(char digit, std::chrono::milliseconds length);
  // Forgets what is queued; an event that is being sent comes to its end with the next packet.
  void stop();

  // Whether a digit is being sent, or one waits.
  bool is_busy() const { return sending_ || queued_ > 0; }
  // The packet for the `octets` of TDM at `timestamp`, or nothing: send them as audio.
  std::optional<EventPacket> next(uint32_t timestamp, size_t octets);

 private:
  struct Digit {
    uint8_t event;
    uint32_t length;  // timestamp units
  };
  EventPacket packet(bool marker, bool end, uint32_t duration) const;

  std::array<Digit, kMaxQueued> queue_{};
  size_t first_ = 0;
  size_t queued_ = 0;

  bool sending_ = false;
  Digit current_{};
  uint32_t segment_start_ = 0;  // timestamp
  uint32_t elapsed_ = 0;        // of this segment
  uint32_t before_ = 0;         // length of earlier segments
  int ends_left_ = 0;
  uint32_t pause_left_ = 0;
};

// Hears events: tells each digit once, by whichever of its packets comes first. Media-worker thread only.
class EventReceiver {
 public:
  // The digit that this packet tells for the first time.
  std::optional<char> on_packet(const TelephoneEvent& event, uint32_t timestamp, TimePoint now);

  // True from a digit's first packet until its end; a lost end is assumed after 200 ms without a packet.
  bool is_pressed(TimePoint now) const;
  // The stream's source changed: timestamps start anew.
  void restart() { has_last_ = false; }

 private:
  bool has_last_ = false;
  bool pressed_ = false;
  uint8_t event_ = 0;
  uint32_t timestamp_ = 0;
  TimePoint heard_at_;
};

}  // namespace sg::media::rtp
