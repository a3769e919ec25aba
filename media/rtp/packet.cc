#include "media/rtp/packet.h"

namespace sg::media::rtp {

void write_header(const Header& header, std::span<uint8_t, kHeaderOctets> to) {
  ByteWriter writer(to);
  writer.u8(0x80);  // version 2, no padding, extension or CSRC
  writer.u8(static_cast<uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7f)));
  writer.u16(header.sequence);
  writer.u32(header.timestamp);
  writer.u32(header.ssrc);
}

std::optional<Packet> Packet::parse(ByteView datagram) {
  ByteReader reader(datagram);
  uint8_t first = reader.u8();
  uint8_t second = reader.u8();
  bool has_padding = first & 0x20;
  bool has_extension = first & 0x10;

  Packet packet;
  packet.marker = second & 0x80;
  packet.payload_type = second & 0x7f;
  packet.sequence = reader.u16();
  packet.timestamp = reader.u32();
  packet.ssrc = reader.u32();
  packet.csrc_count = first & 0x0f;
  reader.skip(4u * packet.csrc_count);
  if (has_extension) {
    packet.extension_profile = reader.u16();
    packet.extension = reader.bytes(4u * reader.u16());
  }
  packet.payload = reader.rest();
  if (!reader.ok() || first >> 6 != 2) return std::nullopt;

  if (has_padding) {
    if (packet.payload.empty()) return std::nullopt;
    // The count includes itself, so zero is wrong.
    uint8_t padding = packet.payload.back();
    if (padding == 0 || padding > packet.payload.size()) return std::nullopt;
    packet.payload = packet.payload.first(packet.payload.size() - padding);
  }
  return packet;
}

bool is_rtcp(ByteView datagram) {
  return datagram.size() >= 2 && datagram[0] >> 6 == 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

}  // namespace sg::media::rtp
