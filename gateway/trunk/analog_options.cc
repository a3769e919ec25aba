#include "gateway/trunk/analog_options.h"

#include <algorithm>

#include "gateway/trunk/sip_options.h"
#include "tdm/cas/group.h"

namespace sg::trunk {
namespace {

bool is_port_of(const conf::AnalogTrunk& trunk, const conf::Line& line, const conf::Settings& settings) {
  const conf::AnalogTrunk* owner = settings.analog_trunk_of(line);
  return owner && owner->name == trunk.name;
}

}  // namespace

tdm::cas::Config cas_config(const conf::AnalogTrunk& trunk, const conf::Settings& settings, unsigned bearer_group) {
  tdm::cas::Config config;
  config.name = fmt::format("trunk={}", trunk.name);
  config.kind = trunk.kind;
  config.zone = tdm::find_tone_zone(trunk.tone_zone);
  config.caller_id = trunk.caller_id;
  config.hunt = trunk.hunt;
  config.answer_by = trunk.answer;
  config.dial_start = trunk.dial_start;
  config.dialling = trunk.dialling;
  config.flash = trunk.flash;
  config.polarity_on_answer = config.polarity_ends_call = trunk.polarity;
  config.first_digit = trunk.first_digit;
  config.inter_digit = trunk.inter_digit;
  config.dial_tone = trunk.dial_tone;
  config.ring_limit = trunk.ring_limit;
  config.busy_tone = trunk.busy_tone;
  config.wink = trunk.wink;
  config.bearer_group = bearer_group;
  for (const conf::Line& line : settings.ports) {
    if (!is_port_of(trunk, line, settings)) continue;
    bool is_telephone = trunk.kind == LineKind::Fxs;
    config.ports.push_back({.slot = {line.port->span, line.port->channel},
                            .number = is_telephone ? line.ext : line.number,
                            .name = is_telephone ? line.label : std::string(),
                            .messages_waiting = line.messages,
                            .is_fax = trunk.media == conf::LineMedia::Fax || line.media == conf::LineMedia::Fax});
  }
  return config;
}

TdmTrunk::Options analog_options(const conf::AnalogTrunk& trunk, const conf::Settings& settings, unsigned bearer_group,
                                 const Backends& backends, Reactor& reactor, Counters& counters) {
  std::map<uint16_t, tdm::Backend*> by_span;
  for (uint16_t span : trunk.spans) by_span[span] = backends.by_span().at(span);
  TdmTrunk::Options options;
  options.name = trunk.name;
  options.causes = causes_of(trunk);
  options.carries_data = false;
  options.media_policy.tone_zone = tdm::find_tone_zone(trunk.tone_zone);
  options.interfaces.push_back(
      std::make_unique<tdm::cas::Group>(cas_config(trunk, settings, bearer_group), reactor, by_span, counters));
  return options;
}

}  // namespace sg::trunk
