// A peer's IFPs, in a row, through the guard into SpanDSP's gateway, with line time going on between them; and past one
// who listens in where they are relayed, as if every other one came from the other peer.
#include <array>

#include "t38/gateway.h"
#include "t38/ifp.h"
#include "t38/ifp_listener.h"
#include "tests/fuzz/datagrams.h"

namespace {

struct Silent final : sg::t38::Gateway::Listener, sg::t38::FaxTimeline::Listener {
  void on_ifp(sg::ByteView, int) override {}
  void on_fax_event(const sg::t38::FaxEvent&) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sg;
  if (size < 1) return 0;
  t38::GatewayOptions options;
  options.remote.version = options.local.version = data[0] & 3;
  options.ecm = (data[0] & 4) != 0;
  Silent silent;
  t38::Gateway gateway(options, silent);
  std::array<t38::IfpGuard, 2> guards{t38::IfpGuard(options.remote.version), t38::IfpGuard(options.remote.version)};
  t38::IfpListener listener(options.remote.version, silent);
  uint16_t sequence = 0;
  std::array<int16_t, 160> line;
  fuzz::for_each_datagram({data + 1, size - 1}, [&](ByteView ifp) {
    const size_t whose = sequence & 1;
    listener.hear(whose != 0 ? t38::Direction::ToT38 : t38::Direction::FromT38, guards[whose].check(ifp));
    // An empty one stands for a loss.
    if (!ifp.empty()) gateway.rx_ifp(ifp, sequence);
    ++sequence;
    gateway.tx_audio(line);
    gateway.rx_audio(line);
  });
  return 0;
}
