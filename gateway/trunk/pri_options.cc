#include "gateway/trunk/pri_options.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "gateway/trunk/sip_options.h"
#include "tdm/pri/interface.h"

namespace sg::trunk {
namespace {

// What the span of a card that is not there will be.
SpanType type_for(SwitchType type) {
  switch (type) {
    case SwitchType::EuroIsdnE1:
    case SwitchType::Qsig:
      return SpanType::E1;
    case SwitchType::EuroIsdnT1:
    case SwitchType::Ni1:
    case SwitchType::Ni2:
    case SwitchType::Dms100:
    case SwitchType::Lucent5e:
    case SwitchType::Att4ess:
      return SpanType::T1;
  }
  return SpanType::E1;
}

// `spans`: one, or with NFAS all of the trunk's.
tdm::pri::Config pri_config(const conf::PriTrunk& trunk, std::vector<tdm::pri::Span> spans, tdm::Law law) {
  tdm::pri::Config config;
  auto type = spans.front().type;
  auto dchannel_on = [&](uint16_t span) {
    return tdm::Timeslot{span, trunk.dchannel != 0 ? static_cast<uint8_t>(trunk.dchannel) : dchannel_of(type)};
  };
  config.name = fmt::format("{} span {}", trunk.name, spans.front().number);
  config.role = trunk.role;
  config.switch_type = trunk.switch_type;
  config.dchannel = dchannel_on(spans.front().number);
  if (trunk.nfas) {
    auto with_dchannel = trunk.dchannel_spans();
    config.name = trunk.name;
    config.dchannel = dchannel_on(with_dchannel.front());
    if (with_dchannel.size() > 1) config.backup = dchannel_on(with_dchannel[1]);
  }
  config.spans = std::move(spans);
  config.hunt = trunk.hunt;
  config.law = law;
  config.overlap_receiving = true;
  config.takes_transfers = trunk.transfer;
  config.t301 = trunk.t301;
  config.t302 = trunk.t302;
  config.t304 = trunk.t304;
  config.t309 = trunk.t309;
  config.t310 = trunk.t310;
  config.t316 = trunk.t316;
  config.alarm_release = trunk.alarm_release;
  config.restart_when_up = trunk.restart;
  auto ms = [](std::chrono::milliseconds time) { return static_cast<int>(time.count()); };
  config.timers = {
      {"T303", ms(trunk.t303)}, {"T305", ms(trunk.t305)}, {"T308", ms(trunk.t308)}, {"T313", ms(trunk.t313)}};
  return config;
}

// Each span is an interface of its own, or all are one.
std::vector<std::vector<uint16_t>> interfaces_of(const conf::PriTrunk& trunk) {
  if (trunk.nfas) return {trunk.spans};
  std::vector<std::vector<uint16_t>> interfaces;
  for (uint16_t span : trunk.spans) interfaces.push_back({span});
  return interfaces;
}

Result<std::unique_ptr<tdm::Signalling>> make_interface(const conf::PriTrunk& trunk,
                                                        const std::vector<uint16_t>& numbers, const Backends& backends,
                                                        Reactor& reactor, Counters& counters) {
  const auto all = backends.status();
  std::vector<tdm::pri::Span> spans;
  std::optional<tdm::Law> law;
  for (uint16_t number : numbers) {
    auto status = std::ranges::find(all, number, &tdm::SpanStatus::number);
    const bool is_there = status != all.end() && !(status->alarms & tdm::kAlarmRemoved);
    spans.push_back({number, is_there ? status->type : type_for(trunk.switch_type)});
    if (is_there && !law) law = status->law;
  }
  if (!law) law = tdm::law_of(spans.front().type);
  auto config = pri_config(trunk, std::move(spans), *law);
  auto open = [&](tdm::Timeslot slot) { return backends.open_dchannel(slot, config.name); };
  return tdm::pri::Interface::make(config, reactor, open, counters);
}

}  // namespace

Result<TdmTrunk::Options> pri_options(const conf::PriTrunk& trunk, const Backends& backends, Reactor& reactor,
                                      Counters& counters) {
  TdmTrunk::Options options;
  options.name = trunk.name;
  options.bearer = trunk.bearer;
  options.joins_in_switch = trunk.join_in_switch;
  options.takes_transfers = trunk.transfer;
  options.media_policy.tone_zone = tdm::find_tone_zone(trunk.tone_zone);
  options.media_policy.plays_ringback = trunk.ringback == conf::Ringback::Gateway;
  options.causes = causes_of(trunk);
  for (const auto& spans : interfaces_of(trunk)) {
    auto interface = make_interface(trunk, spans, backends, reactor, counters);
    if (!interface) return fail_with(interface.error(), "trunk {}, span {}", trunk.name, fmt::join(spans, " "));
    options.interfaces.push_back(std::move(*interface));
  }
  return options;
}

}  // namespace sg::trunk
