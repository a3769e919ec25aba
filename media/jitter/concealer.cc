#include "media/jitter/concealer.h"

#include <spandsp.h>

#include <algorithm>
#include <array>

#include "media/codec/g711.h"

namespace sg::media {
namespace {

// plc_rx() blends a quarter of a pitch period, and no more than this.
constexpr size_t kMaxBlend = PLC_PITCH_OVERLAP_MAX;

}  // namespace

struct Concealer::State {
  tdm::Law law;
  std::array<uint8_t, PLC_HISTORY_LEN> history;
  size_t gap = 0;  // samples since the gap began
  plc_state_t plc;

  void begin_gap() {
    std::array<int16_t, PLC_HISTORY_LEN> linear;
    g711::decode(law, history, linear);
    plc_init(&plc);
    plc_rx(&plc, linear.data(), static_cast<int>(linear.size()));
  }
};

Concealer::Concealer(tdm::Law law) : state_(std::make_unique<State>()) {
  state_->law = law;
  state_->history.fill(tdm::idle_octet(law));
  plc_init(&state_->plc);
}
Concealer::~Concealer() = default;

void Concealer::set_law(tdm::Law law) {
  g711::convert(state_->law, state_->history, law, state_->history);
  state_->law = law;
}

void Concealer::remember(ByteView octets) {
  auto& history = state_->history;
  octets = octets.last(std::min(octets.size(), history.size()));
  auto kept = static_cast<std::ptrdiff_t>(history.size() - octets.size());
  std::copy(history.end() - kept, history.end(), history.begin());
  std::copy(octets.begin(), octets.end(), history.begin() + kept);
}

size_t Concealer::fill(std::span<uint8_t> octets) {
  State& s = *state_;
  size_t made_up = s.gap < kFade ? std::min(kFade - s.gap, octets.size()) : 0;
  if (made_up > 0) {
    if (s.gap == 0) s.begin_gap();
    std::array<int16_t, kFade> linear;
    plc_fillin(&s.plc, linear.data(), static_cast<int>(made_up));
    g711::encode(s.law, std::span(linear).first(made_up), octets.first(made_up));
  }
  std::fill(octets.begin() + static_cast<std::ptrdiff_t>(made_up), octets.end(), tdm::idle_octet(s.law));
  s.gap += octets.size();
  return made_up;
}

void Concealer::join(std::span<uint8_t> octets) {
  State& s = *state_;
  if (s.gap == 0) return;
  s.gap = 0;
  octets = octets.first(std::min(octets.size(), kMaxBlend));
  std::array<int16_t, kMaxBlend> linear;
  g711::decode(s.law, octets, std::span(linear).first(octets.size()));
  plc_rx(&s.plc, linear.data(), static_cast<int>(octets.size()));
  g711::encode(s.law, std::span<const int16_t>(linear).first(octets.size()), octets);
}

}  // namespace sg::media
