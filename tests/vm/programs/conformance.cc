// The suites that every tdm::Backend passes, on the real driver. Needs span 1 and span 2 wired back to back.
#include "tests/unit/tdm/conformance.h"
#include "base/event_loop.h"
#include "tdm/dahdi/backend.h"

namespace sg::tdm {
namespace {

struct DahdiEnds {
  EventLoop loop;
  std::unique_ptr<dahdi::DahdiBackend> card = make({.number = 1});
  std::unique_ptr<dahdi::DahdiBackend> exchange = make({.number = 7, .driver_span = 2});

  // One thread on an emulated processor serves 60 bearers: it is late at times.
  std::unique_ptr<dahdi::DahdiBackend> make(dahdi::SpanOptions span) {
    return dahdi::DahdiBackend::make(loop, {.spans = {span}, .transmit_margin = 200ms}).value();
  }
  Backend& near() { return *card; }
  Backend& far() { return *exchange; }
  uint16_t near_span() { return 1; }
  uint16_t far_span() { return 7; }
  bool wait_until(const std::function<bool()>& condition) {
    auto deadline = loop.now() + 20s;
    while (!condition()) {
      if (loop.now() > deadline) return false;
      loop.step(2ms);
    }
    return true;
  }
};

}  // namespace

namespace conformance {
INSTANTIATE_TYPED_TEST_SUITE_P(Dahdi, BackendConformance, DahdiEnds);
INSTANTIATE_TYPED_TEST_SUITE_P(Dahdi, BearerConformance, DahdiEnds);
INSTANTIATE_TYPED_TEST_SUITE_P(Dahdi, DChannelConformance, DahdiEnds);
}  // namespace conformance
}  // namespace sg::tdm
