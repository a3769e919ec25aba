// A peer's CESoPSN packet, with and without RTP: what parses is written again as it came.
#include <array>
#include <cstdlib>

#include "tdm/cesop/packet.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sg;
  ByteView datagram{data, size};
  for (bool with_rtp : {false, true}) {
    auto packet = tdm::cesop::Packet::parse(datagram, with_rtp);
    if (!packet) continue;
    std::array<uint8_t, 65536> written;
    auto again = packet->serialise(written);
    auto reparsed = tdm::cesop::Packet::parse(again, with_rtp);
    if (!reparsed || reparsed->sequence != packet->sequence || reparsed->payload.size() != packet->payload.size()) {
      std::abort();
    }
  }
  return 0;
}
