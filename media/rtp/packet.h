#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace sg::media::rtp {

// The fields of an RTP header that we write (RFC 3550 5.1).
struct Header {
  bool marker = false;
  uint8_t payload_type = 0;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
};
constexpr size_t kHeaderOctets = 12;
constexpr uint32_t kUnitsPerMillisecond = 8;  // of a timestamp: all our audio has a clock of 8000 Hz

void write_header(const Header& header, std::span<uint8_t, kHeaderOctets> to);

// A received RTP packet; payload and extension view the datagram it was parsed from. A Packet that exists is
// well-formed.
struct Packet : Header {
  ByteView payload;  // without padding; may be empty
  uint8_t csrc_count = 0;
  uint16_t extension_profile = 0;
  ByteView extension;

  // Nothing when the datagram is no RTP packet of version 2 whose CSRCs, extension and padding fit in it.
  static std::optional<Packet> parse(ByteView datagram);
};

// RFC 5761 4: on a shared port, packet types 192 to 223 are RTCP. Looks at the first two octets only.
bool is_rtcp(ByteView datagram);

}  // namespace sg::media::rtp
