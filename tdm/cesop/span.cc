#include "tdm/cesop/span.h"

#include <algorithm>
#include <random>

namespace sg::tdm::cesop {

namespace {

// A dynamic payload type (RFC 3551), which nobody here asks for: it is agreed by configuration.
constexpr uint8_t kRtpPayloadType = 97;
constexpr uint8_t kAllOnes = 0xFF;

Duration packet_time(const SpanConfig& config) {
  return config.frames_per_packet * 125us;
}

size_t depth(const SpanConfig& config) {
  if (config.playout_packets) return config.playout_packets;
  if (config.clock == ClockSource::Recovered) return 2;
  return static_cast<size_t>(40ms / packet_time(config)) + 1;
}

Playout::Config playout_config(const SpanConfig& config, size_t payload_octets) {
  size_t packets = depth(config);
  // Fullness is judged over two seconds; 80 ms above the depth is latency that nobody needs.
  return {.payload_octets = payload_octets,
          .depth = packets,
          .highest = packets + static_cast<size_t>(80ms / packet_time(config)),
          .review = static_cast<size_t>(2s / packet_time(config))};
}

}  // namespace

Span::Span(const SpanConfig& config, TimePoint now)
    : config_(config),
      timeslots_(timeslots_of(config.type)),
      payload_octets_(timeslots_ * config.frames_per_packet),
      idle_(idle_octet(law_of(config.type))),
      playout_(playout_config(config, payload_octets_)),
      clock_(config.clock, packet_time(config), now),
      recovery_(packet_time(config)),
      alarms_(now),
      slots_(timeslots_ + 1),
      last_arrival_(now - Alarms::kLossTime),
      one_slot_(config.frames_per_packet),
      payload_(payload_octets_),
      datagram_(payload_octets_ + kControlWordOctets + kRtpHeaderOctets) {
  std::random_device seed;
  sequence_ = static_cast<uint16_t>(seed());
  ssrc_ = static_cast<uint32_t>(seed());
  random_ = static_cast<uint32_t>(seed()) | 1;
  clock_.set_ppm(config.ppm);
  clock_.hold_over(true, now);
  to_signal_.reserve(slots_.size());
}

void Span::receive(ByteView datagram, TimePoint now) {
  auto packet = Packet::parse(datagram, config_.rtp_header);
  // RFC 5086 section 5.1: all packets of a pseudowire carry the same amount, or none with the L bit set.
  bool is_complete = packet && packet->payload.size() == payload_octets_;
  bool is_left_out = packet && packet->payload.empty() && packet->defect == Packet::Defect::Ais;
  if (!is_complete && !is_left_out) {
    ++malformed_;
    return;
  }
  uint64_t restarts = playout_.stats().restarts;
  playout_.receive(packet->sequence, packet->defect == Packet::Defect::Ais ? ByteView{} : packet->payload);
  if (playout_.stats().restarts != restarts) recovery_.reset();
  recovery_.on_arrival(packet->sequence, now);
  deliver_dchannels();
  last_arrival_ = now;
  alarms_.on_packet(packet->defect, packet->remote_loss, now);
}

// Whether to follow the peer or to go on alone. What waits when the peer falls silent is forgotten: it begins anew.
void Span::keep_clock(TimePoint now) {
  bool is_silent = now - last_arrival_ >= Alarms::kLossTime;
  alarms_.on_time(now);
  if (is_silent && playout_.waiting() == 0) playout_.reset();
  if (config_.clock == ClockSource::Given || is_silent == clock_.is_held_over()) return;
  if (is_silent) {
    clock_.set_ppm(recovery_.ppm());
    recovery_.reset();
    playout_.reset();
  }
  clock_.hold_over(is_silent, now);
}

bool Span::is_due(TimePoint now) {
  keep_clock(now);
  return clock_.is_due(playout_.owed(), now) && !waits_for_peer(now);
}

// A peer that answers each packet with one has all that we miss still before it: when its thread comes late, a slip
// would be put in for nothing. To run late a little, and catch up, costs nobody an octet.
bool Span::waits_for_peer(TimePoint now) const {
  return config_.clock == ClockSource::Given && playout_.is_empty() && clock_.lateness(now) < kPatience;
}

TimePoint Span::next_wake(TimePoint now) const {
  TimePoint silent_at = last_arrival_ + Alarms::kLossTime;
  TimePoint next = clock_.next(playout_.owed(), now);
  return silent_at > now ? std::min(next, silent_at) : next;
}

ByteView Span::tick(TimePoint now) {
  clock_.on_tick();
  deliver(playout_.next());
  deliver_dchannels();
  collect(payload_);
  frames_ += config_.frames_per_packet;
  alarms_.on_time(now);

  Packet packet;
  packet.defect = alarms_.tell_defect();
  packet.remote_loss = alarms_.tell_loss();
  packet.sequence = sequence_++;
  packet.payload = payload_;
  if (faults_.rai) packet.defect = Packet::Defect::Rdi;
  if (faults_.ais) {
    packet.defect = Packet::Defect::Ais;
    std::fill(payload_.begin(), payload_.end(), kAllOnes);
  }
  add_bit_errors(payload_);
  if (config_.rtp_header) {
    packet.rtp = {.payload_type = kRtpPayloadType,
                  .timestamp = static_cast<uint32_t>(frames_ - config_.frames_per_packet),
                  .ssrc = ssrc_};
  }
  if (faults_.silent) return {};
  ++sent_;
  return packet.serialise(datagram_);
}

// Frame by frame in the packet (RFC 5086 section 5.2), timeslot by timeslot to the ports.
void Span::take_slot(ByteView payload, size_t number) {
  for (size_t i = 0; i < one_slot_.size(); ++i) one_slot_[i] = payload[i * timeslots_ + number - 1];
}

void Span::deliver(const Playout::Next& next) {
  bool has_octets = next.payload.size() == payload_octets_;
  bool is_ais = next.what == Playout::What::Packet && !has_octets;
  for (size_t number = 1; number <= timeslots_; ++number) {
    const Slot& slot = slots_[number];
    if (!slot.bearer) continue;
    if (has_octets) {
      take_slot(next.payload, number);
    } else {
      std::fill(one_slot_.begin(), one_slot_.end(), is_ais ? kAllOnes : idle_);
    }
    if (!slot.bearer->deliver(one_slot_, frames_)) continue;
    SignalTicks* ticks = &slot.bearer->ticks();
    if (std::find(to_signal_.begin(), to_signal_.end(), ticks) == to_signal_.end()) to_signal_.push_back(ticks);
  }
}

// A D-channel need not flow evenly, and layer 2 waits for each answer: it does not stand in the queue of the bearers.
// What is missing it hears as an abort.
void Span::deliver_dchannels() {
  while (auto next = playout_.early()) {
    bool has_octets = next->payload.size() == payload_octets_;
    for (size_t number = 1; number <= timeslots_; ++number) {
      const Slot& slot = slots_[number];
      if (!slot.dchannel) continue;
      std::fill(one_slot_.begin(), one_slot_.end(), kAllOnes);
      if (has_octets && !faults_.dchannel_cut) take_slot(next->payload, number);
      slot.dchannel->framer.receive(one_slot_);
    }
  }
}

void Span::collect(std::span<uint8_t> payload) {
  std::fill(payload.begin(), payload.end(), idle_);
  for (size_t number = 1; number <= timeslots_; ++number) {
    const Slot& slot = slots_[number];
    if (!slot.bearer && !slot.dchannel) continue;
    if (slot.bearer) slot.bearer->collect(one_slot_, idle_);
    if (slot.dchannel) slot.dchannel->framer.send(one_slot_);
    if (slot.dchannel && faults_.dchannel_cut) std::fill(one_slot_.begin(), one_slot_.end(), kAllOnes);
    for (size_t i = 0; i < one_slot_.size(); ++i) payload[i * timeslots_ + number - 1] = one_slot_[i];
  }
}

void Span::signal_blocks() {
  for (SignalTicks* ticks : to_signal_) ticks->signal();
  to_signal_.clear();
}

// At most one wrong bit an octet, which is as good as any up to a rate of 0.1.
void Span::add_bit_errors(std::span<uint8_t> payload) {
  if (faults_.bit_error_rate <= 0) return;
  auto threshold = static_cast<uint32_t>(std::min(faults_.bit_error_rate * 8, 1.0) * 0xFFFFFFFFu);
  for (size_t i = 0; i < payload.size(); ++i) {
    if (faults_.bit_error_timeslot && i % timeslots_ + 1 != faults_.bit_error_timeslot) continue;
    if (random() < threshold) payload[i] ^= static_cast<uint8_t>(1u << (random() % 8));
  }
}

// Marsaglia's xorshift.
uint32_t Span::random() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 17;
  random_ ^= random_ << 5;
  return random_;
}

