#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/reactor.h"
#include "conf/settings.h"
#include "tdm/backend.h"
#include "tdm/dahdi/backend.h"

namespace sg::trunk {

// What brings the timeslots of every span: pseudowires, the DAHDI driver, or what stands in for it where it is not
// there. Owned by the Application; signalling thread only.
class Backends {
 public:
  // Error: pseudowires that cannot be had. Without the driver the other spans and the SIP trunks work all the same.
  static Result<std::unique_ptr<Backends>> start(const conf::Settings& settings, Reactor& reactor, Counters& counters);

  // All that the settings name, by number. They live as long as this.
  const std::map<uint16_t, tdm::Backend*>& by_span() const { return by_span_; }
  // The same, as they stand now, in order.
  std::vector<tdm::SpanStatus> status() const;
  // A span of a card may come later, and go and return: its D-channel stays. `name`: for the log.
  Result<std::unique_ptr<tdm::DChannel>> open_dchannel(tdm::Timeslot slot, const std::string& name) const;
  void set_listener(tdm::Backend::Listener* listener);

  // The DAHDI driver. Its version is empty where no span wants it, or it is not there, and then why.
  const std::string& driver_version() const { return driver_version_; }
  const std::string& driver_error() const { return driver_error_; }
  // What it says of a span; nothing where it has none.
  std::optional<tdm::dahdi::SpanInfo> driver_span(uint16_t span) const;
  std::vector<tdm::dahdi::ChannelInfo> driver_channels(uint16_t span) const;

 private:
  explicit Backends(Reactor& reactor) : reactor_(reactor) {}
  Result<> start_pseudowires(const std::vector<conf::Span>& spans, Counters& counters);
  void start_driver(const conf::Settings& settings);
  void add(std::unique_ptr<tdm::Backend> backend);
  bool is_on_card(uint16_t span) const;

  Reactor& reactor_;
  std::vector<std::unique_ptr<tdm::Backend>> all_;
  std::map<uint16_t, tdm::Backend*> by_span_;
  tdm::Backend* cards_ = nullptr;               // the driver, or what stands in for it; null: no span wants it
  tdm::dahdi::DahdiBackend* driver_ = nullptr;  // null: it is not there
  std::string driver_version_, driver_error_;
};

// Of the echo canceller on voice calls of the ISDN trunk that has this span; 0: none.
int echo_taps(const conf::Settings& settings, uint16_t span);
// The same for each port of a span of analog trunks, which need not have the same.
std::map<uint8_t, int> port_echo_taps(const conf::Settings& settings, uint16_t span);

}  // namespace sg::trunk
