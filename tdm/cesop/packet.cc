#include "tdm/cesop/packet.h"

namespace sg::tdm::cesop {

namespace {

constexpr uint16_t kReservedBits = 0xF000;
constexpr uint16_t kLBit = 0x0800;
constexpr uint16_t kRBit = 0x0400;
constexpr uint16_t kMBits = 0x0300;
constexpr uint16_t kMRdi = 0x0200;
constexpr uint16_t kFragmentBits = 0x00C0;
constexpr uint16_t kLengthBits = 0x003F;
// RFC 5086 section 4.3: LEN tells the length of a packet that is shorter than this, else it is zero.
constexpr size_t kShortPacket = 64;

}  // namespace

Result<Packet> Packet::parse(ByteView datagram, bool with_rtp) {
  Packet packet;
  ByteReader in(datagram);

  uint16_t rtp_sequence = 0;
  if (with_rtp) {
    uint8_t first = in.u8();
    uint8_t type = in.u8();
    rtp_sequence = in.u16();
    RtpHeader rtp{.payload_type = static_cast<uint8_t>(type & 0x7F), .timestamp = in.u32(), .ssrc = in.u32()};
    if (!in.ok()) return fail("too short for an RTP header");
    // RFC 5086 section 4.4: version 2, no padding, extension or contributing sources.
    if (first != 0x80) return fail("RTP header with an unknown first octet");
    packet.rtp = rtp;
  }

  uint16_t control = in.u16();
  packet.sequence = in.u16();
  packet.payload = in.rest();
  if (!in.ok()) return fail("too short for a control word");
  if (control & kReservedBits) return fail("the first bits of the control word are not zero");
  if (control & kFragmentBits) return fail("fragmented, which the basic service is not");
  if (with_rtp && rtp_sequence != packet.sequence) return fail("sequence numbers of RTP and control word differ");

  if (size_t length = control & kLengthBits) {
    size_t headers = datagram.size() - packet.payload.size();
    if (length < headers || length > datagram.size())
      return fail("LEN is {} in a packet of {} octets", length, datagram.size());
    // What lies behind LEN is padding of a link below.
    packet.payload = packet.payload.first(length - headers);
  }

  bool l_bit = control & kLBit;
  uint16_t m_bits = control & kMBits;
  if (l_bit && m_bits == 0) {
    packet.defect = Defect::Ais;
  } else if (!l_bit && m_bits == kMRdi) {
    packet.defect = Defect::Rdi;
  } else if (l_bit || m_bits != 0) {
    return fail("L and M bits are reserved or of a signalling packet");
  }
  packet.remote_loss = control & kRBit;
  return packet;
}

ByteView Packet::serialise(std::span<uint8_t> datagram) const {
  ByteWriter out(datagram);
  if (rtp) {
    out.u8(0x80);
    out.u8(rtp->payload_type & 0x7F);
    out.u16(sequence);
    out.u32(rtp->timestamp);
    out.u32(rtp->ssrc);
  }
  size_t length = out.size() + kControlWordOctets + payload.size();
  uint16_t control = length < kShortPacket ? static_cast<uint16_t>(length) : uint16_t{0};
  if (defect == Defect::Ais) control |= kLBit;
  if (defect == Defect::Rdi) control |= kMRdi;
  if (remote_loss) control |= kRBit;
  out.u16(control);
  out.u16(sequence);
  out.bytes(payload);
  return out.ok() ? out.written() : ByteView{};
}

}  // namespace sg::tdm::cesop
