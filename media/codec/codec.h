#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/kinds/media.h"
#include "tdm/types.h"

namespace sg::media {

// A codec by the number that a description gives it.
struct AudioCodec {
  CodecId id = CodecId::Pcma;
  uint8_t payload_type = 8;

  bool operator==(const AudioCodec&) const = default;
};

// One codec as RTP carries it: a row of codecs().
struct Codec {
  CodecId id;
  std::string_view name;   // in SDP (RFC 3551 section 6)
  uint32_t clock_rate;     // of its RTP timestamps, Hz
  uint8_t payload_type;    // the static one
  uint32_t frame_samples;  // of 8 kHz, that it codes at the least: a packet holds whole frames …
  uint32_t frame_octets;   // … of so many octets each
  // G.711: its octets are those of a timeslot of this law, and go between the two as they are.
  tdm::Law law;
  // Whole frames; no state.
  void (*encode)(std::span<const int16_t> linear, std::span<uint8_t> octets);
  void (*decode)(ByteView octets, std::span<int16_t> linear);

  // Octets of so much audio, in whole frames and one at the least.
  size_t octets_of(size_t samples) const { return frame_octets * std::max<size_t>(1, samples / frame_samples); }
};

// All that we speak, by CodecId.
std::span<const Codec> codecs();
const Codec& codec_of(CodecId id);
// With its static payload type.
inline AudioCodec static_codec(CodecId id) {
  return {id, codec_of(id).payload_type};
}

}  // namespace sg::media
