#include <algorithm>
#include <vector>

#include "t38/udptl.h"

namespace sg::t38 {
namespace {

constexpr int64_t kWindow = 64;   // datagrams that may be ahead of the first one missing
constexpr int64_t kHistory = 64;  // delivered IFPs kept for FEC
constexpr int64_t kSlots = kWindow + kHistory;
constexpr int64_t kFarAhead = 1024;  // half a minute of packets: a jump beyond is another stream
constexpr int kStraysOfNewStream = 4;

// A length determinant of aligned PER (X.691 clause 11.9), without its fragmented form, which no datagram needs.
size_t read_length(ByteReader& in, bool& ok) {
  uint8_t first = in.u8();
  if (first < 0x80) return first;
  if (first >= 0xC0) ok = false;
  return static_cast<size_t>(first & 0x3F) << 8 | in.u8();
}

ByteView read_open_type(ByteReader& in, bool& ok) {
  size_t octets = read_length(in, ok);
  return ok ? in.bytes(octets) : ByteView{};
}

// T.38 clause 9.1.3: sequence number, primary IFP, then either earlier IFPs or FEC entries.
struct Packet {
  static constexpr size_t kMaxEntries = 64;

  uint16_t sequence = 0;
  ByteView primary;
  bool fec = false;
  int span = 0;
  size_t entries = 0;  // of FEC, or earlier IFPs, the latest first
  std::array<ByteView, kMaxEntries> entry;

  bool parse(ByteView datagram) {
    ByteReader in(datagram);
    bool ok = true;
    sequence = in.u16();
    primary = read_open_type(in, ok);
    fec = (in.u8() & 0x80) != 0;
    // An unconstrained integer: its length in octets, then itself. Nobody spans more than 127 IFPs.
    if (fec) {
      if (in.u8() != 1) return false;
      span = in.u8();
    }
    size_t count = read_length(in, ok);
    for (size_t i = 0; i < count && ok && in.ok(); ++i) {
      ByteView octets = read_open_type(in, ok);
      if (i < kMaxEntries) entry[i] = octets;
    }
    entries = std::min(count, kMaxEntries);
    return ok && in.ok() && in.remaining() == 0;
  }
};

}  // namespace

bool is_udptl(ByteView datagram) {
  return Packet{}.parse(datagram);
}

class UdptlReceiver::Window {
 public:
  Window(Listener& listener, Options options)
      : listener_(listener), options_(options), octets_(2 * kSlots * options.max_ifp), slots_(kSlots) {
    for (size_t i = 0; i < slots_.size(); ++i) {
      slots_[i].ifp = std::span(octets_).subspan(2 * i * options.max_ifp, options.max_ifp);
      slots_[i].fec = std::span(octets_).subspan((2 * i + 1) * options.max_ifp, options.max_ifp);
    }
  }

  bool receive(ByteView datagram, TimePoint now);
  void poll(TimePoint now);
  std::optional<TimePoint> deadline() const;
  const UdptlCounters& counters() const { return counters_; }

 private:
  enum class State : uint8_t {
    Missing,
    Present,
    Nothing,  // known to carry no IFP
  };
  struct Slot {
    State state = State::Missing;
    bool arrived = false;  // its own datagram came
    TimePoint missed_at;   // when a later datagram came first
    size_t ifp_octets = 0;
    std::span<uint8_t> ifp;
    // FEC entries that its datagram brought, one after the other in `fec`.
    int span = 0;
    size_t entries = 0;
    std::array<uint16_t, Packet::kMaxEntries> entry_octets;
    std::span<uint8_t> fec;
  };

  Slot& slot(int64_t number) { return slots_[static_cast<size_t>(number % kSlots)]; }
  const Slot& slot(int64_t number) const { return slots_[static_cast<size_t>(number % kSlots)]; }
  bool is_kept(int64_t number) const { return number >= first_ && number > head_ - kSlots && number <= head_; }

