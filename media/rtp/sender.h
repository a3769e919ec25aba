#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "media/rtp/packet.h"

namespace sg::media::rtp {

// Where a stream starts. RFC 3550 5.1 wants all three random: the owner draws them.
struct StreamStart {
  uint32_t ssrc = 0;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
};

// The sending half of one RTP stream. Its timestamp advances by the TDM octets that pass it, sent or not, never by wall
// time. Owned by an RtpEndpoint. Media-worker thread only.
class Sender {
 public:
  explicit Sender(const StreamStart& start)
      : ssrc_(start.ssrc), sequence_(start.sequence), timestamp_(start.timestamp) {}

  // Writes a packet with this G.711 payload to `datagram` and advances the timestamp by its octets. The first packet,
  // and the first after skip(), is marked as a talkspurt's (RFC 3551 4.1). Returns the datagram's length; 0: it did not
  // fit.
  size_t pack(uint8_t payload_type, ByteView payload, std::span<uint8_t> datagram) {
    return pack(payload_type, payload, payload.size(), datagram);
  }
  // As pack(), where the payload stands for so many `octets` of audio: RFC 2198.
  size_t pack(uint8_t payload_type, ByteView payload, size_t octets, std::span<uint8_t> datagram);
  // As pack(), but at a timestamp of its own, and the stream's does not move: for telephone events.
  size_t pack_at(uint32_t timestamp, bool marker, uint8_t payload_type, ByteView payload, std::span<uint8_t> datagram);
  // Lets `octets` of TDM pass that are not sent as audio: on hold, or while a telephone event is sent in their place.
  void skip(size_t octets);

  uint32_t ssrc() const { return ssrc_; }
  uint32_t timestamp() const { return timestamp_; }  // of the next octet
  uint64_t packets() const { return packets_; }
  uint64_t octets() const { return octets_; }  // of payload, as a sender report counts them

 private:
  uint32_t ssrc_;
  uint16_t sequence_;
  uint32_t timestamp_;
  bool talkspurt_starts_ = true;
  uint64_t packets_ = 0;
  uint64_t octets_ = 0;
};

}  // namespace sg::media::rtp
