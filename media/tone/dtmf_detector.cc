#include "media/tone/dtmf_detector.h"

#include <spandsp.h>

#include <new>

namespace sg::media {

struct DtmfDetector::State {
  struct Release {
    void operator()(dtmf_rx_state_t* dtmf) const { dtmf_rx_free(dtmf); }
  };
  std::unique_ptr<dtmf_rx_state_t, Release> dtmf{dtmf_rx_init(nullptr, nullptr, nullptr)};
};

DtmfDetector::DtmfDetector() : state_(std::make_unique<State>()) {
  if (!state_->dtmf) throw std::bad_alloc();
}
DtmfDetector::~DtmfDetector() = default;
DtmfDetector::DtmfDetector(DtmfDetector&&) noexcept = default;
DtmfDetector& DtmfDetector::operator=(DtmfDetector&&) noexcept = default;

std::optional<char> DtmfDetector::feed(std::span<const int16_t> linear) {
  dtmf_rx(state_->dtmf.get(), linear.data(), static_cast<int>(linear.size()));
  char digit[2];  // and the zero that SpanDSP adds
  if (dtmf_rx_get(state_->dtmf.get(), digit, 1) == 0) return std::nullopt;
  return digit[0];
}

}  // namespace sg::media
