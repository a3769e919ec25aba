#include "media/fax_bridge.h"

#include <cstring>

#include "t38/audio_listener.h"
#include "t38/ifp.h"
#include "t38/ifp_listener.h"

namespace sg::media {
namespace {

// The latest fax says how fast and how; pages add up, as a call may swap to T.38 more than once.
FaxStats add(const FaxStats& earlier, const FaxStats& latest) {
  return {.pages = earlier.pages + latest.pages,
          .bit_rate = latest.bit_rate ? latest.bit_rate : earlier.bit_rate,
          .ecm = latest.bit_rate ? latest.ecm : earlier.ecm,
          .ended_by_dcn = earlier.ended_by_dcn || latest.ended_by_dcn};
}

template <class Heard>
FaxStats fax_stats_of(const Heard& heard) {
  return {
      .pages = heard.pages(), .bit_rate = heard.bit_rate(), .ecm = heard.ecm(), .ended_by_dcn = heard.ended_by_dcn()};
}

bool is_silent(std::span<const int16_t> samples) {
  return samples.front() == 0 && std::memcmp(&samples[0], &samples[1], samples.size_bytes() - sizeof samples[0]) == 0;
}

}  // namespace

// Between a side that speaks T.38 and one with audio.
struct FaxBridge::Gateway final : t38::Gateway::Listener {
  Gateway(FaxBridge::Listener& to, Side side, t38::IfpSink& peer_of_side, const t38::GatewayOptions& options)
      : listener(to), t38_side(side), peer(peer_of_side), gateway(options, *this) {}
  void on_ifp(ByteView ifp, int copies) override { peer.on_ifp(ifp, copies); }
  void on_fax_event(const t38::FaxEvent& event) override {
    const bool is_from_t38 = event.direction == t38::Direction::FromT38;
    listener.on_fax_event(event, is_from_t38 ? t38_side : other_side(t38_side), false);
  }
  FaxStats stats() const {
    const auto now = gateway.stats();
    return {.pages = now.pages, .bit_rate = now.bit_rate, .ecm = now.ecm, .ended_by_dcn = now.ended_by_dcn};
  }

  FaxBridge::Listener& listener;
  const Side t38_side;
  t38::IfpSink& peer;
  t38::Gateway gateway;
};

// Between two sides that speak T.38, each with error correction of its own.
class FaxBridge::Relay final : t38::FaxTimeline::Listener {
 public:
  Relay(FaxBridge::Listener& listener, int version, t38::IfpSink& peer_of_a, t38::IfpSink& peer_of_b)
      : listener_(listener),
        ways_{Way{peer_of_b, t38::IfpGuard(version)}, Way{peer_of_a, t38::IfpGuard(version)}},
        ifps_(version, *this) {}

  // False: the IFP does not add up, and goes no further.
  bool pass_on(Side from, uint16_t sequence, ByteView ifp) {
    Way& way = ways_[static_cast<size_t>(from)];
    // What goes on is numbered anew: the other side would not know that a frame has lost its middle.
    if (way.expected && sequence != *way.expected) way.guard.note_gap();
    way.expected = static_cast<uint16_t>(sequence + 1);
    const t38::IfpResult packet = way.guard.check(ifp);
    if (packet.fault == t38::IfpFault::UnknownType) {
      way.to.on_ifp(ifp, 1);
      return true;
    }
    if (!packet.ok()) return false;
    ifps_.hear(from == Side::A ? t38::Direction::FromT38 : t38::Direction::ToT38, packet);
    // Nothing may follow these for long; SpanDSP's gateway has the same count.
    const bool is_last = packet.ifp.kind == t38::Ifp::Kind::Indicator || packet.ifp.ends_signal;
    way.to.on_ifp(packet.octets, is_last ? 3 : 1);
    return true;
  }
  FaxStats stats() const { return fax_stats_of(ifps_); }

 private:
  // From one side to the other.
  struct Way {
    t38::IfpSink& to;
    t38::IfpGuard guard;
    std::optional<uint16_t> expected = {};
  };
  void on_fax_event(const t38::FaxEvent& event) override {
    listener_.on_fax_event(event, event.direction == t38::Direction::FromT38 ? Side::A : Side::B, false);
  }

  FaxBridge::Listener& listener_;
  std::array<Way, 2> ways_;  // by the side that they come from
  t38::IfpListener ifps_;
};

// Listens in on a fax that goes as G.711.
class FaxBridge::Listening final : t38::FaxTimeline::Listener {
 public:
  explicit Listening(FaxBridge::Listener& listener) : listener_(listener), audio_(*this) {}

