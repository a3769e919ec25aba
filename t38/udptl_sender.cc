#include <algorithm>

#include "t38/udptl.h"

namespace sg::t38 {
namespace {

constexpr size_t kShortIfp = 12;  // octets: indicators, and V.21 at 60 ms or less
constexpr int kShortRedundancy = 8;
constexpr size_t kShortLength = 0x80;  // lengths below take one octet, others two (X.691 clause 11.9)

size_t size_as_open_type(size_t octets) {
  return octets + (octets < kShortLength ? 1 : 2);
}

void write_open_type(ByteWriter& out, ByteView octets) {
  if (octets.size() < kShortLength) {
    out.u8(static_cast<uint8_t>(octets.size()));
  } else {
    out.u16(static_cast<uint16_t>(0x8000 | octets.size()));
  }
  out.bytes(octets);
}

}  // namespace

UdptlSender::Options UdptlSender::options_for(const Params& peer, int redundancy) {
  Options options;
  options.error_correction = peer.error_correction;
  options.redundancy = std::max(redundancy, peer.min_redundancy);
  options.short_redundancy = options.redundancy > 0 ? std::max(options.redundancy, kShortRedundancy) : 0;
  options.fec_entries = std::max(options.fec_entries, peer.min_redundancy);
  if (peer.max_redundancy > 0) {
    for (int* depth : {&options.redundancy, &options.short_redundancy, &options.fec_entries}) {
      *depth = std::min(*depth, peer.max_redundancy);
    }
  }
  if (peer.max_fec_span > 0) options.fec_span = std::min(options.fec_span, peer.max_fec_span);
  options.max_datagram = peer.max_datagram > 0 ? static_cast<size_t>(peer.max_datagram) : Params{}.max_datagram;
  return options;
}

ByteView UdptlSender::earlier(size_t back) const {
  const Sent& sent = history_[(next_ - back) % kHistory];
  return ByteView(sent.ifp).first(sent.octets);
}

ByteView UdptlSender::send(ByteView ifp, std::span<uint8_t> buffer) {
  const size_t bare = 2 + size_as_open_type(ifp.size()) + 2;
  if (ifp.empty() || ifp.size() > kMaxIfp || bare > buffer.size()) {
    ++refused_;
    return {};
  }
  const size_t limit = std::min({options_.max_datagram, kMaxDatagram, buffer.size()});
  if (bare > limit) ++oversize_;
  const size_t room = limit > bare ? limit - bare : 0;

  ByteWriter out(buffer);
  out.u16(static_cast<uint16_t>(next_));
  write_open_type(out, ifp);
  Sent& sent = history_[next_ % kHistory];
  sent.octets = static_cast<uint16_t>(ifp.size());
  std::copy(ifp.begin(), ifp.end(), sent.ifp.begin());
  switch (options_.error_correction) {
    case ErrorCorrection::None:
      out.u16(0);
      break;
    case ErrorCorrection::Redundancy:
      write_redundancy(out, room);
      break;
    case ErrorCorrection::Fec:
      write_fec(out, room);
      break;
  }
  ++next_;
  return out.written();
}

void UdptlSender::write_redundancy(ByteWriter& out, size_t room) {
  const auto wanted = static_cast<size_t>(std::clamp(options_.redundancy, 0, kMaxRedundancy));
  const auto wanted_short = static_cast<size_t>(std::clamp(options_.short_redundancy, 0, kMaxRedundancy));
  size_t depth = 0;
  while (depth < std::max(wanted, wanted_short) && depth < next_) {
    const ByteView ifp = earlier(depth + 1);
    if (depth >= wanted && ifp.size() > kShortIfp) break;
    const size_t octets = size_as_open_type(ifp.size());
    if (octets > room) break;
    room -= octets;
    ++depth;
  }
  is_bare_ = depth == 0 && wanted > 0 && next_ > 0;
  out.u8(0x00);
  out.u8(static_cast<uint8_t>(depth));
  for (size_t back = 1; back <= depth; ++back) write_open_type(out, earlier(back));
}

// T.38 clause 9.1.4.2: entry m is the exclusive or of IFPs n + m - entries * k, k = 1 to span. At the start of a
// stream, and where the peer takes small datagrams only, there are fewer entries.
void UdptlSender::write_fec(ByteWriter& out, size_t room) const {
  const int span = std::clamp(options_.fec_span, 1, kMaxFecReach);
  auto entries = static_cast<size_t>(std::clamp(options_.fec_entries, 0, kMaxFecReach / span));
  entries = std::min<size_t>(entries, next_ / static_cast<uint64_t>(span));
  auto longest = [&](size_t count) {
    size_t octets = 0;
    for (size_t back = 1; back <= count * static_cast<size_t>(span); ++back)
      octets = std::max(octets, earlier(back).size());
    return octets;
  };
  constexpr size_t kSpanField = 2;
  while (entries > 0 && kSpanField + entries * size_as_open_type(longest(entries)) > room) --entries;
  if (entries == 0) {
    out.u16(0);
    return;
  }

  out.u8(0x80);
  out.u8(1);
  out.u8(static_cast<uint8_t>(span));
  out.u8(static_cast<uint8_t>(entries));
  for (size_t entry = 0; entry < entries; ++entry) {
    std::array<uint8_t, kMaxIfp> parity{};
    size_t octets = 0;
    for (size_t k = 1; k <= static_cast<size_t>(span); ++k) {
      ByteView covered = earlier(entries * k - entry);
      for (size_t i = 0; i < covered.size(); ++i) parity[i] ^= covered[i];
      octets = std::max(octets, covered.size());
    }
    write_open_type(out, ByteView(parity).first(octets));
  }
}

}  // namespace sg::t38
