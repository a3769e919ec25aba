#include "media/rtp/sender.h"

#include <algorithm>

namespace sg::media::rtp {

size_t Sender::pack(uint8_t payload_type, ByteView payload, size_t octets, std::span<uint8_t> datagram) {
  size_t length = pack_at(timestamp_, talkspurt_starts_, payload_type, payload, datagram);
  timestamp_ += static_cast<uint32_t>(octets);
  if (length > 0) talkspurt_starts_ = false;
  return length;
}

size_t Sender::pack_at(uint32_t timestamp, bool marker, uint8_t payload_type, ByteView payload,
                       std::span<uint8_t> datagram) {
  size_t length = kHeaderOctets + payload.size();
  if (length > datagram.size()) return 0;

  Header header{
      .marker = marker, .payload_type = payload_type, .sequence = sequence_, .timestamp = timestamp, .ssrc = ssrc_};
  write_header(header, datagram.first<kHeaderOctets>());
  std::copy(payload.begin(), payload.end(), datagram.begin() + kHeaderOctets);
  ++sequence_;
  ++packets_;
  octets_ += payload.size();
  return length;
}

void Sender::skip(size_t octets) {
  timestamp_ += static_cast<uint32_t>(octets);
  talkspurt_starts_ = true;
}

}  // namespace sg::media::rtp
