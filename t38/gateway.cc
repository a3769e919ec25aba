#include "t38/gateway.h"

#include <spandsp.h>
#include <spandsp/expose.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "t38/announced_training.h"
#include "t38/dot_products.h"
#include "t38/false_training.h"
#include "t38/fax_timeline.h"
#include "t38/gateway_mend.h"
#include "t38/ifp_feed.h"
#include "t38/spandsp.h"
#include "t38/v17_receiver.h"

namespace sg::t38 {
namespace {

int modems_of(const GatewayOptions& options) {
  const int limit = std::min({options.max_bit_rate, options.local.max_bit_rate, options.remote.max_bit_rate});
  return modems_up_to(limit, options.v17, options.v29, options.v27ter);
}

// Fax modems work down to -43 dBm0 (T.30 clause 4); below -55 dBm0 there is none. Mean square of linear samples.
constexpr double kSilence = 1060;
// By then every modem has noticed that its carrier is gone.
constexpr size_t kSilenceNoticed = 1600;  // samples

// Levels from which a receiver takes a signal for a carrier, in dBm0. Of V.21 SpanDSP asks for -30 each time that it
// starts the receiver, and of V.29 for -28.5: quiet lines are below. V.21 is heard from 2.5 dB above its own on.
constexpr float kV21Cutoff = -46, kFastCutoff = -45.5;
// Not so far above it, noise would keep a carrier up that has ended. What is not that far below the signal is none of
// the noise: a call may begin with the signal.
constexpr float kAboveNoise = 7, kNoiseBelowSignal = 20;

float level_of(double mean_square) {
  return static_cast<float>(10 * std::log10(mean_square / (32767.0 * 32767.0))) + DBM0_MAX_POWER;
}

double mean_square(std::span<const int16_t> samples) {
  int64_t sum = 0;
  for (int16_t sample : samples) sum += int32_t{sample} * int32_t{sample};
  return static_cast<double>(sum) / static_cast<double>(samples.size());
}

struct Release {
  void operator()(t38_gateway_state_t* state) const { t38_gateway_free(state); }
};

}  // namespace

class Gateway::Impl final : private FaxTimeline::Listener, private IfpFeed::Sink {
 public:
  Impl(const GatewayOptions& options, Gateway::Listener& listener)
      : listener_(listener),
        timeline_(*this),
        version_(std::min(options.local.version, options.remote.version)),
        from_peer_(version_),
        to_peer_(version_),
        feed_(version_, *this),
        state_(t38_gateway_init(nullptr, &Impl::on_packet, this)) {
    t38_gateway_state_t* state = state_.get();
    be_silent(t38_gateway_get_logging_state(state));
    t38_gateway_set_real_time_frame_handler(state, &Impl::on_frame, this);
    t38_gateway_set_transmit_on_idle(state, TRUE);
    t38_gateway_set_tep_mode(state, options.talker_echo_protection ? TRUE : FALSE);
    // A length of 10 or more turns SpanDSP's own suppression off, which writes out of bounds when a frame breaks off.
    // IfpGuard does the same, both ways.
    static constexpr std::array<uint8_t, 10> kNone{};
    t38_gateway_set_nsx_suppression(state, kNone.data(), kNone.size(), kNone.data(), kNone.size());
    mend_false_training(state->audio.modems.fast_modems.v29_rx);
    mend_false_training(state->audio.modems.fast_modems.v27ter_rx);

    t38_core_state_t* core = core_state();
    be_silent(t38_core_get_logging_state(core));
    t38_set_t38_version(core, version_);
    t38_set_sequence_number_handling(core, TRUE);
    t38_set_data_rate_management_method(core, T38_DATA_RATE_MANAGEMENT_TRANSFERRED_TCF);
    t38_set_tep_handling(core, options.talker_echo_protection ? TRUE : FALSE);
    change(options);
  }

  void change(const GatewayOptions& options) {
    t38_gateway_state_t* state = state_.get();
    const bool removes_fill = options.local.fill_bit_removal && options.remote.fill_bit_removal;
    t38_gateway_set_ecm_capability(state, options.ecm ? TRUE : FALSE);
    const int modems = modems_of(options);
    t38_gateway_set_supported_modems(state, modems);
    for (IfpGuard* guard : {&from_peer_, &to_peer_}) {
      guard->set_limits({.v8 = false,
                         .ecm = options.ecm,
                         .v17 = (modems & T30_SUPPORT_V17) != 0,
                         .v29 = (modems & T30_SUPPORT_V29) != 0});
    }
    t38_gateway_set_fill_bit_removal(state, removes_fill ? TRUE : FALSE);
    t38_set_max_buffer_size(core_state(), options.remote.max_buffer);
    t38_set_max_datagram_size(core_state(), options.remote.max_datagram);
  }

