#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace sg::tdm::cesop {

// The fixed RTP header (RFC 3550 section 5.1) as RFC 5086 section 4.4 uses it. Its sequence number is the control
// word's.
struct RtpHeader {
  uint8_t payload_type = 0;
  uint32_t timestamp = 0;  // of the packet's first frame, at 8 000 Hz
  uint32_t ssrc = 0;

  bool operator==(const RtpHeader&) const = default;
};

// One CESoPSN packet of the basic service, as it stands in a UDP datagram: the optional RTP header, then the control
// word (RFC 5086 section 4.1, figure 1a: with UDP the RTP header comes first; with MPLS and L2TPv3 it follows), then
// the timeslots of N frames, frame by frame.
struct Packet {
  // What the L and M bits say (RFC 5086 section 4.3, table 1). Other combinations are reserved.
  enum class Defect : uint8_t {
    None,
    Ais,  // L=1 M=00: the payload is not valid, play AIS; it may be left out
    Rdi,  // L=0 M=10: valid, but the sender's circuit has a remote defect indication
  };

  std::optional<RtpHeader> rtp;
  Defect defect = Defect::None;
  bool remote_loss = false;  // R bit: the sender does not get our packets
  uint16_t sequence = 0;
  ByteView payload;  // a view into the datagram

  // Error: not a packet of this form, and why.
  static Result<Packet> parse(ByteView datagram, bool with_rtp);
  // Writes it to `datagram` and returns what was written; empty if it does not fit.
  ByteView serialise(std::span<uint8_t> datagram) const;
};

constexpr size_t kControlWordOctets = 4;
constexpr size_t kRtpHeaderOctets = 12;

}  // namespace sg::tdm::cesop
