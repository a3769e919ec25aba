// T.30 frames of both machines, each first as the timeline takes it, then as a peer's V.21 data through the guard into
// SpanDSP's gateway and, as an answering and as a calling machine, its terminal; those who listen in hear them as IFPs
// and as audio. Of each row of octets the first says whose frame it is and how it ends.
#include <algorithm>
#include <array>
#include <memory>

#include "t38/audio_listener.h"
#include "t38/fax_machine.h"
#include "t38/fax_timeline.h"
#include "t38/gateway.h"
#include "t38/ifp_listener.h"
#include "t38/spandsp.h"
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

// What a machine says by V.21, to one who listens in.
class Voice {
 public:
  Voice(t38::AudioListener& listener, t38::AudioListener::End end)
      : listener_(listener),
        end_(end),
        hdlc_(hdlc_tx_init(nullptr, FALSE, 1, FALSE, nullptr, nullptr)),
        fsk_(fsk_tx_init(nullptr, &preset_fsk_specs[FSK_V21CH2], &get_bit, hdlc_.get())) {}

  void say(ByteView frame, bool is_good) {
    constexpr int kFlags = 12;
    constexpr size_t kMost = 80;  // octets: 2 s
    Bytes octets(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(std::min(frame.size(), kMost)));
    std::ranges::transform(octets, octets.begin(), bit_reverse8);  // IFPs have the first bit on the line highest
    hdlc_tx_flags(hdlc_.get(), kFlags);
    hdlc_tx_frame(hdlc_.get(), octets.data(), octets.size());
    if (!is_good) hdlc_tx_corrupt_frame(hdlc_.get());
    hdlc_tx_frame(hdlc_.get(), nullptr, 0);
    fsk_tx_restart(fsk_.get(), &preset_fsk_specs[FSK_V21CH2]);
    std::array<int16_t, 160> block;
    for (int samples = 0; (samples = fsk_tx(fsk_.get(), block.data(), block.size())) > 0;)
      listener_.hear(end_, std::span(block).first(static_cast<size_t>(samples)));
    constexpr int kPause = 4;
    block.fill(0);
    for (int i = 0; i < kPause; ++i) listener_.hear(end_, block);
  }
  // Octets as samples, over and over.
  void make_noise(ByteView octets, int blocks) {
    std::array<int16_t, 160> block;
    size_t at = 0;
    for (; blocks > 0; --blocks) {
      for (int16_t& sample : block) sample = static_cast<int16_t>((octets[at++ % octets.size()] - 128) * 64);
      listener_.hear(end_, block);
    }
  }

 private:
  struct ReleaseHdlc {
    void operator()(hdlc_tx_state_t* tx) const { hdlc_tx_free(tx); }
  };
  struct ReleaseFsk {
    void operator()(fsk_tx_state_t* tx) const { fsk_tx_free(tx); }
  };
  static int get_bit(void* hdlc) { return hdlc_tx_get_bit(static_cast<hdlc_tx_state_t*>(hdlc)); }

  t38::AudioListener& listener_;
  const t38::AudioListener::End end_;
  const std::unique_ptr<hdlc_tx_state_t, ReleaseHdlc> hdlc_;
  const std::unique_ptr<fsk_tx_state_t, ReleaseFsk> fsk_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader;
  t38::FaxTimeline timeline(reader);
  t38::Gateway gateway({}, reader);
  auto answering = t38::T38FaxMachine::make({.calling = false}, {}, reader).value();
  auto calling = t38::T38FaxMachine::make({.calling = true}, {}, reader).value();
  t38::IfpListener to_ifps(0, reader);
  std::array<t38::IfpGuard, 2> guards{t38::IfpGuard(0), t38::IfpGuard(0)};
  t38::AudioListener to_audio(reader);
  std::array<Voice, 2> voices{Voice(to_audio, t38::AudioListener::End::First),
                              Voice(to_audio, t38::AudioListener::End::Second)};
  std::array<int16_t, 160> line;
  uint16_t sequence = 0;
  fuzz::for_each_datagram({data, size}, [&](ByteView row) {
    if (row.size() < 2) return;
    const size_t whose = row[0] & 1;
    const auto direction = whose != 0 ? t38::Direction::ToT38 : t38::Direction::FromT38;
    constexpr std::array<uint8_t, 4> kEnds = {2, 4, 3, 1};  // FCS good, good and the signal ends, bad, signal ends
    Bytes ifp = ifp_with(row.subspan(1), kEnds[row[0] >> 1 & 3]);

    timeline.on_frame(direction, row.subspan(1));
    if ((row[0] & 8) != 0) timeline.on_training(direction, 14400);
    to_ifps.hear(direction, guards[whose].check(ifp));
    voices[whose].say(row.subspan(1), (row[0] >> 1 & 3) != 2);
    if ((row[0] & 8) != 0) voices[whose].make_noise(row, 30);
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
