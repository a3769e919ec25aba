#include "media/rtp_endpoint.h"

#include <algorithm>

namespace sg::media {
namespace {

rtp::StreamStart draw_start(std::mt19937& random) {
  return {static_cast<uint32_t>(random()), static_cast<uint16_t>(random()), static_cast<uint32_t>(random())};
}

// RFC 6263: NATs forget a stream of UDP that pauses for longer, and peers take it for dead.
constexpr Duration kKeepStreamAlive = 15s;

// With one copy 1 % of random loss, and with two 4 %, leave a hole of 20 ms every three to five minutes, which is as
// much as a fax of some pages can have.
double much_loss(int copies) {
  return copies <= 1 ? 0.01 : 0.04;
}

// Copies beyond what was agreed upon are of no use to the peer, or an offence. None are asked for by 0.
int most_copies(const RtpSettings& settings) {
  return static_cast<int>(
      settings.redundant_copies == 0
          ? 0
          : std::min(std::max(settings.most_copies, settings.redundant_copies), rtp::RedundancyWriter::kMaxCopies));
}

size_t packet_octets(const RtpSettings& settings) {
  const auto ptime = std::clamp<int64_t>(settings.ptime.count(), 10, 60);
  return codec_of(settings.codec.id).octets_of(static_cast<size_t>(ptime) * 8);
}

}  // namespace

RtpEndpoint::RtpEndpoint(SessionContext& context, SidePorts& ports, const RtpSettings& settings, Profile profile,
                         TimePoint now)
    : context_(context),
      ports_(ports),
      settings_(settings),
      jitter_(jitter_options(profile)),
      sender_(draw_start(context.random)),
      packetiser_(packet_octets(settings)),
      depth_(static_cast<int>(settings.redundant_copies), most_copies(settings)),
      // RFC 7022: a name that says nothing of us and differs from session to session.
      rtcp_(std::to_string(context.random()), static_cast<uint32_t>(context.random()), now),
      last_heard_(now) {
  tell_peer(now);
}

void RtpEndpoint::tell_peer(TimePoint now) {
  peer_.set_latch(settings_.latch, settings_.signalling);
  peer_.tell(settings_.remote, now);
}

JitterOptions RtpEndpoint::jitter_options(Profile profile) const {
  const Config& config = context_.config;
  return {.law = law(),
          .profile = profile,
          .start = config.voice_jitter_start,
          .min = config.voice_jitter_min,
          .max = config.voice_jitter_max,
          .fax_depth = config.fax_jitter,
          .fax_full_depth = config.fax_jitter_max};
}

void RtpEndpoint::change(const RtpSettings& settings, TimePoint now) {
  last_heard_ = now;
  settings_ = settings;
  tell_peer(now);
  packetiser_.set_packet_octets(packet_octets(settings));
  jitter_.set_law(law());
  depth_.set_limits(static_cast<int>(settings.redundant_copies), most_copies(settings));
}

void RtpEndpoint::set_profile(Profile profile, DepthChange deepen) {
  if (profile == Profile::Fax && !is_fax()) {
    // From here on losses count.
    depth_.skip(receiver_.stats().packets, lost());
    reports_seen_ = rtcp_.stats().reports;
  }
  jitter_.set_profile(profile, deepen);
}

uint64_t RtpEndpoint::lost() const {
  return static_cast<uint64_t>(std::max<int64_t>(receiver_.stats().lost, 0));
}

// A peer that reports tells best how much of ours is lost. Of one that does not, what is lost on the way to us is a
// sign.
void RtpEndpoint::raise_redundancy() {
  if (!repeats_earlier()) return;
  const auto& told = rtcp_.stats();
  bool has_risen = false;
  if (told.reports > reports_seen_) {
    reports_seen_ = told.reports;
    has_risen = depth_.on_loss(told.remote_loss, much_loss(depth_.depth()));
  } else if (told.reports == 0) {
    has_risen = depth_.on_counts(receiver_.stats().packets, lost(), much_loss(depth_.depth()));
  }
  if (has_risen) context_.counters.rtp_redundancy_raised.add();
}

std::optional<RedundancyDepth::Rise> RtpEndpoint::follow_loss() {
  raise_redundancy();
  return depth_.take_rise();
}

bool RtpEndpoint::has_timed_out(TimePoint now) const {
  const Duration most = context_.config.rtp_timeout;
  return settings_.receive && most > 0s && now - last_heard_ > most;
}

// The numbers that we told come first: the peer's own may say the same otherwise (RFC 3264 5.1).
RtpEndpoint::Carries RtpEndpoint::what_carries(uint8_t payload_type) const {
  if (payload_type == settings_.own_telephone_event) return Carries::Digits;
  if (payload_type == settings_.own_redundancy) return Carries::RedundantAudio;
  if (own_codec(payload_type)) return Carries::Audio;
  if (payload_type == settings_.telephone_event) return Carries::Digits;
  if (payload_type == settings_.redundancy) return Carries::RedundantAudio;
  return codec(payload_type) ? Carries::Audio : Carries::Nothing;
}

const Codec* RtpEndpoint::own_codec(uint8_t payload_type) const {
  auto own = std::ranges::find(settings_.own_codecs, payload_type, &AudioCodec::payload_type);
  if (own != settings_.own_codecs.end()) return &codec_of(own->id);
  return payload_type == settings_.own_voice_band_data ? &sent_codec() : nullptr;
}

const Codec* RtpEndpoint::codec(uint8_t payload_type) const {
  if (const Codec* own = own_codec(payload_type)) return own;
  const bool is_peers = payload_type == settings_.codec.payload_type || payload_type == settings_.voice_band_data;
  return is_peers ? &sent_codec() : nullptr;
}

bool RtpEndpoint::is_foreign(const SocketAddress& source, const PeerAddress::Place& place, TimePoint now) {
  if (peer_.check(source, place, now) != PeerAddress::Verdict::Foreign) return false;
  peer_.on_valid(source, place, now);  // a run of them is noticed
  context_.counters.rtp_foreign.add();
  return true;
}

std::optional<char> RtpEndpoint::on_media(const Datagram& datagram) {
  // RFC 5761: a peer may send RTCP to the RTP port.
  if (rtp::is_rtcp(datagram.data)) {
    on_control(datagram);
    return std::nullopt;
  }
  auto packet = rtp::Packet::parse(datagram.data);
  if (!packet) {
    ++malformed_;
    context_.counters.rtp_malformed.add();
    return std::nullopt;
  }
  const Carries carries = what_carries(packet->payload_type);
  const bool is_event = carries == Carries::Digits;
  if (carries == Carries::Nothing) {
    context_.counters.rtp_unknown_payload.add();
    return std::nullopt;
  }
  const PeerAddress::Place place{packet->ssrc, packet->sequence};
  if (is_foreign(datagram.source, place, datagram.arrival)) return std::nullopt;

  auto verdict = receiver_.on_packet(*packet, datagram.arrival, !is_event);
  if (verdict == rtp::Receiver::Verdict::Rejected) return std::nullopt;
  if (peer_.on_valid(datagram.source, place, datagram.arrival) == PeerAddress::Verdict::Latched) {
    context_.counters.rtp_latched.add();
  }
  last_heard_ = datagram.arrival;
  if (verdict == rtp::Receiver::Verdict::Restarted) {
    jitter_.restart();
    events_in_.restart();
  }
  if (!settings_.receive) return std::nullopt;
  if (!is_event) {
    on_audio(*packet, carries, datagram.arrival);
    return std::nullopt;
  }
  auto event = rtp::TelephoneEvent::parse(packet->payload);
  if (!event) return std::nullopt;
  return events_in_.on_packet(*event, packet->timestamp, datagram.arrival);
}

void RtpEndpoint::on_audio(const rtp::Packet& packet, Carries carries, TimePoint arrival) {
  if (carries == Carries::Audio) {
    jitter_.put(packet.timestamp, packet.sequence, packet.payload, codec(packet.payload_type)->law, arrival);
    return;
  }
  auto redundant = rtp::RedundantPayload::parse(packet.payload);
  if (!redundant) {
    ++malformed_;
    context_.counters.rtp_malformed.add();
    return;
  }
  // The packet's own first: it may open a time line, on which the earlier ones have their places.
  if (const Codec* primary = codec(redundant->primary().payload_type)) {
    jitter_.put(packet.timestamp, packet.sequence, redundant->primary().data, primary->law, arrival);
  }
  for (const auto& block : redundant->earlier()) {
    const Codec* earlier = codec(block.payload_type);
    if (earlier) jitter_.fill(packet.timestamp - block.timestamp_offset, block.data, earlier->law);
  }
}

// Reports have no place in a stream that would prove them: they count from the hosts of who sends the media, and from
// those that signalling named.
void RtpEndpoint::on_control(const Datagram& datagram) {
  if (!is_control_host(datagram.source)) {
    context_.counters.rtcp_foreign.add();
    return;
  }
  if (!rtcp_.on_datagram(datagram.data, sender_, datagram.arrival)) {
    context_.counters.rtcp_malformed.add();
    return;
  }
  control_source_ = datagram.source;
}

bool RtpEndpoint::hear(AudioBlock& block, TimePoint now) {
  jitter_.get(block.begin_octets(law()), now);
  // A peer that sends a digit both ways would have it heard twice.
  if (is_quiet(now)) block.set_silence(law());
  return true;
}

RtpEndpoint::Goes RtpEndpoint::relay(AudioBlock& block, RtpEndpoint& to, TimePoint now) {
  // Digits go in place of audio.
  if (is_quiet(now) || (!is_fax() && to.events_out_.is_busy())) {
    hear(block, now);
    return Goes::On;
  }
  const bool has_come = jitter_.get_or_hold(block.begin_octets(law()), now);
  // RFC 3550 5.1: timestamps go on through a pause.
  if (const size_t pause = jitter_.take_skipped(); pause > 0) to.skip(pause);
  if (!has_come) return Goes::Later;
  return jitter_.is_paused() ? Goes::Nowhere : Goes::On;
}

bool RtpEndpoint::send_digit(char digit, std::chrono::milliseconds length) {
  if (settings_.digits_by_signalling) return true;
  if (takes_events()) events_out_.send(digit, length);
  return takes_events();
}

void RtpEndpoint::say(AudioBlock& block) {
  if (!settings_.send || !peer_.can_be_sent_to()) {
    skip(block.size());
    return;
  }
  packetiser_.push(block.as(law()), [this](ByteView octets) { send_packet(octets); });
}

void RtpEndpoint::send_packet(ByteView octets) {
  size_t length = 0;
  auto event = takes_events() ? events_out_.next(sender_.timestamp(), octets.size()) : std::nullopt;
  if (event) {
    length =
        sender_.pack_at(event->timestamp, event->marker, *settings_.telephone_event, event->payload, out_.octets());
    sender_.skip(octets.size());
  } else {
    length = pack_audio(octets);
  }
  if (!ports_.send_media(peer_.current(), out_.first(length))) context_.counters.send_failed.add();
}

size_t RtpEndpoint::pack_audio(ByteView octets) {
  const uint8_t type =
      is_fax() ? settings_.voice_band_data.value_or(settings_.codec.payload_type) : settings_.codec.payload_type;
  if (!repeats_earlier()) return sender_.pack(type, octets, out_.octets());
  auto payload = redundancy_.write(type, sender_.timestamp(), octets, static_cast<size_t>(depth_.depth()));
  return sender_.pack(*settings_.redundancy, payload, octets.size(), out_.octets());
}

bool RtpEndpoint::is_control_host(const SocketAddress& host) const {
  return peer_.is_host(host) || host.is_same_host(settings_.remote_rtcp);
}

SocketAddress RtpEndpoint::control_address() const {
  if (control_source_.is_set() && is_control_host(control_source_)) return control_source_;
  if (settings_.remote_rtcp.is_set() && peer_.current() == settings_.remote) return settings_.remote_rtcp;
  SocketAddress next = peer_.current();
  next.set_port(static_cast<uint16_t>(next.port() + 1));
  return next;
}

void RtpEndpoint::send_control(size_t octets) {
  if (octets == 0 || !peer_.can_be_sent_to()) return;
  ports_.send_control(control_address(), out_.first(octets));
}

// A stream that has not begun gets its first packet at once: it opens the way for the peer's.
void RtpEndpoint::keep_alive(TimePoint now) {
  if (sender_.packets() != sent_before_) last_sent_ = now;
  if (settings_.send && peer_.can_be_sent_to() && !is_fax() && now - last_sent_ >= kKeepStreamAlive) {
    std::array<uint8_t, rtp::Packetiser::kMaxOctets> silence;
    const auto packet = std::span(silence).first(packetiser_.packet_octets());
    std::ranges::fill(packet, tdm::idle_octet(law()));
    const size_t length =
        sender_.pack_at(sender_.timestamp(), false, settings_.codec.payload_type, packet, out_.octets());
    if (!ports_.send_media(peer_.current(), out_.first(length))) context_.counters.send_failed.add();
    last_sent_ = now;
  }
  sent_before_ = sender_.packets();
}

void RtpEndpoint::report(TimePoint now) {
  keep_alive(now);
  if (now < rtcp_.next()) return;
  send_control(rtcp_.report(sender_, receiver_, now, out_.octets()));
}

void RtpEndpoint::say_goodbye(TimePoint now) {
  send_control(rtcp_.bye(sender_, receiver_, now, out_.octets()));
}

RtpStats RtpEndpoint::stats() const {
  auto received = receiver_.stats();
  auto played = jitter_.stats();
  const auto& reports = rtcp_.stats();
  return {.packets_sent = sender_.packets(),
          .octets_sent = sender_.octets(),
          .packets_received = received.packets,
          .octets_received = received.octets,
          .lost = lost(),
          .late = played.late + played.overflow,
          .duplicate = played.duplicates,
          .malformed = malformed_,
          .concealed_samples = played.concealed_samples,
          .recovered = played.filled,
          .drift_ppm = played.drift_ppm,
          .jitter_ms = received.jitter_ms,
          .round_trip_ms = reports.round_trip_ms,
          .remote_loss = reports.remote_loss,
          .redundancy = repeats_earlier() ? depth_.depth() : 0};
}

}  // namespace sg::media
