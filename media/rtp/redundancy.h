#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

// Redundant audio data (RFC 2198): a packet carries what earlier ones carried once more, so that a lost packet is
// filled in by those after it. V.152 section 8 names it for fax in G.711.
namespace sg::media::rtp {

// One block of a redundant payload; `data` views the packet that it was parsed from.
struct RedundantBlock {
  uint8_t payload_type = 0;
  uint16_t timestamp_offset = 0;  // by how many timestamp units before the packet's; 0: the primary block
  ByteView data;
};

// A payload of this kind that exists is well-formed: oldest block first, as written, the primary block last.
class RedundantPayload {
 public:
  static constexpr size_t kMaxBlocks = 8;

  // Nothing when a header is cut off, a block is longer than what is there, or there are more than kMaxBlocks.
  static std::optional<RedundantPayload> parse(ByteView payload);

  std::span<const RedundantBlock> earlier() const { return std::span(blocks_).first(count_ - 1); }
  const RedundantBlock& primary() const { return blocks_[count_ - 1]; }

 private:
  RedundantPayload() = default;

  std::array<RedundantBlock, kMaxBlocks> blocks_{};
  size_t count_ = 0;
};

// Writes redundant payloads: keeps what was sent last. Media-worker thread only; does not allocate.
class RedundancyWriter {
 public:
  static constexpr size_t kMaxCopies = 3;
  static constexpr size_t kMaxBlock = 480;       // 60 ms of G.711: longer blocks are sent, but not repeated
  static constexpr size_t kMaxPayload = 1400;    // so that no datagram is fragmented: older copies are left out
  static constexpr uint32_t kMaxOffset = 16383;  // 14 bits

  // The payload for this block at this timestamp with up to `copies` of those before it. Views this object: good until
  // the next call.
  ByteView write(uint8_t payload_type, uint32_t timestamp, ByteView block, size_t copies);

 private:
  struct Sent {
    uint8_t payload_type = 0;
    uint32_t timestamp = 0;
    size_t octets = 0;
    std::array<uint8_t, kMaxBlock> data;
  };
  // The n-th before the one that is sent now, n from 1.
  const Sent& before(size_t n) const { return sent_[(next_ + kMaxCopies - n) % kMaxCopies]; }
  size_t copies_that_fit(uint32_t timestamp, size_t block, size_t copies) const;
  void remember(uint8_t payload_type, uint32_t timestamp, ByteView block);

  std::array<Sent, kMaxCopies> sent_;
  size_t next_ = 0;
  size_t count_ = 0;
  std::array<uint8_t, kMaxPayload> out_;
};

}  // namespace sg::media::rtp
