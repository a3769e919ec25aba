// What one packet of a pseudowire E1 costs: 5 ms of 31 timeslots.

#include <benchmark/benchmark.h>

#include "tdm/cesop/packet.h"
#include "tdm/cesop/span.h"

namespace sg::bench {
namespace {

using namespace tdm::cesop;

constexpr size_t kPayload = 31 * 40;

void cesop_packet_parse(benchmark::State& state) {
  Bytes payload(kPayload, 0xd5), buffer(kPayload + kControlWordOctets);
  Packet packet;
  packet.payload = payload;
  ByteView datagram = packet.serialise(buffer);
  for (auto _ : state) benchmark::DoNotOptimize(Packet::parse(datagram, false));
}
BENCHMARK(cesop_packet_parse);

void cesop_packet_serialise(benchmark::State& state) {
  Bytes payload(kPayload, 0xd5), buffer(kPayload + kControlWordOctets);
  Packet packet;
  packet.payload = payload;
  for (auto _ : state) benchmark::DoNotOptimize(packet.serialise(buffer));
}
BENCHMARK(cesop_packet_serialise);

// A packet in and a packet out of a span of which so many bearers are open, each of them read and written as it comes.
void cesop_span_packet(benchmark::State& state) {
  TimePoint now{};
  Span span({.type = SpanType::E1}, now);
  std::vector<std::shared_ptr<BearerPort>> bearers;
  for (uint8_t slot = 1; bearers.size() < static_cast<size_t>(state.range(0)); ++slot) {
    if (slot != 16) bearers.push_back(*span.open_bearer({1, slot}, {.block_octets = 160}));
  }
  Bytes block(160, 0x2a), datagram(kControlWordOctets + kPayload, 0xd5);
  uint16_t sequence = 0;
  for (auto _ : state) {
    now += 5ms;
    ByteWriter control_word(datagram);
    control_word.u16(0);
    control_word.u16(sequence++);
    span.receive(datagram, now);
    benchmark::DoNotOptimize(span.tick(now));
    if (sequence % 4 != 0) continue;
    for (auto& bearer : bearers) {
      bearer->read(block);
      bearer->write(block);
    }
  }
}
BENCHMARK(cesop_span_packet)->Arg(1)->Arg(30);

}  // namespace
}  // namespace sg::bench
