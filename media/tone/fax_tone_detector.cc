#include "media/tone/fax_tone_detector.h"

#include <spandsp.h>

#include <algorithm>
#include <array>
#include <new>

#include "media/tone/tone_gate.h"

namespace sg::media {
namespace {

// A detector goes on listening for so many blocks after its gate closed: it must see a tone's end, and must not be
// stopped by a phase reversal or a click inside one.
constexpr int kHangoverBlocks = 4;

// Of pure signal make an onset; without, end it.
constexpr int kOnsetBlocks = 3, kOnsetEnds = 25;

// One of SpanDSP's detectors, which listens while its gate is open.
class Detector {
 public:
  explicit Detector(int tone_type) : rx_(modem_connect_tones_rx_init(nullptr, tone_type, nullptr, nullptr)) {
    if (!rx_) throw std::bad_alloc();
  }

  // The MODEM_CONNECT_TONES_ value that was made out; NONE is nothing new.
  int feed(std::span<const int16_t> block, bool gate_is_open) {
    if (gate_is_open) blocks_to_hear_ = kHangoverBlocks;
    if (blocks_to_hear_ == 0) return MODEM_CONNECT_TONES_NONE;
    --blocks_to_hear_;
    modem_connect_tones_rx(rx_.get(), block.data(), static_cast<int>(block.size()));
    return modem_connect_tones_rx_get(rx_.get());
  }

 private:
  struct Release {
    void operator()(modem_connect_tones_rx_state_t* rx) const { modem_connect_tones_rx_free(rx); }
  };
  std::unique_ptr<modem_connect_tones_rx_state_t, Release> rx_;
  int blocks_to_hear_ = 0;
};

std::optional<HeardTone> heard(int spandsp_tone) {
  switch (spandsp_tone) {
    case MODEM_CONNECT_TONES_FAX_CNG:
      return HeardTone::Cng;
    case MODEM_CONNECT_TONES_ANS:
      return HeardTone::Ced;
    // Reversals without modulation too: an answering modem that wants no canceller in its way (G.164, G.165).
    case MODEM_CONNECT_TONES_ANS_PR:
    case MODEM_CONNECT_TONES_ANSAM:
    case MODEM_CONNECT_TONES_ANSAM_PR:
      return HeardTone::AnsAm;
    case MODEM_CONNECT_TONES_FAX_PREAMBLE:
      return HeardTone::V21Preamble;
    default:
      return std::nullopt;
  }
}

}  // namespace

struct FaxToneDetector::State {
  Detector cng{MODEM_CONNECT_TONES_FAX_CNG};
  Detector answer{MODEM_CONNECT_TONES_ANS};
  Detector preamble{MODEM_CONNECT_TONES_FAX_PREAMBLE};

  std::array<int16_t, ToneGate::kBlock> waiting;
  size_t waits = 0;
  uint8_t untold = 0;  // a bit for each HeardTone
  int tone_blocks = 0, v21_blocks = 0, blocks_without = 0;
  Onset onset = Onset::None;

  void listen(std::span<const int16_t, ToneGate::kBlock> block) {
    ToneGate gate = ToneGate::open_for(block);
    follow_onset(gate);
    note(cng.feed(block, gate.cng));
    note(answer.feed(block, gate.ced));
    note(preamble.feed(block, gate.v21));
  }
  void follow_onset(const ToneGate& gate) {
    tone_blocks = gate.is_pure_tone ? tone_blocks + 1 : 0;
    v21_blocks = gate.is_pure_v21 ? v21_blocks + 1 : 0;
    blocks_without = gate.is_pure_tone || gate.is_pure_v21 ? 0 : blocks_without + 1;
    if (blocks_without >= kOnsetEnds) onset = Onset::None;
    if (onset != Onset::None) return;
    if (tone_blocks >= kOnsetBlocks) onset = Onset::Tone;
    if (v21_blocks >= kOnsetBlocks) onset = Onset::V21;
  }
  void note(int spandsp_tone) {
    if (auto tone = heard(spandsp_tone)) untold = static_cast<uint8_t>(untold | 1u << static_cast<unsigned>(*tone));
  }
};

FaxToneDetector::FaxToneDetector() : state_(std::make_unique<State>()) {}
FaxToneDetector::~FaxToneDetector() = default;
FaxToneDetector::FaxToneDetector(FaxToneDetector&&) noexcept = default;
FaxToneDetector& FaxToneDetector::operator=(FaxToneDetector&&) noexcept = default;

FaxToneDetector::Onset FaxToneDetector::onset() const {
  return state_->onset;
}

void FaxToneDetector::forget_onset() {
  state_->onset = Onset::None;
  state_->tone_blocks = state_->v21_blocks = 0;
}

std::optional<HeardTone> FaxToneDetector::feed(std::span<const int16_t> linear) {
  State& s = *state_;
  while (!linear.empty()) {
    if (s.waits == 0 && linear.size() >= ToneGate::kBlock) {
      s.listen(linear.first<ToneGate::kBlock>());
      linear = linear.subspan(ToneGate::kBlock);
      continue;
    }
    size_t taken = std::min(linear.size(), s.waiting.size() - s.waits);
    std::copy_n(linear.begin(), taken, s.waiting.begin() + static_cast<std::ptrdiff_t>(s.waits));
    linear = linear.subspan(taken);
    s.waits += taken;
    if (s.waits == s.waiting.size()) {
      s.listen(s.waiting);
      s.waits = 0;
    }
  }

  for (auto tone : {HeardTone::V21Preamble, HeardTone::Cng, HeardTone::Ced, HeardTone::AnsAm}) {
    auto bit = static_cast<uint8_t>(1u << static_cast<unsigned>(tone));
    if (!(s.untold & bit)) continue;
    s.untold = static_cast<uint8_t>(s.untold & ~bit);
    return tone;
  }
  return std::nullopt;
}

}  // namespace sg::media
