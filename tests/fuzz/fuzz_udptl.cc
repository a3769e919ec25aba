// A peer's UDPTL datagrams, in a row, to the receiver: each IFP comes out once, in order, and none is longer than
// allowed. Then the same octets as IFPs to send, with options of their own: each datagram is one that the receiver
// takes and, where its IFP alone leaves room, no longer than the peer's limit; and what the receiver makes of them,
// some being lost, is what was sent.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "t38/udptl.h"
#include "tests/fuzz/datagrams.h"

namespace {

using namespace sg;

void must(bool holds) {
  if (!holds) std::abort();
}

struct Checker final : t38::UdptlReceiver::Listener {
  void on_udptl_ifp(uint16_t sequence, ByteView ifp) override {
    must(ifp.size() <= limit && !(has_last && sequence == last));
    last = sequence;
    has_last = true;
  }
  size_t limit = 560;
  bool has_last = false;
  uint16_t last = 0;
};

void receive(ByteView input) {
  Checker checker;
  t38::UdptlReceiver receiver(checker);
  TimePoint now{};
  fuzz::for_each_datagram(input, [&](ByteView datagram) {
    receiver.receive(datagram, now);
    now += 20ms;
    receiver.poll(now);
  });
  receiver.poll(now + 1s);
}

// Knows what was sent. FEC restores an IFP with zeroes after it, up to the longest that it was added up with.
struct Peer final : t38::UdptlReceiver::Listener {
  void on_udptl_ifp(uint16_t sequence, ByteView ifp) override {
    must(sequence < sent.size());
    const Bytes& one = sent[sequence];
    must(ifp.size() >= one.size() && std::equal(one.begin(), one.end(), ifp.begin()));
    must(std::all_of(ifp.begin() + static_cast<std::ptrdiff_t>(one.size()), ifp.end(),
                     [](uint8_t o) { return o == 0; }));
  }
  std::vector<Bytes> sent;
};

// Of each row the first five octets are options: kind of error correction and whether the datagram is lost, depth,
// depth of short ones, span and entries, the peer's limit.
constexpr size_t kOptions = 5;

t38::UdptlSender::Options options_of(ByteView row) {
  constexpr std::array kKinds = {ErrorCorrection::Redundancy, ErrorCorrection::Fec, ErrorCorrection::None};
  t38::UdptlSender::Options options;
  options.error_correction = kKinds[(row[0] & 0x7F) % kKinds.size()];
  options.redundancy = static_cast<int8_t>(row[1]);
  options.short_redundancy = static_cast<int8_t>(row[2]);
  options.fec_span = (row[3] >> 4) - 1;
  options.fec_entries = (row[3] & 0x0F) * 3 - 3;
  options.max_datagram = size_t{row[4]} * 6;
  return options;
}

void send(ByteView input) {
  Peer peer;
  t38::UdptlReceiver receiver(peer);
  t38::UdptlSender sender({});
  std::array<uint8_t, t38::UdptlSender::kMaxDatagram> buffer;
  TimePoint now{};
  fuzz::for_each_datagram(input, [&](ByteView row) {
    if (row.size() < kOptions) return;
    const auto options = options_of(row);
    const ByteView ifp = row.subspan(kOptions);
    sender.set_options(options);

    const ByteView datagram = sender.send(ifp, buffer);

    const bool can_be_sent = !ifp.empty() && ifp.size() <= t38::UdptlSender::kMaxIfp;
    must(datagram.empty() != can_be_sent);
    if (!can_be_sent) return;
    const size_t bare = 2 + (ifp.size() < 0x80 ? 1 : 2) + ifp.size() + 2;
    must(datagram.size() <= std::max(bare, options.max_datagram));
    peer.sent.emplace_back(ifp.begin(), ifp.end());
    if ((row[0] & 0x80) == 0) must(receiver.receive(datagram, now));
    now += 20ms;
    receiver.poll(now);
  });
  receiver.poll(now + 1s);
  must(receiver.counters().malformed == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  receive({data, size});
  send({data, size});
  return 0;
}