  void rx_audio(std::span<int16_t> samples) {
    const double power = mean_square(samples);
    silent_for_ = power < kSilence ? silent_for_ + samples.size() : 0;
    // Receivers without a carrier hear nothing in silence, but take longer for it than the rest of the gateway
    // together. Only the gateway's own time goes on.
    if (silent_for_ > kSilenceNoticed) return pass(samples.size(), AnnouncedTraining::Line::Silence);
    fit_receivers(power);
    mend_short_training(state_->audio.modems.fast_modems.v17_rx);
    t38_gateway_rx(state_.get(), samples.data(), static_cast<int>(samples.size()));
    const bool is_signal = level_of(power) >= fast_cutoff_;
    watch_training(samples.size(), is_signal ? AnnouncedTraining::Line::Signal : AnnouncedTraining::Line::Silence);
  }
  void rx_lost_audio(size_t samples) { pass(samples, AnnouncedTraining::Line::Lost); }
  void tx_audio(std::span<int16_t> samples) {
    feed_.before_line(samples.size());
    end_replaced_signal(*state_);
    const int made = t38_gateway_tx(state_.get(), samples.data(), static_cast<int>(samples.size()));
    feed_.after_line();
    std::fill(samples.begin() + std::clamp<int>(made, 0, static_cast<int>(samples.size())), samples.end(), int16_t{0});
  }

  bool rx_ifp(ByteView ifp, uint16_t sequence) {
    const bool has_gap = expected_ && sequence != *expected_;
    if (has_gap) {
      missing_ += static_cast<uint16_t>(sequence - *expected_);
      from_peer_.note_gap();
    }
    const IfpResult packet = from_peer_.check(ifp);
    if (!packet.ok() && packet.fault != IfpFault::UnknownType) return false;
    expected_ = static_cast<uint16_t>(sequence + 1);
    if (!packet.ok()) return true;  // skipped, as clause 7 has it
    if (auto rate = trained_rate(packet.ifp); rate && !is_repeated(packet))
      timeline_.on_training(Direction::FromT38, *rate);
    last_indicator_ = packet.ifp.kind == Ifp::Kind::Indicator ? packet.ifp.type : -1;
    feed_.put(packet, !state_->core.image_data_mode);
    return true;
  }

  void send_no_signal() { t38_core_send_indicator(core_state(), T38_IND_NO_SIGNAL); }

  GatewayStats stats() const {
    return {.pages = timeline_.pages(),
            .bit_rate = timeline_.bit_rate(),
            .ecm = timeline_.ecm(),
            .ended_by_dcn = timeline_.ended_by_dcn(),
            .ifps_refused = from_peer_.refused(),
            .ifps_missing = missing_};
  }

 private:
  // Time of which there is no audio.
  void pass(size_t samples, AnnouncedTraining::Line line) {
    t38_gateway_rx_fillin(state_.get(), static_cast<int>(samples));
    watch_training(samples, line);
  }
  void watch_training(size_t samples, AnnouncedTraining::Line line) {
    // What was trained on comes as data, or as frames after flags.
    if (state_->audio.modems.rx_trained) return tell_training(training_.come());
    switch (training_.pass(samples, line)) {
      case AnnouncedTraining::Outcome::Open:
        break;
      case AnnouncedTraining::Outcome::Heard:
        tell_training(training_.bit_rate());
        break;
      case AnnouncedTraining::Outcome::Gone:
        training_.forget();
        take_back_training(*state_);
        break;
    }
  }
  void tell_training(std::optional<int> bit_rate) {
    if (bit_rate) timeline_.on_training(Direction::ToT38, *bit_rate);
  }

