#pragma once

#include <memory>

#include "base/event_loop.h"
#include "tdm/dahdi/backend.h"

namespace sg::tdm {

// The fixture of the conformance suites on the real driver: span 1 and span 2, wired back to back.
struct DahdiEnds {
  static constexpr bool kReversesPolarity = false;  // local dynamic spans have no battery

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

}  // namespace sg::tdm
