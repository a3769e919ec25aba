#include "media/rtp/rtcp_packet.h"

#include <algorithm>

namespace sg::media::rtp {
namespace {

constexpr uint8_t kSenderReport = 200;
constexpr uint8_t kReceiverReport = 201;
constexpr uint8_t kSourceDescription = 202;
constexpr uint8_t kBye = 203;
constexpr uint8_t kCname = 1;

ReportBlock read_block(ByteReader& reader) {
  ReportBlock block;
  block.ssrc = reader.u32();
  block.fraction_lost = reader.u8();
  auto lost = static_cast<int32_t>(reader.u24());
  block.cumulative_lost = lost < 0x800000 ? lost : lost - 0x1000000;
  block.extended_highest_sequence = reader.u32();
  block.jitter = reader.u32();
  block.last_sr = reader.u32();
  block.delay_since_last_sr = reader.u32();
  return block;
}

bool read_report(ByteReader reader, bool is_sender_report, size_t blocks, bool is_first, Compound& compound) {
  uint32_t ssrc = reader.u32();
  if (is_first) compound.ssrc = ssrc;
  if (is_sender_report) {
    SenderInfo info;
    info.ntp = reader.u64();
    info.rtp_timestamp = reader.u32();
    info.packets = reader.u32();
    info.octets = reader.u32();
    if (is_first) compound.sender_info = info;
  }
  for (size_t i = 0; i < blocks; ++i) {
    ReportBlock block = read_block(reader);
    if (compound.block_count < compound.blocks.size()) compound.blocks[compound.block_count++] = block;
  }
  return reader.ok();  // what follows are profile-specific extensions
}

// RFC 3550 6.5: chunks of items, each chunk ended by zeroes up to the next 32-bit boundary.
bool read_source_description(ByteReader reader, size_t chunks, Compound& compound) {
  for (size_t i = 0; i < chunks && reader.ok(); ++i) {
    reader.u32();
    while (uint8_t type = reader.u8()) {
      ByteView text = reader.bytes(reader.u8());
      if (type == kCname && compound.cname.empty() && reader.ok()) compound.cname = text;
    }
    if (reader.ok()) reader.skip((4 - reader.position() % 4) % 4);
  }
  return reader.ok();
}

void write_block(ByteWriter& writer, const ReportBlock& block) {
  writer.u32(block.ssrc);
  writer.u8(block.fraction_lost);
  writer.u24(static_cast<uint32_t>(block.cumulative_lost) & 0xffffff);
  writer.u32(block.extended_highest_sequence);
  writer.u32(block.jitter);
  writer.u32(block.last_sr);
  writer.u32(block.delay_since_last_sr);
}

void write_head(ByteWriter& writer, size_t count, uint8_t type, size_t octets_after_head) {
  writer.u8(static_cast<uint8_t>(0x80 | count));
  writer.u8(type);
  writer.u16(static_cast<uint16_t>(octets_after_head / 4));
}

}  // namespace

std::optional<Compound> Compound::parse(ByteView datagram) {
  Compound compound;
  ByteReader reader(datagram);
  bool is_first = true;
  do {
    uint8_t first = reader.u8();
    uint8_t type = reader.u8();
    ByteView body = reader.bytes(4u * reader.u16());
    if (!reader.ok() || first >> 6 != 2) return std::nullopt;
    bool is_report = type == kSenderReport || type == kReceiverReport;
    if (is_first && !is_report) return std::nullopt;
    if (first & 0x20) {
      // Only the last packet may be padded (RFC 3550 6.4.1), by whole words.
      if (reader.remaining() > 0 || body.empty()) return std::nullopt;
      uint8_t padding = body.back();
      if (padding == 0 || padding % 4 != 0 || padding > body.size()) return std::nullopt;
      body = body.first(body.size() - padding);
    }

    size_t count = first & 0x1f;
    if (is_report && !read_report(ByteReader(body), type == kSenderReport, count, is_first, compound))
      return std::nullopt;
    if (type == kSourceDescription && !read_source_description(ByteReader(body), count, compound)) return std::nullopt;
    if (type == kBye) {
      if (body.size() < 4 * count) return std::nullopt;
      compound.bye = true;
    }
    is_first = false;
  } while (reader.remaining() > 0);
  return compound;
}

size_t write_compound(uint32_t ssrc, const std::optional<SenderInfo>& sender_info,
                      const std::optional<ReportBlock>& block, ByteView cname, bool bye, std::span<uint8_t> datagram) {
  cname = cname.first(std::min<size_t>(cname.size(), 255));
  ByteWriter writer(datagram);

  write_head(writer, block ? 1 : 0, sender_info ? kSenderReport : kReceiverReport,
             4u + (sender_info ? 20 : 0) + (block ? 24 : 0));
  writer.u32(ssrc);
  if (sender_info) {
    writer.u64(sender_info->ntp);
    writer.u32(sender_info->rtp_timestamp);
    writer.u32(sender_info->packets);
    writer.u32(sender_info->octets);
  }
  if (block) write_block(writer, *block);

  // At least one zero ends the items, then up to the boundary.
  size_t chunk = 4 + 2 + cname.size();
  size_t zeroes = 4 - chunk % 4;
  write_head(writer, 1, kSourceDescription, chunk + zeroes);
  writer.u32(ssrc);
  writer.u8(kCname);
  writer.u8(static_cast<uint8_t>(cname.size()));
  writer.bytes(cname);
  for (size_t i = 0; i < zeroes; ++i) writer.u8(0);

  if (bye) {
    write_head(writer, 1, kBye, 4);
    writer.u32(ssrc);
  }
  return writer.ok() ? writer.size() : 0;
}

}  // namespace sg::media::rtp