  // To the line's level and noise: its loudest block so far tells, and its quietest.
  void fit_receivers(double power) {
    const bool is_louder = power > loudest_;
    const bool is_quieter = power < quietest_;
    // Not each time anew for a trifle.
    if (is_louder) loudest_ = 1.1 * power;
    if (is_quieter) quietest_ = power < kSilence ? 0 : 0.9 * power;
    if (is_louder || is_quieter) find_cutoffs();
    fsk_rx_state_t& v21 = state_->audio.modems.v21_rx;
    if (v21.carrier_on_power == v21_carrier_on_power_) return;
    fsk_rx_signal_cutoff(&v21, v21_cutoff_);
    v21_carrier_on_power_ = v21.carrier_on_power;
  }
  void find_cutoffs() {
    const float noise = level_of(quietest_);
    const float lowest = noise < level_of(loudest_) - kNoiseBelowSignal ? noise + kAboveNoise : kFastCutoff;
    const float cutoff = std::max(kFastCutoff, lowest);
    fast_cutoff_ = cutoff;
    auto& modems = state_->audio.modems.fast_modems;
    v17_rx_signal_cutoff(&modems.v17_rx, cutoff);
    v29_rx_signal_cutoff(&modems.v29_rx, cutoff);
    v27ter_rx_signal_cutoff(&modems.v27ter_rx, cutoff);
    v21_cutoff_ = std::max(kV21Cutoff, lowest);
    v21_carrier_on_power_ = 0;
  }

  static int on_packet(t38_core_state_t*, void* self, const uint8_t* octets, int count, int copies) noexcept {
    static_cast<Impl*>(self)->send(ByteView(octets, static_cast<size_t>(count)), copies);
    return 0;
  }
  static void on_frame(t38_gateway_state_t* state, void* self, int from_modem, const uint8_t* octets,
                       int count) noexcept {
    if (count <= 0) return;
    const ByteView frame(octets, static_cast<size_t>(count));
    if (auto said = T30Frame::parse(frame)) heed_frame(*state, *said, from_modem != 0);
    static_cast<Impl*>(self)->timeline_.on_frame(from_modem ? Direction::ToT38 : Direction::FromT38, frame);
  }

  void send(ByteView ifp, int copies) {
    const IfpResult packet = to_peer_.check(ifp);
    if (!packet.ok()) return;
    if (packet.ifp.kind == Ifp::Kind::Data) {
      tell_training(training_.come());
    } else if (auto rate = trained_rate(packet.ifp)) {
      training_.announce(*rate, !state_->core.image_data_mode);
    } else {
      training_.forget();
    }
    if (packet.ifp.kind == Ifp::Kind::Indicator && packet.ifp.type == kV21Preamble) feed_.note_answer();
    listener_.on_ifp(packet.octets, std::max(copies, 1));
  }

  // Numbered anew: what is lost is dealt with already, and SpanDSP would take a gap before a frame for one in it.
  void on_fed(ByteView ifp) override {
    t38_core_rx_ifp_packet(core_state(), ifp.data(), static_cast<int>(ifp.size()), fed_++);
  }

  void on_fax_event(const FaxEvent& event) override { listener_.on_fax_event(event); }
  bool is_repeated(const IfpResult& packet) const { return packet.ifp.type == last_indicator_; }
  t38_core_state_t* core_state() const { return t38_gateway_get_t38_core_state(state_.get()); }

  Gateway::Listener& listener_;
  FaxTimeline timeline_;
  const int version_;
  IfpGuard from_peer_;
  IfpGuard to_peer_;
  IfpFeed feed_;
  AnnouncedTraining training_;
  std::unique_ptr<t38_gateway_state_t, Release> state_;

  uint16_t fed_ = 0;  // IFPs to SpanDSP
  std::optional<uint16_t> expected_;
  uint64_t missing_ = 0;
  int last_indicator_ = -1;
  size_t silent_for_ = 0;                              // samples from the fax machine
  double loudest_ = 0, quietest_ = 32768.0 * 32768.0;  // mean squares of blocks from it
  float v21_cutoff_ = kV21Cutoff, fast_cutoff_ = kFastCutoff;
  int32_t v21_carrier_on_power_ = 0;  // of v21_cutoff_, once known
};

Gateway::Gateway(const GatewayOptions& options, Listener& listener)
    : impl_(std::make_unique<Impl>(options, listener)) {}
Gateway::~Gateway() = default;
void Gateway::change(const GatewayOptions& options) {
  impl_->change(options);
}
void Gateway::rx_audio(std::span<int16_t> samples) {
  impl_->rx_audio(samples);
}
void Gateway::rx_lost_audio(size_t samples) {
  impl_->rx_lost_audio(samples);
}
void Gateway::tx_audio(std::span<int16_t> samples) {
  impl_->tx_audio(samples);
}
bool Gateway::rx_ifp(ByteView ifp, uint16_t sequence) {
  return impl_->rx_ifp(ifp, sequence);
}
void Gateway::send_no_signal() {
  impl_->send_no_signal();
}
GatewayStats Gateway::stats() const {
  return impl_->stats();
}
bool Gateway::has_fast_filters() {
  return has_fast_dot_products();
}

}  // namespace sg::t38
