#include "gateway/app/call_views.h"

#include <algorithm>

namespace sg::app {
namespace {

using std::chrono::milliseconds;

std::string_view media_mode_of(const call::Call& call) {
  // The IP leg's mode tells; between two of them the one that is not plain audio.
  for (const call::Party* party : {&call.caller(), call.called()}) {
    if (party && party->mode() != call::MediaModeState::Audio) return name_of(party->mode());
  }
  return name_of(call::MediaModeState::Audio);
}

admin::LegView leg_view(const call::Party& party) {
  const auto& record = party.record();
  return {record.trunk,  record.leg,     party.is_released() ? "released" : "up",
          record.called, record.calling, party.slot()};
}

}  // namespace

admin::CallView view_of(const call::Call& call) {
  const auto& record = call.record();
  admin::CallView view;
  view.id = call.id();
  view.uid = record.uid;
  view.state = name_of(call.state());
  view.media_mode = media_mode_of(call);
  view.age = call.age();
  view.talking = call.talking();
  view.from = leg_view(call.caller());
  if (call.called()) view.to = leg_view(*call.called());
  return view;
}

std::vector<admin::StepView> history_of(const call::Call& call) {
  std::vector<admin::StepView> steps;
  auto since_start = [&](call::WallTime at) {
    return std::chrono::duration_cast<milliseconds>(at - call.record().started);
  };
  auto began = call.began();
  for (const auto& transition : call.history()) {
    steps.push_back(
        {std::chrono::duration_cast<milliseconds>(transition.at - began), std::string(name_of(transition.to))});
  }
  for (const call::Party* party : {&call.caller(), call.called()}) {
    if (!party) continue;
    for (const auto& change : party->record().modes) {
      steps.push_back({since_start(change.at), fmt::format("{}: {} ({})", party->trunk(), name_of(change.mode),
                                                           name_of(change.reason, change.refused_with))});
    }
  }
  std::stable_sort(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return steps;
}

// The oldest call that claims a timeslot has it.
std::map<tdm::Timeslot, CallId> calls_by_slot(const call::CallManager& manager) {
  std::map<tdm::Timeslot, CallId> by_slot;
  for (const call::Call* call : manager.calls()) {
    for (const call::Party* party : {&call->caller(), call->called(), call->third()}) {
      if (party && !party->is_released() && party->slot()) by_slot.try_emplace(*party->slot(), call->id());
    }
  }
  return by_slot;
}

size_t ports_in_use(const call::CallManager& manager) {
  size_t pairs = 0;
  for (const call::Call* call : manager.calls()) {
    for (const call::Party* party : {&call->caller(), call->called(), call->third()}) pairs += party && party->is_ip();
  }
  return pairs;
}

}  // namespace sg::app
