#include "gateway/call/call_state.h"

namespace sg::call {

const FsmTable<CallState, CallEvent>& call_table() {
  using S = CallState;
  using E = CallEvent;
  static const FsmTable<CallState, CallEvent> kTable{
      "call",
      {{S::Collecting, {E::Dialled, E::Disconnected, E::Released}, {S::Trying, S::Releasing}},
       {S::Trying,
        {E::Alerted, E::Answered, E::Disconnected, E::Released},
        {S::Alerting, S::Answered, S::Announcing, S::Releasing}},
       {S::Alerting,
        {E::Alerted, E::Answered, E::Disconnected, E::Released},
        {S::Answered, S::Trying, S::Announcing, S::Releasing}},
       {S::Answered, {E::Disconnected, E::Released}, {S::Releasing}},
       {S::Announcing, {E::Released}, {S::Releasing}},
       {S::Releasing, {E::Released}, {S::Closed}},
       {S::Closed, {}, {}}}};
  return kTable;
}

std::string_view name_of(CallState state) {
  switch (state) {
    case CallState::Collecting:
      return "collecting";
    case CallState::Trying:
      return "trying";
    case CallState::Alerting:
      return "alerting";
    case CallState::Answered:
      return "answered";
    case CallState::Announcing:
      return "announcing";
    case CallState::Releasing:
      return "releasing";
    case CallState::Closed:
      return "closed";
  }
  return "";
}

std::string_view name_of(CallEvent event) {
  switch (event) {
    case CallEvent::Dialled:
      return "dialled";
    case CallEvent::Alerted:
      return "alerted";
    case CallEvent::Answered:
      return "answered";
    case CallEvent::Disconnected:
      return "disconnected";
    case CallEvent::Released:
      return "released";
  }
  return "";
}

}  // namespace sg::call
