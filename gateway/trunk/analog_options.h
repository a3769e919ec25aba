#pragma once

#include <map>
#include <memory>
#include <string>

#include "conf/settings.h"
#include "tdm/backend.h"
#include "tdm/cas/config.h"

// Analog trunks, from the settings to tdm/cas.
namespace sg::app {

// `bearer_group`: a number of its own, which no media worker has.
tdm::cas::Config cas_config(const conf::AnalogTrunk& trunk, const conf::Settings& settings, unsigned bearer_group);

// Of the echo canceller on voice calls of the ISDN trunk that has this span; 0: none.
int echo_taps(const conf::Settings& settings, uint16_t span);
// The same for each port of a span of analog trunks, which need not have the same.
std::map<uint8_t, int> port_echo_taps(const conf::Settings& settings, uint16_t span);

// Stands in for the driver that is not there: whatever is opened fails, and says why.
class MissingBackend final : public tdm::Backend {
 public:
  explicit MissingBackend(std::string why) : why_(std::move(why)) {}

  std::vector<tdm::SpanStatus> status() const override { return {}; }
  Result<std::unique_ptr<tdm::Bearer>> open_bearer(tdm::Timeslot, const tdm::BearerOptions&) override {
    return fail("{}", why_);
  }
  Result<std::unique_ptr<tdm::DChannel>> open_dchannel(tdm::Timeslot) override { return fail("{}", why_); }
  Result<std::unique_ptr<tdm::Line>> open_line(tdm::Timeslot) override { return fail("{}", why_); }
  void set_listener(Listener*) override {}

 private:
  const std::string why_;
};

}  // namespace sg::app