  std::optional<int64_t> place(const Packet& packet);
  bool is_of_new_stream(int64_t number, const Packet& packet);
  static bool contradicts(const Slot& kept, ByteView primary);
  void start_with(const Packet& packet);
  void move_head(int64_t number, TimePoint now);
  void keep(Slot& slot, ByteView ifp);
  void keep_fec(Slot& slot, const Packet& packet);
  void fill_from_secondaries(int64_t number, const Packet& packet);
  bool zero_was_skipped(int64_t number, const Packet& packet) const;
  void repair();
  bool repair_from(int64_t number, size_t entry, size_t offset);
  void deliver();
  void give_up_first_gap();

  Listener& listener_;
  const Options options_;
  std::vector<uint8_t> octets_;
  std::vector<Slot> slots_;
  UdptlCounters counters_;

  // Numbers do not wrap: the low 16 bits are the sequence number of the wire.
  bool started_ = false;
  int64_t first_ = 0;             // where the stream began
  int64_t expected_ = 0;          // next to deliver
  int64_t head_ = 0;              // highest that came
  int64_t delivered_offset_ = 0;  // from numbers to what the listener is told

  uint16_t last_stray_ = 0;
  int strays_ = 0;
  int64_t last_contradiction_ = 0;
  int contradictions_ = 0;
};

bool UdptlReceiver::Window::receive(ByteView datagram, TimePoint now) {
  Packet packet;
  if (!packet.parse(datagram) || packet.primary.size() > options_.max_ifp) {
    ++counters_.malformed;
    return false;
  }
  ++counters_.received;
  auto number = place(packet);
  if (!number || *number < first_ || *number <= head_ - kSlots) {
    ++counters_.late;
    return true;
  }

  if (*number > head_) move_head(*number, now);
  Slot& mine = slot(*number);
  if (mine.arrived) {
    ++counters_.duplicate;
    return true;
  }
  mine.arrived = true;
  if (*number < expected_ || mine.state != State::Missing) ++counters_.late;
  if (mine.state == State::Missing) keep(mine, packet.primary);
  if (packet.fec) {
    keep_fec(mine, packet);
  } else {
    fill_from_secondaries(*number, packet);
  }
  deliver();
  if (expected_ <= head_) {
    repair();
    deliver();
  }
  poll(now);
  return true;
}

// The unwrapped number nearest to what is expected; nothing for a packet that belongs nowhere.
std::optional<int64_t> UdptlReceiver::Window::place(const Packet& packet) {
  if (!started_) start_with(packet);
  auto distance = static_cast<int16_t>(packet.sequence - static_cast<uint16_t>(expected_));
  if (distance > -kSlots && distance < kFarAhead) {
    strays_ = 0;
    const int64_t number = expected_ + distance;
    if (!is_of_new_stream(number, packet)) return number;
    start_with(packet);
    return expected_ + static_cast<uint16_t>(packet.sequence - static_cast<uint16_t>(expected_));
  }
  // Far off: an old straggler, or the peer began anew (a transfer behind it). Several in a row make a new stream.
  auto step = static_cast<uint16_t>(packet.sequence - last_stray_);
  strays_ = strays_ > 0 && step > 0 && step < kWindow ? strays_ + 1 : 1;
  last_stray_ = packet.sequence;
  if (strays_ < kStraysOfNewStream) return std::nullopt;
  start_with(packet);
  return expected_ + static_cast<uint16_t>(packet.sequence - static_cast<uint16_t>(expected_));
}

// The peer began anew a little behind: numbers that were delivered come again, in order, and say something else. Late
// packets and copies say the same. Where nothing is known of a number (it was given up, or lies before the stream's
// first), it proves nothing: such a start is noticed when it has come to numbers that are known.
bool UdptlReceiver::Window::is_of_new_stream(int64_t number, const Packet& packet) {
  const bool is_known = number < expected_ && is_kept(number) && slot(number).state == State::Present;
  if (number < expected_ && !is_known) return false;
  if (!is_known || !contradicts(slot(number), packet.primary)) {
    contradictions_ = 0;
    return false;
  }
  const int64_t step = number - last_contradiction_;
  contradictions_ = contradictions_ > 0 && step > 0 && step <= kStraysOfNewStream ? contradictions_ + 1 : 1;
  last_contradiction_ = number;
  return contradictions_ >= kStraysOfNewStream;
}

// What FEC restored may be padded with zeroes.
bool UdptlReceiver::Window::contradicts(const Slot& kept, ByteView primary) {
  const ByteView known = kept.ifp.first(kept.ifp_octets);
  const size_t common = std::min(known.size(), primary.size());
  const ByteView rest = known.subspan(common);
  return primary.size() > known.size() || !std::ranges::equal(known.first(common), primary) ||
         std::ranges::any_of(rest, [](uint8_t octet) { return octet != 0; });
}

// A stream may begin at any number, and its first packets may be lost: the first to come also brings those before it.
void UdptlReceiver::Window::start_with(const Packet& packet) {
  uint16_t earlier = 0;
  while (!packet.fec && earlier < packet.entries && !packet.entry[earlier].empty()) ++earlier;
  auto sequence = static_cast<uint16_t>(packet.sequence - earlier);
  // A later multiple of 65536, so that no number is ever negative and the low 16 bits are those of the wire.
  int64_t number = (expected_ / 0x10000 + 2) * 0x10000 + sequence;
  if (started_) {
    // A new stream in mid-call: to the listener, a gap of one.
    delivered_offset_ += expected_ + 1 - number;
    ++counters_.lost;
  }
  first_ = expected_ = number;
  head_ = number - 1;
  started_ = true;
  strays_ = contradictions_ = 0;
}

void UdptlReceiver::Window::move_head(int64_t number, TimePoint now) {
  while (head_ < number) {
    // What leaves the window undelivered is lost.
    while (expected_ <= head_ + 1 - kWindow) give_up_first_gap();
    ++head_;
    Slot& fresh = slot(head_);
    fresh.state = State::Missing;
    fresh.arrived = false;
    fresh.missed_at = now;
    fresh.entries = 0;
  }
}

void UdptlReceiver::Window::keep(Slot& to, ByteView ifp) {
  std::copy(ifp.begin(), ifp.end(), to.ifp.begin());
  to.ifp_octets = ifp.size();
  to.state = ifp.empty() ? State::Nothing : State::Present;
}

void UdptlReceiver::Window::keep_fec(Slot& to, const Packet& packet) {
  auto reach = static_cast<int64_t>(packet.entries) * packet.span;
  if (reach == 0 || reach > kHistory) return;
  size_t at = 0;
  for (size_t i = 0; i < packet.entries; ++i) {
    ByteView entry = packet.entry[i];
    if (entry.size() > to.fec.size() - at) return;
    std::copy(entry.begin(), entry.end(), to.fec.begin() + static_cast<std::ptrdiff_t>(at));
    to.entry_octets[i] = static_cast<uint16_t>(entry.size());
    at += entry.size();
  }
  to.span = packet.span;
  to.entries = packet.entries;
}

void UdptlReceiver::Window::fill_from_secondaries(int64_t number, const Packet& packet) {
  if (zero_was_skipped(number, packet)) {
    keep(slot(number - 1), {});
    return;
  }
  for (size_t i = 0; i < packet.entries; ++i) {
    int64_t earlier = number - 1 - static_cast<int64_t>(i);
    ByteView ifp = packet.entry[i];
    if (!is_kept(earlier)) return;
    if (earlier < expected_ || ifp.empty() || ifp.size() > options_.max_ifp) continue;
    if (slot(earlier).state != State::Missing) continue;
    keep(slot(earlier), ifp);
    ++counters_.recovered_redundancy;
  }
}

// Some senders go from 0xFFFF to 1. Their packet 1 then repeats 0xFFFF where another one's would repeat 0.
bool UdptlReceiver::Window::zero_was_skipped(int64_t number, const Packet& packet) const {
  if (packet.sequence != 1 || packet.entries == 0 || !is_kept(number - 2)) return false;
  if (slot(number - 1).state != State::Missing) return false;
  for (size_t i = 0; i < packet.entries; ++i) {
    int64_t repeated = number - 2 - static_cast<int64_t>(i);
    if (!is_kept(repeated) || slot(repeated).state != State::Present) break;
    const Slot& kept = slot(repeated);
    if (!std::ranges::equal(kept.ifp.first(kept.ifp_octets), packet.entry[i])) return false;
  }
  return slot(number - 2).state == State::Present;
}

// Each repair may make another one possible: until nothing more comes of it.
void UdptlReceiver::Window::repair() {
  bool repaired = true;
  while (repaired) {
    repaired = false;
    for (int64_t number = std::max(first_, head_ - kSlots + 1); number <= head_; ++number) {
      const Slot& each = slot(number);
      for (size_t entry = 0, offset = 0; entry < each.entries; offset += each.entry_octets[entry++]) {
        repaired |= repair_from(number, entry, offset);
      }
    }
  }
}

// Entry m of packet n with `entries` entries is the exclusive or of IFPs n + m - entries * k, k = 1 to span
// (T.38 clause 9.1.4.2).
bool UdptlReceiver::Window::repair_from(int64_t number, size_t entry, size_t offset) {
  const Slot& parity = slot(number);
  const auto step = static_cast<int64_t>(parity.entries);
  const int64_t end = number + static_cast<int64_t>(entry);
  int64_t missing = -1;
  for (int64_t covered = end - step; covered >= end - step * parity.span; covered -= step) {
    if (!is_kept(covered)) return false;
    if (slot(covered).state != State::Missing) continue;
    if (missing >= 0) return false;
    missing = covered;
  }
  const size_t octets = parity.entry_octets[entry];
  if (missing < 0 || octets == 0 || octets > options_.max_ifp) return false;

  Slot& restored = slot(missing);
  keep(restored, parity.fec.subspan(offset, octets));
  for (int64_t covered = end - step; covered >= end - step * parity.span; covered -= step) {
    if (covered == missing) continue;
    const Slot& other = slot(covered);
    for (size_t i = 0; i < std::min(octets, other.ifp_octets); ++i) restored.ifp[i] ^= other.ifp[i];
  }
  if (missing >= expected_) ++counters_.recovered_fec;
  return true;
}

void UdptlReceiver::Window::deliver() {
  while (expected_ <= head_ && slot(expected_).state != State::Missing) {
    const Slot& ready = slot(expected_);
    if (ready.state == State::Nothing) --delivered_offset_;
    ++expected_;
    if (ready.state == State::Present) {
      listener_.on_udptl_ifp(static_cast<uint16_t>(expected_ - 1 + delivered_offset_),
                             ready.ifp.first(ready.ifp_octets));
    }
  }
}

void UdptlReceiver::Window::give_up_first_gap() {
  deliver();
  while (expected_ <= head_ && slot(expected_).state == State::Missing) {
    ++counters_.lost;
    ++expected_;
  }
  deliver();
}

void UdptlReceiver::Window::poll(TimePoint now) {
  for (auto due = deadline(); due && *due <= now; due = deadline()) give_up_first_gap();
}

std::optional<TimePoint> UdptlReceiver::Window::deadline() const {
  if (!started_ || expected_ > head_) return std::nullopt;
  return slot(expected_).missed_at + options_.reorder_wait;
}

UdptlReceiver::UdptlReceiver(Listener& listener) : UdptlReceiver(listener, Options{}) {}
UdptlReceiver::UdptlReceiver(Listener& listener, Options options)
    : window_(std::make_unique<Window>(listener, options)) {}
UdptlReceiver::~UdptlReceiver() = default;
bool UdptlReceiver::receive(ByteView datagram, TimePoint now) {
  return window_->receive(datagram, now);
}
void UdptlReceiver::poll(TimePoint now) {
  window_->poll(now);
}
std::optional<TimePoint> UdptlReceiver::deadline() const {
  return window_->deadline();
}
const UdptlCounters& UdptlReceiver::counters() const {
  return window_->counters();
}

}  // namespace sg::t38