Result<> Span::check_free(Timeslot slot) const {
  if (slot.number < 1 || slot.number > timeslots_) {
    return fail("no timeslot {}: span {} has 1 to {}", slot, config_.number, timeslots_);
  }
  if (slots_[slot.number].bearer) return fail("timeslot {} is open already, as a bearer", slot);
  if (slots_[slot.number].dchannel) return fail("timeslot {} is open already, as a D-channel", slot);
  return {};
}

Result<std::shared_ptr<BearerPort>> Span::open_bearer(Timeslot slot, const BearerOptions& options) {
  if (auto free = check_free(slot); !free) return tl::unexpected(free.error());
  if (options.block_octets == 0) return fail("timeslot {}: a block must have octets", slot);
  auto margin = static_cast<size_t>(config_.transmit_margin / 125us);
  auto port = std::make_shared<BearerPort>(options.block_octets, margin, ticks_[options.group]);
  slots_[slot.number].bearer = port;
  return port;
}

Result<std::shared_ptr<DChannelPort>> Span::open_dchannel(Timeslot slot) {
  if (auto free = check_free(slot); !free) return tl::unexpected(free.error());
  auto port = std::make_shared<DChannelPort>();
  slots_[slot.number].dchannel = port;
  return port;
}

void Span::close(uint8_t slot) {
  slots_[slot] = {};
}

