#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tdm/backend.h"

namespace sg::trunk {

// Stands in for the driver that is not there: its spans are removed, and whatever is opened fails and says why.
class MissingDriver final : public tdm::Backend {
 public:
  struct Span {
    uint16_t number = 0;
    int driver_span = 0;  // what the driver calls it
  };
  MissingDriver(std::vector<Span> spans, std::string why) : spans_(std::move(spans)), why_(std::move(why)) {}

  std::vector<tdm::SpanStatus> status() const override {
    std::vector<tdm::SpanStatus> all;
    for (const Span& span : spans_) {
      tdm::SpanStatus& status = all.emplace_back();
      status.number = span.number;
      status.name = fmt::format("dahdi span {}: no driver", span.driver_span);
      status.alarms = tdm::kAlarmRemoved;
    }
    return all;
  }
  Result<std::unique_ptr<tdm::Bearer>> open_bearer(tdm::Timeslot, const tdm::BearerOptions&) override {
    return fail("{}", why_);
  }
  Result<std::unique_ptr<tdm::DChannel>> open_dchannel(tdm::Timeslot) override { return fail("{}", why_); }
  Result<std::unique_ptr<tdm::Line>> open_line(tdm::Timeslot) override { return fail("{}", why_); }
  void set_listener(Listener*) override {}

 private:
  const std::vector<Span> spans_;
  const std::string why_;
};

}  // namespace sg::trunk
