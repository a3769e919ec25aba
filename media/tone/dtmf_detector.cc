#include "media/tone/dtmf_detector.h"

#include <spandsp.h>

#include <new>

namespace sg::media {
namespace {

// Mean square at about -49 dBm0: SpanDSP wants more of a digit.
constexpr int64_t kFloor = 3200;
// 100 ms: the detector must hear the pause that ends a digit.
constexpr size_t kHangover = 800;

bool is_audible(std::span<const int16_t> linear) {
  int64_t energy = 0;
  for (int16_t sample : linear) energy += sample * sample;
  return energy > kFloor * static_cast<int64_t>(linear.size());
}

}  // namespace

struct DtmfDetector::State {
  struct Release {
    void operator()(dtmf_rx_state_t* dtmf) const { dtmf_rx_free(dtmf); }
  };
  std::unique_ptr<dtmf_rx_state_t, Release> dtmf{dtmf_rx_init(nullptr, nullptr, nullptr)};
  size_t quiet_for = kHangover;  // samples
};

DtmfDetector::DtmfDetector() : state_(std::make_unique<State>()) {
  if (!state_->dtmf) throw std::bad_alloc();
}
DtmfDetector::~DtmfDetector() = default;
DtmfDetector::DtmfDetector(DtmfDetector&&) noexcept = default;
DtmfDetector& DtmfDetector::operator=(DtmfDetector&&) noexcept = default;

std::optional<char> DtmfDetector::feed(std::span<const int16_t> linear) {
  State& s = *state_;
  s.quiet_for = is_audible(linear) ? 0 : s.quiet_for + linear.size();
  if (s.quiet_for < kHangover) dtmf_rx(s.dtmf.get(), linear.data(), static_cast<int>(linear.size()));
  char digit[2];  // and the zero that SpanDSP adds
  if (dtmf_rx_get(s.dtmf.get(), digit, 1) == 0) return std::nullopt;
  return digit[0];
}

}  // namespace sg::media
