// A peer's datagrams on the RTP port and on the RTCP port, in a row.
#include <array>
#include <cstdlib>

#include "media/rtp/packet.h"
#include "media/rtp/receiver.h"
#include "media/rtp/redundancy.h"
#include "media/rtp/rtcp.h"
#include "media/rtp/sender.h"
#include "media/rtp/telephone_event.h"
#include "tests/fuzz/datagrams.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sg;
  using namespace sg::media;
  auto is_within = [](ByteView part, ByteView whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
  };
  TimePoint now{};
  rtp::Receiver receiver;
  rtp::Sender sender({1, 2, 3});
  rtp::Rtcp rtcp("fuzz", 1, now);
  fuzz::for_each_datagram({data, size}, [&](ByteView datagram) {
    now += 20ms;
    if (auto packet = rtp::Packet::parse(datagram)) {
      if (!is_within(packet->payload, datagram)) std::abort();
      receiver.on_packet(*packet, now);
      if (auto redundant = rtp::RedundantPayload::parse(packet->payload)) {
        if (!is_within(redundant->primary().data, datagram)) std::abort();
      }
      rtp::TelephoneEvent::parse(packet->payload);
    }
    rtcp.on_datagram(datagram, sender, now);
  });
  std::array<uint8_t, rtp::Rtcp::kMaxOctets> report;
  rtcp.report(sender, receiver, now, report);
  return 0;
}
