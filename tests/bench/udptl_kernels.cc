// What one IFP of a page at 14 400 bit/s costs in UDPTL: one each 30 ms or so.

#include <benchmark/benchmark.h>

#include <array>

#include "t38/udptl.h"

namespace sg::bench {
namespace {

constexpr size_t kIfpOctets = 60;

class Discard final : public t38::UdptlReceiver::Listener {
 public:
  void on_udptl_ifp(uint16_t, ByteView ifp) override { benchmark::DoNotOptimize(ifp.data()); }
};

void udptl_send(benchmark::State& state, ErrorCorrection correction) {
  t38::UdptlSender sender({.error_correction = correction});
  Bytes ifp(kIfpOctets, 0x55);
  std::array<uint8_t, t38::UdptlSender::kMaxDatagram> buffer;
  for (auto _ : state) benchmark::DoNotOptimize(sender.send(ifp, buffer));
}
BENCHMARK_CAPTURE(udptl_send, redundancy, ErrorCorrection::Redundancy);
BENCHMARK_CAPTURE(udptl_send, fec, ErrorCorrection::Fec);

// Every fourth datagram is lost, and repaired from the next where `is_lossy`. A window of datagrams is made
// beforehand: sequence numbers wrap at 65536, so all of them are.
void udptl_receive(benchmark::State& state, ErrorCorrection correction, bool is_lossy) {
  constexpr size_t kAll = 65536;
  std::vector<Bytes> datagrams;
  datagrams.reserve(kAll);
  t38::UdptlSender sender({.error_correction = correction});
  Bytes ifp(kIfpOctets, 0x55);
  std::array<uint8_t, t38::UdptlSender::kMaxDatagram> buffer;
  for (size_t i = 0; i < kAll; ++i) {
    ByteView made = sender.send(ifp, buffer);
    datagrams.emplace_back(made.begin(), made.end());
  }
  Discard listener;
  t38::UdptlReceiver receiver(listener);
  TimePoint now{};
  size_t next = 0;
  for (auto _ : state) {
    now += 30ms;
    bool is_lost = is_lossy && next % 4 == 0;
    if (!is_lost) benchmark::DoNotOptimize(receiver.receive(datagrams[next], now));
    receiver.poll(now);
    next = (next + 1) % kAll;
  }
}
BENCHMARK_CAPTURE(udptl_receive, redundancy, ErrorCorrection::Redundancy, false);
BENCHMARK_CAPTURE(udptl_receive, redundancy_lossy, ErrorCorrection::Redundancy, true);
BENCHMARK_CAPTURE(udptl_receive, fec_lossy, ErrorCorrection::Fec, true);

}  // namespace
}  // namespace sg::bench
