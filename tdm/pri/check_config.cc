#include "tdm/pri/check_config.h"

#include <algorithm>

#include "tdm/pri/libpri.h"

namespace sg::tdm::pri {
namespace {

// The identifiers of the spans of one interface are one octet's (Q.931 4.5.13); 20 is what exchanges allow.
constexpr size_t kMostSpans = 20;

Result<> check_dchannel(const Config& config, Timeslot dchannel) {
  auto span = std::ranges::find(config.spans, dchannel.span, &Span::number);
  if (span == config.spans.end())
    return fail("{}: D-channel {} is on none of the interface's spans", config.name, dchannel);
  if (dchannel.number >= 1 && dchannel.number <= timeslots_of(span->type)) return {};
  return fail("{}: D-channel {} is no timeslot of span {}", config.name, dchannel, span->number);
}

Result<> check_nfas(const Config& config) {
  if (config.spans.size() == 1) return {};
  if (config.switch_type == SwitchType::Qsig) return fail("{}: QSIG has no interface identifiers (NFAS)", config.name);
  if (config.spans.size() > kMostSpans) return fail("{}: at most {} spans go together", config.name, kMostSpans);
  for (const Span& span : config.spans) {
    if (span.type != config.spans.front().type || (span.type != SpanType::E1 && span.type != SpanType::T1)) {
      return fail("{}: the spans of one interface (NFAS) must all be E1, or all T1", config.name);
    }
    if (std::ranges::count(config.spans, span.number, &Span::number) > 1) {
      return fail("{}: span {} is named twice", config.name, span.number);
    }
  }
  return {};
}

}  // namespace

Result<> check(Config& config) {
  if (config.spans.empty()) return fail("{}: an interface needs a span", config.name);
  if (auto sound = check_nfas(config); !sound) return sound;
  const Span& span = config.spans.front();
  if (config.dchannel == Timeslot{}) config.dchannel = {span.number, dchannel_of(span.type)};
  if (auto sound = check_dchannel(config, config.dchannel); !sound) return sound;
  if (config.backup) {
    if (auto sound = check_dchannel(config, *config.backup); !sound) return sound;
    if (config.backup->span == config.dchannel.span) {
      return fail("{}: both D-channels are on span {}, and would fail together", config.name, span.number);
    }
  }
  for (const auto& [name, value] : config.timers) {
    if (::pri_timer2idx(name.c_str()) < 0) return fail("{}: libpri has no timer \"{}\"", config.name, name);
    if (name == "T309") return fail("{}: T309 is not libpri's here: see Config::t309", config.name);
    if (value < 0) return fail("{}: timer {} cannot be negative", config.name, name);
  }
  return {};
}

std::vector<Timeslot> bearers_of(const Config& config) {
  std::vector<Timeslot> slots;
  for (const Span& span : config.spans) {
    for (uint8_t number = 1; number <= timeslots_of(span.type); ++number) {
      Timeslot slot{span.number, number};
      if (slot != config.dchannel && slot != config.backup) slots.push_back(slot);
    }
  }
  return slots;
}

}  // namespace sg::tdm::pri
