#include "gateway/trunk/backends.h"

#include <algorithm>

#include "base/log.h"
#include "gateway/trunk/missing_driver.h"
#include "tdm/cesop/backend.h"
#include "tdm/dahdi/lasting_dchannel.h"

namespace sg::trunk {
namespace {

tdm::cesop::SpanConfig cesop_config(const conf::Span& span) {
  tdm::cesop::SpanConfig config;
  config.number = span.number;
  config.type = span.type;
  config.local = span.local;
  config.remote = span.remote;
  config.clock = span.clock;
  config.ppm = span.ppm;
  config.frames_per_packet = static_cast<unsigned>(span.frames_per_packet);
  config.rtp_header = span.rtp_header;
  config.playout_packets = static_cast<unsigned>(span.jitter_packets);
  config.transmit_margin = span.transmit_margin;
  return config;
}

std::vector<conf::Span> spans_of(const conf::Settings& settings, conf::SpanBackend backend) {
  std::vector<conf::Span> spans;
  std::ranges::copy_if(settings.spans, std::back_inserter(spans),
                       [&](const conf::Span& span) { return span.backend == backend; });
  return spans;
}

std::vector<MissingDriver::Span> missing_spans(const std::vector<conf::Span>& wanted) {
  std::vector<MissingDriver::Span> spans;
  for (const conf::Span& span : wanted) spans.push_back({span.number, span.number_in_driver()});
  return spans;
}

}  // namespace

int echo_taps(const conf::Settings& settings, uint16_t span) {
  for (const conf::PriTrunk& trunk : settings.pri_trunks) {
    if (std::ranges::find(trunk.spans, span) != trunk.spans.end()) return trunk.echo_canceller;
  }
  return 0;
}

std::map<uint8_t, int> port_echo_taps(const conf::Settings& settings, uint16_t span) {
  std::map<uint8_t, int> taps;
  for (const conf::Line& line : settings.ports) {
    const conf::AnalogTrunk* trunk = settings.analog_trunk_of(line);
    if (trunk && line.port->span == span) taps[line.port->channel] = trunk->echo_canceller;
  }
  return taps;
}

Result<std::unique_ptr<Backends>> Backends::start(const conf::Settings& settings, Reactor& reactor,
                                                  Counters& counters) {
  std::unique_ptr<Backends> backends(new Backends(reactor));
  backends->start_driver(settings);
  auto started = backends->start_pseudowires(spans_of(settings, conf::SpanBackend::Cesop), counters);
  if (!started) return tl::unexpected(started.error());
  return backends;
}

void Backends::add(std::unique_ptr<tdm::Backend> backend) {
  for (const auto& span : backend->status()) by_span_[span.number] = backend.get();
  all_.push_back(std::move(backend));
}

Result<> Backends::start_pseudowires(const std::vector<conf::Span>& spans, Counters& counters) {
  if (spans.empty()) return {};
  std::vector<tdm::cesop::SpanConfig> configs;
  for (const conf::Span& span : spans) configs.push_back(cesop_config(span));
  auto backend = tdm::cesop::make_backend(configs, reactor_, counters);
  if (!backend) return tl::unexpected(backend.error());
  add(std::move(*backend));
  return {};
}

void Backends::start_driver(const conf::Settings& settings) {
  const auto wanted = spans_of(settings, conf::SpanBackend::Dahdi);
  if (wanted.empty()) return;
  tdm::dahdi::Options options;
  for (const conf::Span& span : wanted) {
    options.spans.push_back({span.number, span.number_in_driver(), echo_taps(settings, span.number),
                             port_echo_taps(settings, span.number)});
  }
  const Log log;
  if (auto driver = tdm::dahdi::DahdiBackend::make(reactor_, std::move(options))) {
    driver_ = driver->get();
    driver_version_ = driver_->driver_version();
    log.info("{}", driver_version_);
    add(std::move(*driver));
  } else {
    driver_error_ = driver.error().message;
    log.error("no span of the DAHDI driver works: {}; then restart spangated", driver_error_);
    add(std::make_unique<MissingDriver>(missing_spans(wanted), driver_error_));
  }
  cards_ = all_.back().get();
}

bool Backends::is_on_card(uint16_t span) const {
  auto found = by_span_.find(span);
  return cards_ && found != by_span_.end() && found->second == cards_;
}

std::vector<tdm::SpanStatus> Backends::status() const {
  std::vector<tdm::SpanStatus> all;
  for (const auto& backend : all_) std::ranges::move(backend->status(), std::back_inserter(all));
  std::ranges::sort(all, {}, &tdm::SpanStatus::number);
  return all;
}

Result<std::unique_ptr<tdm::DChannel>> Backends::open_dchannel(tdm::Timeslot slot, const std::string& name) const {
  tdm::Backend& backend = *by_span_.at(slot.span);
  if (!is_on_card(slot.span)) return backend.open_dchannel(slot);
  return tdm::dahdi::LastingDChannel::make(reactor_, name, [&backend, slot] { return backend.open_dchannel(slot); });
}

void Backends::set_listener(tdm::Backend::Listener* listener) {
  for (const auto& backend : all_) backend->set_listener(listener);
}

std::optional<tdm::dahdi::SpanInfo> Backends::driver_span(uint16_t span) const {
  return driver_ && is_on_card(span) ? driver_->driver_span(span) : std::nullopt;
}

std::vector<tdm::dahdi::ChannelInfo> Backends::driver_channels(uint16_t span) const {
  return driver_ && is_on_card(span) ? driver_->channels(span) : std::vector<tdm::dahdi::ChannelInfo>();
}

}  // namespace sg::trunk
