#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/socket_address.h"
#include "media/codec/codec.h"
#include "t38/params.h"

namespace sg::call {

enum class Direction : uint8_t { SendRecv, SendOnly, RecvOnly, Inactive };

using media::AudioCodec;

struct AudioStream {
  SocketAddress rtp;
  SocketAddress rtcp;  // unset: the RTP port + 1
  // In order of preference; only what we know (G.711). Empty: the peer offered no voice that we carry.
  std::vector<AudioCodec> codecs;
  std::optional<uint8_t> clearmode;        // RFC 4040 payload type: 64 kbit/s unrestricted data
  std::optional<uint8_t> telephone_event;  // RFC 4733 payload type
  std::optional<uint8_t> redundancy;       // RFC 2198 payload type
  size_t redundant_blocks = 0;             // earlier ones that its fmtp names; 0: it does not say
  std::chrono::milliseconds ptime{20};
  Direction direction = Direction::SendRecv;
  std::vector<uint8_t> voice_band_data;  // payload types for modem signals (V.152: gpmd vbd=yes)
  bool no_silence_suppression = false;   // RFC 3108 silenceSupp:off
  std::optional<bool> echo_canceller;    // RFC 3108 ecan: whether it is to be on

  // Nothing but data: what a call with this bearer capability has (RFC 4040).
  bool is_data() const { return clearmode && codecs.empty(); }
  bool operator==(const AudioStream&) const = default;
};

// UDPTL (m=image … udptl t38).
struct ImageStream {
  SocketAddress udptl;
  t38::Params params;

  bool operator==(const ImageStream&) const = default;
};

// An m-line of an offer as the peer spelled it, whether we carry such a stream or not: for telling it back.
struct OfferedStream {
  std::string media, protocol;         // "audio", "RTP/SAVP"
  std::vector<std::string> encodings;  // of audio, "G729"; events, comfort noise and redundancy left out
  SocketAddress address;               // unset: refused by port 0, or nowhere that datagrams can be sent to

  bool operator==(const OfferedStream&) const = default;
};

// An offer or an answer (RFC 3264) as a value. A line that is absent, refused, or has port 0 is not set. The SIP leg
// keeps the order and number of m-lines; nobody above it has to.
struct MediaDescription {
  std::optional<AudioStream> audio;
  std::optional<ImageStream> image;

  bool operator==(const MediaDescription&) const = default;
};

}  // namespace sg::call
