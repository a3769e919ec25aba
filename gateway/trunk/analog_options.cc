#include "gateway/trunk/analog_options.h"

#include <algorithm>

#include "gateway/trunk/sip_options.h"
#include "tdm/cas/group.h"

namespace sg::trunk {
namespace {

tdm::LineKind kind_of(conf::AnalogKind kind) {
  switch (kind) {
    case conf::AnalogKind::Fxs:
      return tdm::LineKind::Fxs;
    case conf::AnalogKind::Fxo:
      return tdm::LineKind::Fxo;
    case conf::AnalogKind::Em:
      break;
  }
  return tdm::LineKind::EAndM;
}

tdm::cas::CallerIdStandard standard_of(conf::CallerIdBy by) {
  switch (by) {
    case conf::CallerIdBy::None:
      return tdm::cas::CallerIdStandard::None;
    case conf::CallerIdBy::Bell202:
      return tdm::cas::CallerIdStandard::Bell202;
    case conf::CallerIdBy::Sdmf:
      return tdm::cas::CallerIdStandard::Sdmf;
    case conf::CallerIdBy::V23:
      break;
  }
  return tdm::cas::CallerIdStandard::V23;
}

tdm::cas::Flash flash_of(conf::Flash flash) {
  if (flash == conf::Flash::Hold) return tdm::cas::Flash::Hold;
  return flash == conf::Flash::Services ? tdm::cas::Flash::Services : tdm::cas::Flash::Ignore;
}

bool is_port_of(const conf::AnalogTrunk& trunk, const conf::Line& line, const conf::Settings& settings) {
  const conf::AnalogTrunk* owner = settings.analog_trunk_of(line);
  return owner && owner->name == trunk.name;
}

}  // namespace

tdm::cas::Config cas_config(const conf::AnalogTrunk& trunk, const conf::Settings& settings, unsigned bearer_group) {
  tdm::cas::Config config;
  config.name = fmt::format("trunk={}", trunk.name);
  config.kind = kind_of(trunk.kind);
  config.zone = tdm::find_tone_zone(trunk.tone_zone);
  config.caller_id = standard_of(trunk.caller_id);
  config.hunt = trunk.hunt == conf::Hunt::Ascending ? tdm::Hunt::Ascending : tdm::Hunt::Descending;
  config.answer_by =
      trunk.answer == conf::AnswerBy::Dialled ? tdm::cas::AnswerBy::Dialled : tdm::cas::AnswerBy::Polarity;
  config.dial_start =
      trunk.dial_start == conf::DialStart::DialTone ? tdm::cas::DialStart::DialTone : tdm::cas::DialStart::Time;
  config.dialling = trunk.dialling == conf::Dialling::Tone ? tdm::cas::Dialling::Tone : tdm::cas::Dialling::Pulse;
  config.flash = flash_of(trunk.flash);
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
    bool is_telephone = trunk.kind == conf::AnalogKind::Fxs;
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
