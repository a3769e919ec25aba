#include "tdm/pri/call_table.h"

namespace sg::tdm::pri {

std::string_view name_of(CallState state) {
  switch (state) {
    case CallState::Setup:
      return "Setup";
    case CallState::Overlap:
      return "Overlap";
    case CallState::Proceeding:
      return "Proceeding";
    case CallState::Alerting:
      return "Alerting";
    case CallState::Active:
      return "Active";
    case CallState::Disconnected:
      return "Disconnected";
    case CallState::Announcing:
      return "Announcing";
    case CallState::Releasing:
      return "Releasing";
    case CallState::Over:
      return "Over";
  }
  return "?";
}

std::string_view name_of(CallEvent event) {
  switch (event) {
    case CallEvent::SetupAcknowledge:
      return "SetupAcknowledge";
    case CallEvent::CallProceeding:
      return "CallProceeding";
    case CallEvent::Progress:
      return "Progress";
    case CallEvent::Alerting:
      return "Alerting";
    case CallEvent::Connect:
      return "Connect";
    case CallEvent::Disconnect:
      return "Disconnect";
  }
  return "?";
}

const FsmTable<CallState, CallEvent>& Call::table() {
  using S = CallState;
  using E = CallEvent;
  static const FsmTable<CallState, CallEvent> kTable{
      "pri_call",
      {{S::Setup,
        {E::SetupAcknowledge, E::CallProceeding, E::Progress, E::Alerting, E::Connect, E::Disconnect},
        {S::Overlap, S::Proceeding, S::Alerting, S::Active, S::Disconnected, S::Releasing, S::Over}},
       // Refused for its timeslot it begins anew on another.
       {S::Overlap,
        {E::SetupAcknowledge, E::CallProceeding, E::Progress, E::Alerting, E::Connect, E::Disconnect},
        {S::Setup, S::Proceeding, S::Alerting, S::Active, S::Disconnected, S::Releasing, S::Over}},
       {S::Proceeding,
        {E::CallProceeding, E::Progress, E::Alerting, E::Connect, E::Disconnect},
        {S::Setup, S::Alerting, S::Active, S::Disconnected, S::Announcing, S::Releasing, S::Over}},
       // CALL PROCEEDING may come late.
       {S::Alerting,
        {E::CallProceeding, E::Progress, E::Alerting, E::Connect, E::Disconnect},
        {S::Proceeding, S::Active, S::Disconnected, S::Announcing, S::Releasing, S::Over}},
       {S::Active, {E::Progress, E::Disconnect}, {S::Disconnected, S::Announcing, S::Releasing, S::Over}},
       {S::Disconnected, {E::Progress, E::Disconnect}, {S::Releasing, S::Over}},
       {S::Announcing, {E::Progress, E::Disconnect}, {S::Releasing, S::Over}},
       {S::Releasing, {}, {S::Over}},
       {S::Over, {}, {}}}};
  return kTable;
}

Call::Call(SignallingCallId call_id, q931_call* q931, Reactor& clock, Counters& counters, const Log& log)
    : id(call_id), handle(q931), timer(clock), reactor(clock), fsm(table(), CallState::Setup, counters, log) {}

void Call::enter(CallState next) {
  if (next != state()) fsm.enter(next, reactor.now());
}

Call& CallTable::add(SignallingCallId id, q931_call* handle) {
  auto& call = by_id_[id] =
      std::make_unique<Call>(id, handle, reactor_, counters_, Log(fmt::format("pri={} call={}", name_, id)));
  by_handle_[handle] = call.get();
  return *call;
}

Call* CallTable::find(SignallingCallId id) {
  auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second.get();
}

Call* CallTable::find(q931_call* handle) {
  auto found = by_handle_.find(handle);
  return found == by_handle_.end() ? nullptr : found->second;
}

void CallTable::rebind(Call& call, q931_call* handle) {
  // libpri may have given the old address to a new call already.
  if (auto old = by_handle_.find(call.handle); old != by_handle_.end() && old->second == &call) by_handle_.erase(old);
  call.handle = handle;
  if (handle) by_handle_[handle] = &call;
}

void CallTable::erase(SignallingCallId id) {
  if (Call* call = find(id)) {
    rebind(*call, nullptr);
    by_id_.erase(id);
  }
}

std::vector<SignallingCallId> CallTable::ids() const {
  std::vector<SignallingCallId> all;
  for (const auto& [id, call] : by_id_) all.push_back(id);
  return all;
}

}  // namespace sg::tdm::pri