void Span::signal_all() {
  for (auto& [group, ticks] : ticks_) ticks.signal();
  for (const Slot& slot : slots_) {
    if (slot.dchannel) slot.dchannel->ready.signal();
  }
}

SpanStatus Span::status() const {
  const auto& received = playout_.stats();
  BearerStats bearers;
  for (const Slot& slot : slots_) {
    if (!slot.bearer) continue;
    bearers.read_overruns += slot.bearer->stats().read_overruns;
    bearers.write_underruns += slot.bearer->stats().write_underruns;
  }
  std::string clock = config_.clock == ClockSource::Given ? "given"
                      : clock_.is_held_over()             ? "hold-over"
                                                          : fmt::format("recovered, {:+.1f} ppm", recovery_.ppm());
  return {.number = config_.number,
          .name = fmt::format("cesop {}", config_.local.to_string()),
          .type = config_.type,
          .law = law_of(config_.type),
          .timeslots = static_cast<uint8_t>(timeslots_),
          .alarms = alarms_.alarms(),
          .clock = clock,
          .counters = {{"sent", sent_},
                       {"received", received.received},
                       {"lost", received.lost},
                       {"late", received.late},
                       {"duplicate", received.duplicate},
                       {"reordered", received.reordered},
                       {"malformed", malformed_},
                       {"foreign", foreign_},
                       {"slips", received.underruns + received.overruns},
                       {"restarts", received.restarts},
                       {"stalls", clock_.stalls()},
                       {"read_overruns", bearers.read_overruns},
                       {"write_underruns", bearers.write_underruns}}};
}

}  // namespace sg::tdm::cesop
