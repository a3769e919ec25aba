#include "t38/audio_listener.h"

#include <algorithm>
#include <new>

#include "t38/spandsp.h"

namespace sg::t38 {
namespace {

// A frame that comes back from the other end within so many samples is an echo of the line.
constexpr uint64_t kEchoLimit = 8 * 1000;
// A V.21 carrier begins with a second of flags; one without any for so long is a fast modem's.
constexpr size_t kFlagsMustComeWithin = 8 * 400;
// Flags in a row that make V.21 certain.
constexpr int kFlags = 5;
constexpr float kCutoff = -39.0F;  // dBm0; T.30 clause 5.4 has receivers hear down to -43 dBm

Direction direction_of(AudioListener::End end) {
  return end == AudioListener::End::First ? Direction::FromT38 : Direction::ToT38;
}

struct ReleaseFsk {
  void operator()(fsk_rx_state_t* rx) const { fsk_rx_free(rx); }
};
struct ReleaseHdlc {
  void operator()(hdlc_rx_state_t* rx) const { hdlc_rx_free(rx); }
};

}  // namespace

// Hears one end.
class AudioListener::EndReceiver {
 public:
  EndReceiver(AudioListener& owner, End end)
      : owner_(owner),
        end_(end),
        hdlc_(hdlc_rx_init(nullptr, FALSE, FALSE, kFlags, &EndReceiver::on_frame, this)),
        fsk_(fsk_rx_init(nullptr, &preset_fsk_specs[FSK_V21CH2], FSK_FRAME_MODE_SYNC, &EndReceiver::on_bit, this)) {
    if (!hdlc_ || !fsk_) throw std::bad_alloc();
    fsk_rx_signal_cutoff(fsk_.get(), kCutoff);
  }

  void hear(std::span<const int16_t> samples) {
    fsk_rx(fsk_.get(), samples.data(), static_cast<int>(samples.size()));
    heard_ += samples.size();
    if (!has_carrier_ || is_known_) return;
    without_flags_ += samples.size();
    if (without_flags_ < kFlagsMustComeWithin) return;
    is_known_ = true;
    owner_.on_fast_carrier(end_);
  }
  uint64_t heard() const { return heard_; }

 private:
  static void on_bit(void* self, int bit) noexcept { static_cast<EndReceiver*>(self)->take(bit); }
  static void on_frame(void* self, const uint8_t* octets, int count, int is_good) noexcept {
    auto* receiver = static_cast<EndReceiver*>(self);
    if (count == SIG_STATUS_FRAMING_OK) receiver->is_known_ = true;
    if (count > 0 && is_good) receiver->owner_.on_frame(receiver->end_, ByteView(octets, static_cast<size_t>(count)));
  }

  void take(int bit) {
    if (bit == SIG_STATUS_CARRIER_UP || bit == SIG_STATUS_CARRIER_DOWN) {
      has_carrier_ = bit == SIG_STATUS_CARRIER_UP;
      is_known_ = false;
      without_flags_ = 0;
    }
    hdlc_rx_put_bit(hdlc_.get(), bit);
  }

  AudioListener& owner_;
  const End end_;
  std::unique_ptr<hdlc_rx_state_t, ReleaseHdlc> hdlc_;
  std::unique_ptr<fsk_rx_state_t, ReleaseFsk> fsk_;
  bool has_carrier_ = false;
  bool is_known_ = false;  // what kind of carrier it is
  size_t without_flags_ = 0;
  uint64_t heard_ = 0;
};

AudioListener::AudioListener(FaxTimeline::Listener& listener)
    : timeline_(listener),
      receivers_{std::make_unique<EndReceiver>(*this, End::First), std::make_unique<EndReceiver>(*this, End::Second)} {}
AudioListener::~AudioListener() = default;

void AudioListener::hear(End end, std::span<const int16_t> samples) {
  EndReceiver& receiver = *receivers_[static_cast<size_t>(end)];
  receiver.hear(samples);
  heard_ = std::max(heard_, receiver.heard());
}

void AudioListener::on_frame(End end, ByteView octets) {
  const size_t kept = std::min(octets.size(), last_.size());
  const bool is_echo = end != last_end_ && heard_ - last_at_ < kEchoLimit && last_octets_ == kept &&
                       std::equal(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(kept), last_.begin());
  if (is_echo) return;
  std::copy_n(octets.begin(), kept, last_.begin());
  last_octets_ = kept;
  last_end_ = end;
  last_at_ = heard_;
  if (auto frame = T30Frame::parse(octets); frame && frame->kind == fcf::kDcs) sender_ = end;
  timeline_.on_frame(direction_of(end), octets);
}

void AudioListener::on_fast_carrier(End end) {
  // Before DCS it is a tone or speech; from the other end it is an echo.
  if (timeline_.bit_rate() == 0 || end != sender_) return;
  timeline_.on_training(direction_of(end), timeline_.bit_rate());
}

}  // namespace sg::t38
