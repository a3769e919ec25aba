#include "media/rtp/redundancy.h"

#include <algorithm>

namespace sg::media::rtp {
namespace {

// RFC 2198 section 3: F, block PT, timestamp offset, block length; of the primary block, F and PT only.
constexpr size_t kHeader = 4;
constexpr size_t kPrimaryHeader = 1;
constexpr uint8_t kFollows = 0x80;

}  // namespace

std::optional<RedundantPayload> RedundantPayload::parse(ByteView payload) {
  RedundantPayload parsed;
  std::array<size_t, kMaxBlocks> lengths{};
  size_t at = 0;
  for (bool follows = true; follows;) {
    if (parsed.count_ == kMaxBlocks || at >= payload.size()) return std::nullopt;
    follows = payload[at] & kFollows;
    if (follows && payload.size() - at < kHeader) return std::nullopt;
    auto& block = parsed.blocks_[parsed.count_];
    block.payload_type = payload[at] & 0x7f;
    if (follows) {
      block.timestamp_offset = static_cast<uint16_t>(payload[at + 1] << 6 | payload[at + 2] >> 2);
      lengths[parsed.count_] = static_cast<size_t>((payload[at + 2] & 3) << 8 | payload[at + 3]);
    }
    ++parsed.count_;
    at += follows ? kHeader : kPrimaryHeader;
  }
  for (size_t i = 0; i + 1 < parsed.count_; ++i) {
    if (lengths[i] > payload.size() - at) return std::nullopt;
    parsed.blocks_[i].data = payload.subspan(at, lengths[i]);
    at += lengths[i];
  }
  parsed.blocks_[parsed.count_ - 1].data = payload.subspan(at);
  return parsed;
}

ByteView RedundancyWriter::write(uint8_t payload_type, uint32_t timestamp, ByteView block, size_t copies) {
  if (block.size() + kPrimaryHeader > kMaxPayload) return {};
  copies = copies_that_fit(timestamp, block.size(), copies);
  auto* header = out_.data();
  auto* data = header + copies * kHeader + kPrimaryHeader;
  for (size_t n = copies; n > 0; --n) {
    const Sent& copy = before(n);
    auto offset = timestamp - copy.timestamp;
    *header++ = static_cast<uint8_t>(kFollows | copy.payload_type);
    *header++ = static_cast<uint8_t>(offset >> 6);
    *header++ = static_cast<uint8_t>((offset & 0x3f) << 2 | copy.octets >> 8);
    *header++ = static_cast<uint8_t>(copy.octets);
    data = std::copy_n(copy.data.begin(), copy.octets, data);
  }
  *header = payload_type;
  data = std::copy(block.begin(), block.end(), data);
  remember(payload_type, timestamp, block);
  return ByteView(out_).first(static_cast<size_t>(data - out_.data()));
}

// What is older than a block that does not go is of no more use than that one: copies are left out from the oldest on.
size_t RedundancyWriter::copies_that_fit(uint32_t timestamp, size_t block, size_t copies) const {
  size_t total = block + kPrimaryHeader;
  size_t fit = 0;
  for (copies = std::min(copies, count_); fit < copies; ++fit) {
    const Sent& copy = before(fit + 1);
    total += kHeader + copy.octets;
    if (total > kMaxPayload || timestamp - copy.timestamp > kMaxOffset) break;
  }
  return fit;
}

void RedundancyWriter::remember(uint8_t payload_type, uint32_t timestamp, ByteView block) {
  if (block.size() > kMaxBlock) {
    count_ = 0;
    return;
  }
  Sent& slot = sent_[next_];
  slot.payload_type = payload_type;
  slot.timestamp = timestamp;
  slot.octets = block.size();
  std::copy(block.begin(), block.end(), slot.data.begin());
  next_ = (next_ + 1) % kMaxCopies;
  count_ = std::min(count_ + 1, kMaxCopies);
}

}  // namespace sg::media::rtp