  void hear(Side from, AudioBlock& block) {
    audio_.hear(from == Side::A ? t38::AudioListener::End::First : t38::AudioListener::End::Second, block.linear());
  }
  FaxStats stats() const { return fax_stats_of(audio_); }

 private:
  void on_fax_event(const t38::FaxEvent& event) override {
    listener_.on_fax_event(event, event.direction == t38::Direction::FromT38 ? Side::A : Side::B, true);
  }

  FaxBridge::Listener& listener_;
  t38::AudioListener audio_;
};

FaxBridge::FaxBridge(const Config& config, Counter& refused, Listener& listener)
    : config_(config), refused_(refused), listener_(listener), entries_{Entry(*this, Side::A), Entry(*this, Side::B)} {}
FaxBridge::~FaxBridge() = default;

t38::GatewayOptions FaxBridge::gateway_options(const T38Settings& settings) const {
  t38::GatewayOptions options;
  options.local = settings.local;
  options.remote = settings.remote_params;
  options.ecm = config_.ecm && settings.ecm;
  options.v17 = config_.v17;
  options.v29 = config_.v29;
  options.v27ter = config_.v27ter;
  return options;
}

void FaxBridge::begin_t38(Side side, t38::IfpSink& peer, const T38Settings& settings) {
  t38_[static_cast<size_t>(side)] = T38Side{&peer, settings};
  choose_relay();
  choose_gateway();
}

void FaxBridge::change_t38(Side side, const T38Settings& settings) {
  t38_[static_cast<size_t>(side)]->settings = settings;
  if (t38_side() == side) gateway_->gateway.change(gateway_options(settings));
}

void FaxBridge::end_t38(Side side) {
  t38_[static_cast<size_t>(side)].reset();
  choose_relay();
  choose_gateway();
}

void FaxBridge::choose_relay() {
  const bool are_both_t38 = t38(Side::A) && t38(Side::B);
  if (are_both_t38 && !relay_) {
    end_listening();
    relay_ =
        std::make_unique<Relay>(listener_, t38(Side::A)->settings.version(), *t38(Side::A)->peer, *t38(Side::B)->peer);
  } else if (!are_both_t38 && relay_) {
    earlier_ = add(earlier_, relay_->stats());
    relay_.reset();
  }
}

void FaxBridge::choose_gateway() {
  std::optional<Side> side;
  if (t38(Side::A).has_value() != t38(Side::B).has_value()) side = t38(Side::A) ? Side::A : Side::B;
  if (side == t38_side()) return;
  if (gateway_) {
    earlier_ = add(earlier_, gateway_->stats());
    gateway_.reset();
  }
  if (!side) return;
  end_listening();
  const T38Side& speaker = *t38(*side);
  gateway_ = std::make_unique<Gateway>(listener_, *side, *speaker.peer, gateway_options(speaker.settings));
}

// What was heard as audio before T.38 is earlier than it; what will be heard after it is later.
void FaxBridge::end_listening() {
  if (!listening_) return;
  earlier_ = add(earlier_, listening_->stats());
  listening_ = std::make_unique<Listening>(listener_);
}

void FaxBridge::take(Entry& from, uint16_t sequence, ByteView ifp) {
  bool adds_up = true;
  if (t38_side() == from.side) {
    adds_up = gateway_->gateway.rx_ifp(ifp, sequence);
  } else if (relay_) {
    adds_up = relay_->pass_on(from.side, sequence, ifp);
  }
  if (adds_up) return;
  ++from.refused;
  refused_.add();
}

std::optional<Side> FaxBridge::t38_side() const {
  return gateway_ ? std::optional(gateway_->t38_side) : std::nullopt;
}

void FaxBridge::pass(AudioBlock& heard, AudioBlock& said, tdm::Law law) {
  gateway_->gateway.rx_audio(heard.take_linear());
  const auto samples = said.begin_linear();
  gateway_->gateway.tx_audio(samples);
  // While the fax machine talks the gateway is silent, which is quicker seen than encoded.
  if (is_silent(samples)) said.set_silence(law);
}

void FaxBridge::begin_to_listen() {
  if (!listening_) listening_ = std::make_unique<Listening>(listener_);
}

void FaxBridge::hear(Side from, AudioBlock& block) {
  if (listening_) listening_->hear(from, block);
}

FaxStats FaxBridge::stats() const {
  FaxStats all = earlier_;
  if (listening_) all = add(all, listening_->stats());
  if (gateway_) all = add(all, gateway_->stats());
  if (relay_) all = add(all, relay_->stats());
  return all;
}

}  // namespace sg::media
