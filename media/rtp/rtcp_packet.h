#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace sg::media::rtp {

// RFC 3550 6.4.1. Times are in the middle 32 bits of an NTP timestamp: units of 1/65536 s.
struct ReportBlock {
  uint32_t ssrc = 0;            // of the stream that is reported on
  uint8_t fraction_lost = 0;    // of 256, since the last report
  int32_t cumulative_lost = 0;  // 24 bits, signed
  uint32_t extended_highest_sequence = 0;
  uint32_t jitter = 0;               // timestamp units
  uint32_t last_sr = 0;              // LSR; 0: none was received
  uint32_t delay_since_last_sr = 0;  // DLSR
};

struct SenderInfo {
  uint64_t ntp = 0;  // seconds and their fraction, 32 bits each
  uint32_t rtp_timestamp = 0;
  uint32_t packets = 0;
  uint32_t octets = 0;
};

// What a compound RTCP packet says; views the datagram it was parsed from.
struct Compound {
  uint32_t ssrc = 0;  // of the first report's sender
  std::optional<SenderInfo> sender_info;
  std::array<ReportBlock, 31> blocks;
  size_t block_count = 0;  // those beyond the array are left out
  ByteView cname;          // of the first chunk that has one
  bool bye = false;

  // Nothing when a length or version is wrong anywhere, or it does not start with SR or RR (RFC 3550 6.1, A.2).
  // Packet types that are not known here are stepped over.
  static std::optional<Compound> parse(ByteView datagram);
};

// Writes SR (with sender_info) or RR, SDES CNAME, and BYE when `bye`. `block` is about the one stream we receive.
// Returns the length; 0: it did not fit. `cname` is cut to 255 octets.
size_t write_compound(uint32_t ssrc, const std::optional<SenderInfo>& sender_info,
                      const std::optional<ReportBlock>& block, ByteView cname, bool bye, std::span<uint8_t> datagram);

}  // namespace sg::media::rtp
