#include "media/t38_endpoint.h"

#include <algorithm>

#include "media/rtp/packet.h"
#include "t38/ifp_pieces.h"

namespace sg::media {
namespace {

// T.38 7.3.1: t30-indicator no-signal, without data.
constexpr uint8_t kNoSignal[] = {0x00};
constexpr Duration kKeepAlive = 1s;

// Copies of a datagram that nothing follows: the first ones soon, as a fax machine waits, and the others further and
// further apart, to be there after a long burst of losses too. The last one goes about 2 s after the original: a fax
// machine gives up on a carrier that has not ended after 3 s.
constexpr int kRepeats = 14;
constexpr Duration kFirstRepeat = 20ms, kLongestGap = 180ms;

constexpr int kMostRedundancy = 7;
constexpr double kMuchLoss = 0.05;

int most_redundancy(const t38::Params& peer) {
  return peer.max_redundancy > 0 ? std::min(peer.max_redundancy, kMostRedundancy) : kMostRedundancy;
}

// Sequence number, length, and a field for what corrects errors, of which there may be none (T.38 clause 9.1.3).
constexpr size_t kAroundIfp = 2 + 2 + 2;
// A T38FaxMaxDatagram that does not hold 30 ms of V.17 means something else: it is not cut for.
constexpr size_t kLeastDatagram = 60 + kAroundIfp;

// A datagram of the size that we declared may be one IFP. Peers that go beyond a small one do no harm.
t38::UdptlReceiver::Options receiver_options(const t38::Params& declared) {
  t38::UdptlReceiver::Options options;
  options.max_ifp = std::max(options.max_ifp, static_cast<size_t>(std::max(declared.max_datagram, 0)));
  return options;
}

// A peer that has not swapped yet sends G.711 of 10 ms or more. Its first two octets would be a very high sequence
// number of UDPTL, which no peer starts with.
bool looks_like_audio(ByteView datagram) {
  auto packet = rtp::Packet::parse(datagram);
  return packet && packet->payload.size() >= 80 && packet->payload.size() % 8 == 0;
}

// T.38 clause 9.1.3: the sequence number comes first.
PeerAddress::Place place_of(ByteView datagram) {
  return {.stream = 0, .sequence = ByteReader(datagram).u16()};
}

}  // namespace

T38Endpoint::T38Endpoint(SessionContext& context, SidePorts& ports, const T38Settings& settings,
                         t38::UdptlReceiver::Listener& listener, TimePoint now, TimePoint line)
    : context_(context),
      ports_(ports),
      settings_(settings),
      line_(line),
      receiver_(listener, receiver_options(settings.local)),
      sender_(t38::UdptlSender::options_for(settings.remote_params, context.config.t38_redundancy)),
      next_no_signal_(line),
      last_active_(now) {
  tell_peer(now);
  take_limits();
}

void T38Endpoint::tell_peer(TimePoint now) {
  peer_.set_latch(settings_.latch, settings_.signalling);
  peer_.tell(settings_.remote, now);
}

void T38Endpoint::take_limits() {
  const t38::Params& peer = settings_.remote_params;
  auto options = t38::UdptlSender::options_for(peer, context_.config.t38_redundancy);
  later_ones_repeat_ = peer.error_correction == ErrorCorrection::Redundancy && options.redundancy > 0;
  // What the loss of the peer's packets has asked for still holds.
  depth_.set_limits(options.redundancy, most_redundancy(peer));
  if (later_ones_repeat_) options.redundancy = depth_.depth();
  sender_.set_options(options);

  most_ifp_ = t38::UdptlSender::kMaxIfp;
  if (options.max_datagram >= kLeastDatagram) most_ifp_ = std::min(most_ifp_, options.max_datagram - kAroundIfp);
  if (peer.max_ifp > 0) most_ifp_ = std::min(most_ifp_, static_cast<size_t>(peer.max_ifp));
}

void T38Endpoint::change(const T38Settings& settings) {
  const bool has_moved = settings.remote != settings_.remote;
  const int version = settings_.version();
  settings_ = settings;
  settings_.local.version = settings_.remote_params.version = version;
  tell_peer(context_.clock.now());
  take_limits();
  // The latest datagram opens the way to where the peer is now.
  if (has_moved && latest_octets_ > 0) {
    repeats_left_ = std::max(repeats_left_, 1);
    next_repeat_ = {};
  }
}

std::optional<char> T38Endpoint::on_media(const Datagram& datagram) {
  take_datagram(datagram);
  return std::nullopt;
}

void T38Endpoint::take_datagram(const Datagram& datagram) {
  if (!is_heard_ && looks_like_audio(datagram.data)) {
    context_.counters.udptl_stray_rtp.add();
    return;
  }
  // A stranger's datagram must not reach the receiver.
  const auto place = place_of(datagram.data);
  if (peer_.check(datagram.source, place, datagram.arrival) == PeerAddress::Verdict::Foreign) {
    context_.counters.udptl_foreign.add();
    if (t38::is_udptl(datagram.data) && !looks_like_audio(datagram.data)) {
      peer_.on_valid(datagram.source, place, datagram.arrival);  // a run of them is noticed
    }
    return;
  }
  if (!receiver_.receive(datagram.data, line_)) {
    (looks_like_audio(datagram.data) ? context_.counters.udptl_stray_rtp : context_.counters.udptl_malformed).add();
    return;
  }
  if (peer_.on_valid(datagram.source, place, datagram.arrival) == PeerAddress::Verdict::Latched) {
    context_.counters.udptl_latched.add();
  }
  is_heard_ = true;
  last_active_ = datagram.arrival;
  raise_redundancy();
}

// What is lost on the way to us is likely lost on the way back, of which UDPTL tells nothing.
void T38Endpoint::raise_redundancy() {
  if (!later_ones_repeat_) return;
  const auto& counted = receiver_.counters();
  const uint64_t lost = counted.lost + counted.recovered_redundancy + counted.recovered_fec;
  if (!depth_.on_counts(counted.received, lost, kMuchLoss)) return;
  sender_.set_redundancy(depth_.depth());
  context_.counters.udptl_redundancy_raised.add();
}

void T38Endpoint::poll(TimePoint line) {
  line_ = line;
  receiver_.poll(line);
  repeat();
  if (is_heard_ || line < next_no_signal_) return;
  send(kNoSignal, 1);
  // Three at the start, a block apart, so that one lost packet does not cost a second.
  if (--greetings_left_ <= 0) next_no_signal_ = line + kKeepAlive;
}

void T38Endpoint::on_ifp(ByteView ifp, int copies) {
  // A peer that was never heard is no partner whom a long page keeps silent; nor is one to whom the other side's
  // keep-alives are relayed.
  if (is_heard_ && !std::ranges::equal(ifp, kNoSignal)) last_active_ = context_.clock.now();
  t38::IfpPieces pieces(ifp, settings_.version(), most_ifp_);
  for (ByteView piece = pieces.next(); !piece.empty(); piece = pieces.next()) {
    send(piece, pieces.was_last() ? copies : 1);
  }
}

void T38Endpoint::send(ByteView ifp, int copies) {
  if (!peer_.can_be_sent_to()) return;
  const uint64_t oversize = sender_.oversize();
  latest_octets_ = sender_.send(ifp, latest_).size();
  if (sender_.oversize() > oversize) context_.counters.udptl_oversize.add();
  repeats_left_ = 0;
  if (latest_octets_ == 0) return context_.counters.udptl_too_long.add();
  send_datagram();
  if (copies > 1 && later_ones_repeat_) {
    // Copies at once would be lost in one burst. A datagram that goes out meanwhile carries this one's IFP.
    repeats_left_ = kRepeats;
    repeat_after_ = kFirstRepeat;
    next_repeat_ = {};
    return;
  }
  // Some telephone adapters tell 72 and mean the IFP, others lose what is longer. Both take the same datagram twice,
  // and a lost one is made good as by redundancy.
  if (later_ones_repeat_ && sender_.is_bare()) {
    repeats_left_ = 1;
    next_repeat_ = {};
  }
  for (int i = 1; i < copies; ++i) send_datagram();
}

void T38Endpoint::send_datagram() {
  ++packets_sent_;
  std::copy_n(latest_.begin(), latest_octets_, out_.octets().begin());
  if (!ports_.send_media(peer_.current(), out_.first(latest_octets_))) context_.counters.send_failed.add();
}

void T38Endpoint::repeat() {
  if (repeats_left_ == 0 || !peer_.can_be_sent_to()) return;
  if (next_repeat_ == TimePoint{}) next_repeat_ = line_;  // the first look after it was sent: a block later at most
  if (line_ < next_repeat_) return;
  send_datagram();
  --repeats_left_;
  next_repeat_ = line_ + repeat_after_;
  repeat_after_ = std::min(2 * repeat_after_, kLongestGap);
}

bool T38Endpoint::has_timed_out(TimePoint now) const {
  return context_.config.t38_timeout > 0s && now - last_active_ > context_.config.t38_timeout;
}

UdptlStats T38Endpoint::stats() const {
  const auto& counted = receiver_.counters();
  return {.packets_sent = packets_sent_,
          .packets_received = counted.received,
          .lost = counted.lost,
          .recovered_redundancy = counted.recovered_redundancy,
          .recovered_fec = counted.recovered_fec,
          .late = counted.late,
          .duplicate = counted.duplicate,
          .malformed = counted.malformed,
          .too_long = sender_.refused(),
          .oversize = sender_.oversize(),
          .redundancy = later_ones_repeat_ ? depth_.depth() : 0};
}

}  // namespace sg::media
