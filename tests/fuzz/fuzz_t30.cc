// T.30 frames of both machines, each first as the timeline takes it, then as a peer's V.21 data through the guard into
// SpanDSP's gateway and, as an answering and as a calling machine, its terminal. Of each row of octets the first says
// whose frame it is and how it ends.
#include <array>
#include <memory>

#include "t38/fax_machine.h"
#include "t38/fax_timeline.h"
#include "t38/gateway.h"
#include "tests/fuzz/datagrams.h"

namespace {

using namespace sg;

struct Reader final : t38::Gateway::Listener, t38::FaxTimeline::Listener {
  void on_ifp(ByteView, int) override {}
  void on_fax_event(const t38::FaxEvent& event) override { told += t38::describe(event).size(); }
  size_t told = 0;
};

// T.38 version 0: V.21 data of two fields, the frame and its end (T.38 tables 3 and 4).
Bytes ifp_with(ByteView frame, uint8_t end) {
  constexpr uint8_t kDataOfV21 = 0xC0, kHdlcData = 0x80;
  Bytes ifp = {kDataOfV21, 2, kHdlcData, static_cast<uint8_t>((frame.size() - 1) >> 8),
               static_cast<uint8_t>(frame.size() - 1)};
  ifp.insert(ifp.end(), frame.begin(), frame.end());
  ifp.push_back(static_cast<uint8_t>(end << 4));
  return ifp;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader;
  t38::FaxTimeline timeline(reader);
  t38::Gateway gateway({}, reader);
  auto answering = t38::T38FaxMachine::make({.calling = false}, {}, reader).value();
  auto calling = t38::T38FaxMachine::make({.calling = true}, {}, reader).value();
  std::array<int16_t, 160> line;
  uint16_t sequence = 0;
  fuzz::for_each_datagram({data, size}, [&](ByteView row) {
    if (row.size() < 2) return;
    auto direction = (row[0] & 1) != 0 ? t38::Direction::ToT38 : t38::Direction::FromT38;
    constexpr std::array<uint8_t, 4> kEnds = {2, 4, 3, 1};  // FCS good, good and the signal ends, bad, signal ends
    Bytes ifp = ifp_with(row.subspan(1), kEnds[row[0] >> 1 & 3]);

    timeline.on_frame(direction, row.subspan(1));
    if ((row[0] & 8) != 0) timeline.on_training(direction, 14400);
    gateway.rx_ifp(ifp, sequence);
    answering->receive_ifp(ifp, sequence);
    calling->receive_ifp(ifp, sequence);
    ++sequence;
    for (int blocks = row[0] >> 4; blocks >= 0; --blocks) {
      gateway.tx_audio(line);
      gateway.rx_audio(line);
      answering->advance(line.size());
      calling->advance(line.size());
    }
  });
  return 0;
}
