// What one 20 ms block of one call costs in the media plane, part by part.

#include <benchmark/benchmark.h>

#include <algorithm>

#include "media/codec/g711.h"
#include "media/jitter/jitter_buffer.h"
#include "media/rtp/packet.h"
#include "media/rtp/sender.h"
#include "media/tone/dtmf_detector.h"
#include "media/tone/fax_tone_detector.h"
#include "tests/bench/signals.h"

namespace sg::bench {
namespace {

using tdm::Law;

Bytes speech_octets(size_t count, Law law) {
  Bytes octets(count);
  media::g711::encode(law, speech_like(count), octets);
  return octets;
}

void g711_decode(benchmark::State& state) {
  Bytes octets = speech_octets(kBlock, Law::A);
  Samples linear(kBlock);
  for (auto _ : state) {
    media::g711::decode(Law::A, octets, linear);
    benchmark::DoNotOptimize(linear.data());
  }
}
BENCHMARK(g711_decode);

void g711_encode(benchmark::State& state) {
  Samples linear = speech_like(kBlock);
  Bytes octets(kBlock);
  for (auto _ : state) {
    media::g711::encode(Law::A, linear, octets);
    benchmark::DoNotOptimize(octets.data());
  }
}
BENCHMARK(g711_encode);

void g711_convert(benchmark::State& state) {
  Bytes a_law = speech_octets(kBlock, Law::A), mu_law(kBlock);
  for (auto _ : state) {
    media::g711::convert(Law::A, a_law, Law::Mu, mu_law);
    benchmark::DoNotOptimize(mu_law.data());
  }
}
BENCHMARK(g711_convert);

// A packet in and a block out.
void jitter_buffer(benchmark::State& state, media::Profile profile) {
  media::JitterBuffer jitter({.profile = profile});
  Bytes packet = speech_octets(kBlock, Law::A), block(kBlock);
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  TimePoint now{};
  for (auto _ : state) {
    jitter.put(timestamp, sequence, packet, Law::A, now);
    jitter.get(block, now);
    benchmark::DoNotOptimize(block.data());
    ++sequence;
    timestamp += kBlock;
    now += 20ms;
  }
}
BENCHMARK_CAPTURE(jitter_buffer, voice, media::Profile::Voice);
BENCHMARK_CAPTURE(jitter_buffer, fax, media::Profile::Fax);

void rtp_pack(benchmark::State& state) {
  media::rtp::Sender sender(media::rtp::StreamStart{});
  Bytes payload = speech_octets(kBlock, Law::A), datagram(media::rtp::kHeaderOctets + kBlock);
  for (auto _ : state) benchmark::DoNotOptimize(sender.pack(8, payload, datagram));
}
BENCHMARK(rtp_pack);

void rtp_parse(benchmark::State& state) {
  Bytes datagram(media::rtp::kHeaderOctets + kBlock, 0xd5);
  media::rtp::write_header({.payload_type = 8, .sequence = 7}, std::span(datagram).first<media::rtp::kHeaderOctets>());
  for (auto _ : state) benchmark::DoNotOptimize(media::rtp::Packet::parse(datagram));
}
BENCHMARK(rtp_parse);

// One block after the other of a longer signal, which is heard again from its beginning.
template <class Detector>
void detect(benchmark::State& state, const Samples& signal) {
  Detector detector;
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(detector.feed(std::span(signal).subspan(at, kBlock)));
    at = (at + kBlock) % signal.size();
  }
}
void dtmf_detector(benchmark::State& state, const Samples& signal) {
  detect<media::DtmfDetector>(state, signal);
}
void fax_tone_detector(benchmark::State& state, const Samples& signal) {
  detect<media::FaxToneDetector>(state, signal);
}
BENCHMARK_CAPTURE(dtmf_detector, silence, Samples(8000));
BENCHMARK_CAPTURE(dtmf_detector, speech, speech_like(16000));
BENCHMARK_CAPTURE(dtmf_detector, digit, two_tones(770, 1336, 8000));
BENCHMARK_CAPTURE(fax_tone_detector, silence, Samples(8000));
BENCHMARK_CAPTURE(fax_tone_detector, speech, speech_like(16000));
BENCHMARK_CAPTURE(fax_tone_detector, preamble, two_tones(1650, 1850, 8000));

}  // namespace
}  // namespace sg::bench
