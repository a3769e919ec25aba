#include "media/session.h"

#include <algorithm>
#include <cstring>

namespace sg::media {
namespace {

// RTCP, time-outs: nothing that hurries.
constexpr Duration kLookAfterEvery = 300ms;
// A timeslot that gave no tick for this long has stopped.
constexpr Duration kStalled = 200ms;
// A flood waits its turn in the socket.
constexpr int kMostBatchesPerTick = 4;
// RFC 4733 2.5.2.3 and Q.24: long enough for every receiver.
constexpr std::chrono::milliseconds kDigitLength{100};

UdptlStats& operator+=(UdptlStats& sum, const UdptlStats& more) {
  sum.packets_sent += more.packets_sent;
  sum.packets_received += more.packets_received;
  sum.lost += more.lost;
  sum.recovered_redundancy += more.recovered_redundancy;
  sum.recovered_fec += more.recovered_fec;
  sum.late += more.late;
  sum.duplicate += more.duplicate;
  sum.malformed += more.malformed;
  sum.too_long += more.too_long;
  sum.oversize += more.oversize;
  sum.redundancy = more.redundancy;
  return sum;
}

tdm::BearerStats& operator+=(tdm::BearerStats& sum, const tdm::BearerStats& more) {
  sum.read_overruns += more.read_overruns;
  sum.write_underruns += more.write_underruns;
  return sum;
}

// The latest fax says how fast and how; pages add up, as a call may swap to T.38 more than once.
FaxStats add(const FaxStats& earlier, const FaxStats& latest) {
  return {.pages = earlier.pages + latest.pages,
          .bit_rate = latest.bit_rate ? latest.bit_rate : earlier.bit_rate,
          .ecm = latest.bit_rate ? latest.ecm : earlier.ecm,
          .ended_by_dcn = earlier.ended_by_dcn || latest.ended_by_dcn};
}

bool is_silent(std::span<const int16_t> samples) {
  return samples.front() == 0 && std::memcmp(&samples[0], &samples[1], samples.size_bytes() - sizeof samples[0]) == 0;
}

// Of a gateway or a listener.
template <class Watcher>
FaxStats fax_stats_of(const Watcher& seen) {
  return {.pages = seen.pages(), .bit_rate = seen.bit_rate(), .ecm = seen.ecm(), .ended_by_dcn = seen.ended_by_dcn()};
}
FaxStats fax_stats_of(const t38::Gateway& gateway) {
  const auto stats = gateway.stats();
  return {.pages = stats.pages, .bit_rate = stats.bit_rate, .ecm = stats.ecm, .ended_by_dcn = stats.ended_by_dcn};
}

}  // namespace

Session::Session(SessionId id, SessionTools& tools)
    : id_(id),
      tools_(tools),
      sides_{SideState(*this, Side::A, tools.config.block_octets),
             SideState(*this, Side::B, tools.config.block_octets)},
      scratch_(tools.config.block_octets),
      now_(tools_.clock.now()),
      line_(now_),
      next_look_(now_ + kLookAfterEvery) {}

Session::~Session() {
  for_each_side([this](SideState& side) {
    if (side.rtp && side.speaks == Speaks::Rtp) side.rtp->say_goodbye(side.ports->control.get(), now_);
    if (side.ports) tools_.datagrams.let_go(side.ports->media.get());
  });
}

Session::SideState& Session::at(Side side) {
  if (side != Side::C) return sides_[static_cast<size_t>(side)];
  if (!third_) third_ = std::make_unique<SideState>(*this, Side::C, tools_.config.block_octets);
  return *third_;
}

void Session::set_bridging(Bridging bridging) {
  if (bridging == Bridging::Conference && bridging_ != bridging) {
    at(Side::C);
    if (!conference_) conference_ = std::make_unique<Conference>(tools_.config.block_octets);
    for (BlockQueue& queue : conference_->waiting) queue.clear();
  }
  bridging_ = bridging;
}

void Session::give_ports(Side side, PortPair ports) {
  SideState& to = at(side);
  if (to.ports) tools_.datagrams.let_go(to.ports->media.get());
  to.ports = std::move(ports);
  adopt_socket(to);
}

void Session::adopt_socket(SideState& side) {
  using enum DatagramIo::Comes;
  tools_.datagrams.adopt(side.ports->media.get(), side.t38 ? NowAndThen : EachTick);
}

void Session::use_rtp(Side which, const RtpSettings& settings) {
  SideState& side = at(which);
  if (!side.ports) return;
  bool was_rtp = side.speaks == Speaks::Rtp;
  end_t38(side);
  side.speaks = Speaks::Rtp;
  side.timeout_told = false;
  if (!side.rtp) {
    side.rtp = std::make_unique<RtpEndpoint>(tools_, settings, profile_, tools_.clock.now());
  } else {
    side.rtp->change(settings, tools_.clock.now());
    if (!was_rtp) side.rtp->wake();
  }
  choose_bridge();
}

void Session::use_t38(Side which, const T38Settings& settings) {
  SideState& side = at(which);
  if (!side.ports) return;
  if (side.speaks == Speaks::T38) return change_t38(side, settings);
  side.speaks = Speaks::T38;
  side.timeout_told = false;
  side.t38 = std::make_unique<T38Endpoint>(tools_, settings, side, tools_.clock.now(), line_);
  if (side.rtp) side.t38->take_over(side.rtp->peer());
  adopt_socket(side);
  choose_bridge();
}

// A session refresh repeats what stands, or tells it in other words, or a peer moves in mid-page: a fax must not notice
// it.
void Session::change_t38(SideState& side, const T38Settings& settings) {
  if (side.t38->settings() == settings) return;
  side.t38->change(settings);
  if (fax_ && fax_->t38_side == side.side) fax_->gateway.change(gateway_options(side.t38->settings()));
}

t38::GatewayOptions Session::gateway_options(const T38Settings& settings) const {
  t38::GatewayOptions options;
  options.local = settings.local;
  options.remote = settings.remote_params;
  options.ecm = tools_.config.ecm && settings.ecm;
  options.v17 = tools_.config.v17;
  options.v29 = tools_.config.v29;
  options.v27ter = tools_.config.v27ter;
  return options;
}

void Session::hear_last_words() {
  for_each_side([this](SideState& side) {
    if (side.speaks == Speaks::T38) drain(side);
  });
}

void Session::end_t38(SideState& side) {
  if (!side.t38) return;
  hear_last_words();
  side.earlier_udptl += side.t38->stats();
  side.t38.reset();
  adopt_socket(side);
  if (fax_ && fax_->t38_side == side.side) {
    earlier_fax_ = add(earlier_fax_, fax_stats_of(fax_->gateway));
    fax_.reset();
  }
}

void Session::choose_bridge() {
  choose_relay();
  bool a_is_t38 = !is_audio(at(Side::A)), b_is_t38 = !is_audio(at(Side::B));
  if (a_is_t38 != b_is_t38) {
    Side side = a_is_t38 ? Side::A : Side::B;
    if (fax_ && fax_->t38_side == side) return;
    close_listener();
    fax_ = std::make_unique<FaxGateway>(*this, side, gateway_options(at(side).t38->settings()));
    was_fax_heard_ = true;
    mind_echo();
  } else if (fax_) {
    earlier_fax_ = add(earlier_fax_, fax_stats_of(fax_->gateway));
    fax_.reset();
  }
}

// What was heard as audio before T.38 is earlier than it; what will be heard after it is later.
void Session::close_listener() {
  if (!fax_listener_) return;
  earlier_fax_ = add(earlier_fax_, fax_stats_of(fax_listener_->audio));
  fax_listener_ = std::make_unique<FaxListener>(*this);
}

void Session::choose_relay() {
  const bool are_both_t38 = !is_audio(at(Side::A)) && !is_audio(at(Side::B));
  if (are_both_t38 && !relay_) {
    close_listener();
    relay_ = std::make_unique<FaxRelay>(*this, at(Side::A).t38->settings().version());
    was_fax_heard_ = true;
    mind_echo();
  } else if (!are_both_t38 && relay_) {
    earlier_fax_ = add(earlier_fax_, fax_stats_of(relay_->ifps));
    relay_.reset();
  }
}

void Session::set_profile(Profile profile) {
  if (profile == Profile::Fax && profile_ != Profile::Fax) {
    // From here on losses count.
    for_each_side([this](SideState& side) {
      side.told = hurt_of(side);
      side.rtp_before_fax = side.rtp ? side.rtp->stats().packets_received : 0;
    });
  }
  profile_ = profile;
  onset_ = FaxToneDetector::Onset::None;
  mind_echo();
  if (profile == Profile::Fax && !fax_listener_) fax_listener_ = std::make_unique<FaxListener>(*this);
  for_each_side([profile](SideState& side) {
    if (side.rtp) side.rtp->set_profile(profile);
  });
}

void Session::mind_echo() {
  const bool is_onset = onset_ != FaxToneDetector::Onset::None;
  for_each_side([is_onset, this](SideState& side) {
    if (side.bearer) side.bearer->cancel_echo(profile_ == Profile::Voice && !was_fax_heard_ && !is_onset);
  });
}

// Half a second passes until it is sure that a tone is of a fax, and the signalling is told. By then the media has long
// been ready for one. What was none after all is voice again, half a second after its end.
void Session::mind_onset(Side heard_on) {
  using Onset = FaxToneDetector::Onset;
  if (profile_ != Profile::Voice) return;
  const SideState& other = at(other_side(heard_on));
  const Onset here = at(heard_on).fax_tones.onset(), there = other.fax_tones.onset();
  const Onset onset = here != Onset::None ? here : there;
  if (onset == onset_ || (onset_ != Onset::None && onset != Onset::None)) return;
  if (onset == Onset::None && was_fax_heard_) return;  // the signalling knows, and will say
  be_as_fax(onset);
}

void Session::be_as_fax(FaxToneDetector::Onset onset) {
  using Onset = FaxToneDetector::Onset;
  onset_ = onset;
  mind_echo();
  // V.21 moves no jitter buffer: that waits for a silence of the line.
  const Deepen deepen = onset == Onset::V21 ? Deepen::InSilence : Deepen::AtOnce;
  for_each_side([&](SideState& side) {
    if (side.rtp) side.rtp->set_profile(onset == Onset::None ? Profile::Voice : Profile::Fax, deepen);
  });
}

void Session::send_digit(Side which, char digit, std::chrono::milliseconds length) {
  if (profile_ == Profile::Data) return;
  SideState& side = at(which);
  if (side.speaks == Speaks::Rtp && side.rtp->settings().digits_by_signalling) return;
  if (side.speaks == Speaks::Rtp && side.rtp->takes_events()) {
    side.rtp->send_event(digit, length);
  } else {
    side.tones.play_digit(digit, length);
  }
}

SideStats Session::stats_of(const SideState& side) const {
  SideStats stats;
  if (side.rtp) stats.rtp = side.rtp->stats();
  stats.udptl = side.earlier_udptl;
  if (side.t38) stats.udptl += side.t38->stats();
  stats.udptl.refused = side.refused_ifps;
  stats.bearer = side.earlier_bearers;
  if (side.bearer) stats.bearer += side.bearer->stats();
  stats.rtp_before_fax = side.rtp_before_fax;
  return stats;
}

SessionStats Session::stats() const {
  SessionStats all;
  for (const SideState& side : sides_) all.side[static_cast<size_t>(side.side)] = stats_of(side);
  if (third_) all.side[static_cast<size_t>(Side::C)] = stats_of(*third_);
  all.fax = earlier_fax_;
  if (fax_listener_) all.fax = add(all.fax, fax_stats_of(fax_listener_->audio));
  if (fax_) all.fax = add(all.fax, fax_stats_of(fax_->gateway));
  if (relay_) all.fax = add(all.fax, fax_stats_of(relay_->ifps));
  return all;
}

Session::Hurt Session::hurt_of(const SideState& side) const {
  const SideStats stats = stats_of(side);
  const uint64_t filled = std::min(stats.rtp.recovered, stats.rtp.lost);
  const auto& t38 = stats.udptl;
  // A packet of audio that came too late is lost as well.
  return {.rtp = {.lost = stats.rtp.lost - filled + stats.rtp.late, .recovered = stats.rtp.recovered},
          .t38 = {.lost = t38.lost, .recovered = t38.recovered_redundancy + t38.recovered_fec},
          .slips = stats.bearer.read_overruns + stats.bearer.write_underruns};
}

void Session::tell_hurt(SideState& side) {
  const Hurt now = hurt_of(side);
  tell_loss(side, now.rtp, side.told.rtp, true);
  tell_loss(side, now.t38, side.told.t38, false);
  const uint64_t slips = now.slips > side.told.slips ? now.slips - side.told.slips : 0;
  if (slips > 0) tell(MediaHurt{side.side, MediaHurt::Kind::Slip, slips, 0});
  side.told = now;
}

void Session::tell_seen(const t38::FaxEvent& event, Side from, bool in_audio) {
  FaxSeen seen{event, from, in_audio};
  for (size_t side = 0; side < seen.received.size(); ++side) {
    const SideStats stats = stats_of(sides_[side]);
    seen.received[side] = {.rtp = stats.rtp.packets_received, .udptl = stats.udptl.packets_received};
  }
  tell(seen);
}

void Session::tell_loss(const SideState& side, const Hurt::Packets& now, const Hurt::Packets& told, bool in_audio) {
  // A packet that was only late makes the loss smaller again.
  const uint64_t lost = now.lost > told.lost ? now.lost - told.lost : 0;
  const uint64_t recovered = now.recovered > told.recovered ? now.recovered - told.recovered : 0;
  if (lost + recovered > 0) tell(MediaHurt{side.side, MediaHurt::Kind::Loss, lost, recovered, in_audio});
}

void Session::mind_redundancy(SideState& side) {
  if (side.speaks == Speaks::Nothing) return;
  if (side.speaks == Speaks::Rtp) side.rtp->mind_loss();
  const auto rise = side.speaks == Speaks::Rtp ? side.rtp->take_rise() : side.t38->take_rise();
  if (rise) tell(RedundancyRaised{side.side, rise->from, rise->to, rise->loss});
}

void Session::give_bearer(Side which, tdm::Timeslot slot, std::unique_ptr<tdm::Bearer> bearer,
                          const tdm::ToneZone* busy_tones) {
  SideState& side = at(which);
  side.slot = slot;
  side.bearer = std::move(bearer);
  side.busy_tone.reset();
  if (busy_tones) side.busy_tone.emplace(*busy_tones);
  mind_echo();
  // One block ahead of the line, so that a worker that wakes a little late does not leave it without.
  scratch_.set_silence(law_of(side));
  if (auto written = side.bearer->write(scratch_.as(law_of(side))); !written) {
    fail_bearer(side, written.error().message);
  }
}

void Session::drop_bearer(Side which) {
  SideState& side = at(which);
  if (!side.bearer) return;
  side.earlier_bearers += side.bearer->stats();
  side.bearer.reset();
  side.busy_tone.reset();
  side.fax_tones.forget_onset();
  side.bearer_failed = false;
  side.slot = {};
}

void Session::fail_bearer(SideState& side, std::string message) {
  if (side.bearer_failed) return;
  side.bearer_failed = true;
  tell(SideFailed{side.side, std::move(message)});
}

// Packets in.

void Session::drain(SideState& side) {
  if (!side.ports) return;
  for (int i = 0; i < kMostBatchesPerTick; ++i) {
    auto batch = tools_.datagrams.receive(side.ports->media.get());
    for (const Datagram& datagram : batch) on_datagram(side, datagram);
    if (batch.size() < DatagramBatch::kDatagrams) return;
  }
}

void Session::drain_control(SideState& side) {
  if (!side.ports) return;
  for (const Datagram& datagram : tools_.datagrams.receive(side.ports->control.get())) {
    if (side.speaks == Speaks::Rtp) side.rtp->on_control(datagram);
  }
}

void Session::on_datagram(SideState& side, const Datagram& datagram) {
  if (side.speaks == Speaks::Nothing) {
    tools_.counters.unexpected.add();
  } else if (side.speaks == Speaks::T38) {
    side.t38->on_media(datagram, line_);
  } else if (auto digit = side.rtp->on_media(datagram)) {
    on_digit(side, *digit);
  }
}

void Session::on_digit(SideState& from, char digit) {
  tell(DigitHeard{from.side, digit});
  if (bridging_ == Bridging::Conference) {
    for_each_side([&](SideState& to) {
      if (&to != &from) send_digit(to.side, digit, kDigitLength);
    });
    return;
  }
  Side to = other_side(from.side);
  if (passes_to(to)) send_digit(to, digit, kDigitLength);
}

void Session::on_ifp_from_peer(Side from, uint16_t sequence, ByteView ifp) {
  if (take_ifp(from, sequence, ifp)) return;
  ++at(from).refused_ifps;
  tools_.counters.ifp_refused.add();
}

bool Session::take_ifp(Side from, uint16_t sequence, ByteView ifp) {
  if (fax_ && fax_->t38_side == from) return fax_->gateway.rx_ifp(ifp, sequence);
  return !relay_ || relay_->relay(from, sequence, ifp);
}

bool Session::FaxRelay::relay(Side from, uint16_t sequence, ByteView ifp) {
  auto& next = expected[static_cast<size_t>(from)];
  auto& guard = guards[static_cast<size_t>(from)];
  // What goes on is numbered anew: the other side would not know that a frame has lost its middle.
  if (next && sequence != *next) guard.note_gap();
  next = static_cast<uint16_t>(sequence + 1);
  const t38::IfpResult packet = guard.check(ifp);
  if (packet.fault == t38::IfpFault::UnknownType) session.send_ifp(other_side(from), ifp, 1);
  if (!packet.ok()) return packet.fault == t38::IfpFault::UnknownType;
  ifps.hear(from == Side::A ? t38::Direction::FromT38 : t38::Direction::ToT38, packet);
  // Nothing may follow these for long; SpanDSP's gateway has the same count.
  const bool is_last = packet.ifp.kind == t38::Ifp::Kind::Indicator || packet.ifp.ends_signal;
  session.send_ifp(other_side(from), packet.octets, is_last ? 3 : 1);
  return true;
}

void Session::send_ifp(Side to, ByteView ifp, int copies) {
  SideState& side = at(to);
  if (side.t38) side.t38->send_ifp(ifp, copies, side.ports->media.get(), now_);
}

// Ticks.

void Session::tick(TimePoint now) {
  now_ = now;
  SideState& a = at(Side::A);
  SideState& b = at(Side::B);
  for_each_side([this](SideState& side) { drain(side); });
  if (bridging_ == Bridging::Conference) {
    run_conference();
  } else if (a.bearer && b.bearer) {
    run_between_bearers(a);
    run_between_bearers(b);
  } else if (a.bearer || b.bearer) {
    run_on_bearer(a.bearer ? a : b);
  }
  look_after(now);
}

void Session::tick_on_timer(TimePoint now, uint64_t blocks) {
  now_ = now;
  for_each_side([this](SideState& side) { drain(side); });
  for (uint64_t i = 0; i < blocks; ++i) {
    if (is_relay()) {
      relay(at(Side::A), at(Side::B));
      relay(at(Side::B), at(Side::A));
    } else {
      for_each_side([this](SideState& side) { hear(side); });
    }
    step();
  }
  look_after(now);
}

// RTP on both sides, and no clock but the senders' own: what comes goes on as it comes.
bool Session::is_relay() const {
  return bridging_ == Bridging::Both && at(Side::A).speaks == Speaks::Rtp && at(Side::B).speaks == Speaks::Rtp;
}

void Session::relay(SideState& from, SideState& to) {
  from.is_held = !from.rtp->relay(from.heard, *to.rtp, now_);
  if (!from.is_held) listen(from);
}

void Session::check_stalled(TimePoint now) {
  if (now - now_ < kStalled) return;
  for_each_side([this](SideState& side) { drain(side); });
  look_after(now);
}

// Between two bearers each block goes straight on: the receiving side clocks the other's sending.
void Session::run_between_bearers(SideState& from) {
  SideState& to = at(other_side(from.side));
  while (read_bearer(from)) {
    listen(from);
    bridge_audio(from, to);
  }
}

void Session::run_on_bearer(SideState& tdm) {
  SideState& other = at(other_side(tdm.side));
  while (read_bearer(tdm)) {
    listen(tdm);
    hear(other);
    step();
  }
}

// The first timeslot is the clock; the others' blocks wait for it.
void Session::run_conference() {
  SideState* clock = nullptr;
  for_each_side([&](SideState& side) {
    if (!clock && side.bearer && !side.bearer_failed) clock = &side;
  });
  auto fetch = [&](SideState& side) {
    while (&side != clock && side.bearer && read_bearer(side)) {
      conference_->waiting[static_cast<size_t>(side.side)].push(side.heard.as(side.bearer->law()));
    }
  };
  for_each_side(fetch);
  if (!clock) return;
  while (read_bearer(*clock)) {
    listen(*clock);
    for_each_side([&](SideState& side) {
      if (&side == clock) return;
      if (!side.bearer) return hear(side);
      auto law = side.bearer->law();
      if (!conference_->waiting[static_cast<size_t>(side.side)].pop(side.heard.begin_octets(law))) {
        side.heard.set_silence(law);
      }
      listen(side);
    });
    step();
  }
}

// Data have no law: where all octets count as of one, none is converted.
tdm::Law Session::law_of(const SideState& side) const {
  if (profile_ == Profile::Data) return tdm::Law::Mu;
  if (side.bearer) return side.bearer->law();
  return side.rtp ? side.rtp->settings().law : tdm::Law::A;
}

bool Session::read_bearer(SideState& side) {
  if (side.bearer_failed) return false;
  auto got = side.bearer->read(side.heard.begin_octets(law_of(side)));
  if (!got) fail_bearer(side, got.error().message);
  if (!got || !*got) return false;
  // Whatever else goes on: a fax whose far end is gone goes on for a while.
  if (side.busy_tone && profile_ != Profile::Data && side.busy_tone->feed(side.heard.linear())) {
    tell(BusyToneHeard{side.side});
  }
  return true;
}

// Fills the side's block from its jitter buffer, or with silence.
void Session::hear(SideState& side) {
  if (side.speaks != Speaks::Rtp) {
    side.heard.set_silence(law_of(at(other_side(side.side))));
    return;
  }
  side.rtp->hear(side.heard, now_);
  listen(side);
}

void Session::listen(SideState& side) {
  if (profile_ == Profile::Data) return;
  // Nothing but voice is looked for in a conference.
  if (bridging_ == Bridging::Conference) {
    if (!passes_digits_on(side)) return;
    if (auto digit = side.dtmf.feed(side.heard.linear())) on_digit(side, *digit);
    return;
  }
  SideState& other = at(other_side(side.side));
  if (fax_ || !is_audio(other)) return;
  if (fax_listener_ && profile_ == Profile::Fax) fax_listener_->hear(side.side, side.heard.linear());
  const auto tone = side.fax_tones.feed(side.heard.linear());
  mind_onset(side.side);
  if (tone) {
    was_fax_heard_ = true;
    if (*tone == HeardTone::V21Preamble && onset_ == FaxToneDetector::Onset::None && profile_ == Profile::Voice) {
      be_as_fax(FaxToneDetector::Onset::V21);
    }
    mind_echo();
    tell(ToneHeard{side.side, *tone});
  }
  if (profile_ != Profile::Voice || !passes_digits_on(side)) return;
  if (auto digit = side.dtmf.feed(side.heard.linear())) on_digit(side, *digit);
}

// In-band digits matter where they must go on in another way, and nobody else tells them.
bool Session::passes_digits_on(const SideState& from) const {
  auto has_its_own = [](const SideState& side) {
    return side.speaks == Speaks::Rtp && (side.rtp->takes_events() || side.rtp->settings().digits_by_signalling);
  };
  if (has_its_own(from)) return false;
  if (bridging_ != Bridging::Conference) return has_its_own(at(other_side(from.side)));
  for (Side side : kSides) {
    if (side != from.side && has_its_own(at(side))) return true;
  }
  return false;
}

// Both sides' blocks have been heard.
void Session::step() {
  line_ += tools_.block_time;
  for_each_side([this](SideState& side) {
    if (side.speaks == Speaks::T38) side.t38->poll(side.ports->media.get(), line_);
  });
  if (bridging_ == Bridging::Conference) return mix();
  if (fax_) return bridge_fax();
  bridge_audio(at(Side::A), at(Side::B));
  bridge_audio(at(Side::B), at(Side::A));
}

void Session::bridge_audio(SideState& from, SideState& to) {
  const bool is_held = std::exchange(from.is_held, false);
  if (to.tones.is_playing() && profile_ != Profile::Data) {
    to.tones.generate(scratch_.begin_linear());
    return say(to, scratch_);
  }
  if (is_held) return;
  if (passes_to(to.side)) return say(to, from.heard);
  scratch_.set_silence(law_of(to));
  say(to, scratch_);
}

void Session::mix() {
  Mixer& mixer = conference_->mixer;
  mixer.begin();
  for_each_side([&](SideState& side) { mixer.add(side.heard.linear()); });
  for_each_side([&](SideState& to) {
    if (to.tones.is_playing()) {
      to.tones.generate(scratch_.begin_linear());
    } else {
      mixer.others(to.heard.linear(), scratch_.begin_linear());
    }
    say(to, scratch_);
  });
}

void Session::bridge_fax() {
  SideState& audio = at(other_side(fax_->t38_side));
  fax_->gateway.rx_audio(audio.heard.take_linear());
  const auto said = scratch_.begin_linear();
  fax_->gateway.tx_audio(said);
  // While the fax machine talks the gateway is silent, which is quicker seen than encoded.
  if (is_silent(said)) scratch_.set_silence(law_of(audio));
  say(audio, scratch_);
  if (RtpEndpoint* dormant = at(fax_->t38_side).rtp.get()) dormant->skip(scratch_.size());
}

void Session::say(SideState& to, AudioBlock& block) {
  if (to.bearer && !to.bearer_failed) {
    auto taken = to.bearer->write(block.as(law_of(to)));
    if (!taken) fail_bearer(to, taken.error().message);
  } else if (to.speaks == Speaks::Rtp) {
    to.rtp->say(block, to.ports->media.get());
  }
}

void Session::look_after(TimePoint now) {
  if (now < next_look_) return;
  next_look_ = now + kLookAfterEvery;
  for_each_side([this, now](SideState& side) {
    drain_control(side);
    if (side.speaks == Speaks::Rtp) side.rtp->report(side.ports->control.get(), now);
    check_timeout(side, now);
    if (profile_ != Profile::Fax) return;
    tell_hurt(side);
    mind_redundancy(side);
  });
}

void Session::check_timeout(SideState& side, TimePoint now) {
  bool is_silent = false;
  if (side.speaks == Speaks::T38) {
    is_silent = tools_.config.t38_timeout > 0s && now - side.t38->last_active() > tools_.config.t38_timeout;
  } else if (side.speaks == Speaks::Rtp && side.rtp->settings().receive) {
    is_silent = tools_.config.rtp_timeout > 0s && now - side.rtp->last_heard() > tools_.config.rtp_timeout;
  }
  if (is_silent && !side.timeout_told) tell(MediaTimeout{side.side});
  side.timeout_told = is_silent;
}

}  // namespace sg::media
