#include "gateway/sip/dialog_state.h"

namespace sg::sip {

std::string_view name_of(DialogState state) {
  switch (state) {
    case DialogState::Idle:
      return "Idle";
    case DialogState::Calling:
      return "Calling";
    case DialogState::Called:
      return "Called";
    case DialogState::Established:
      return "Established";
    case DialogState::Releasing:
      return "Releasing";
    case DialogState::Released:
      return "Released";
  }
  return "?";
}

std::string_view name_of(DialogEvent event) {
  switch (event) {
    case DialogEvent::Setup:
      return "Setup";
    case DialogEvent::Invited:
      return "Invited";
    case DialogEvent::Progress:
      return "Progress";
    case DialogEvent::Answer:
      return "Answer";
    case DialogEvent::Answered:
      return "Answered";
    case DialogEvent::Release:
      return "Release";
    case DialogEvent::Lost:
      return "Lost";
    case DialogEvent::Over:
      return "Over";
  }
  return "?";
}

const FsmTable<DialogState, DialogEvent>& dialog_table() {
  using S = DialogState;
  using E = DialogEvent;
  static const FsmTable<DialogState, DialogEvent> kTable{
      "sip_leg",
      {{S::Idle, {E::Setup, E::Invited, E::Release}, {S::Calling, S::Called, S::Releasing}},
       {S::Calling, {E::Answered, E::Release, E::Over}, {S::Established, S::Releasing, S::Released}},
       {S::Called, {E::Progress, E::Answer, E::Release, E::Over}, {S::Established, S::Releasing, S::Released}},
       {S::Established, {E::Release, E::Lost, E::Over}, {S::Releasing, S::Released}},
       {S::Releasing, {E::Over}, {S::Released}},
       {S::Released, {}, {}}}};
  return kTable;
}

}  // namespace sg::sip
