#pragma once

#include <cstdint>
#include <string_view>

#include "base/fsm.h"

namespace sg::sip {

// How far the dialog of a SipLeg is.
enum class DialogState : uint8_t {
  Idle,
  Calling,  // our INVITE is out
  Called,   // the peer's waits for our answer
  Established,
  Releasing,  // we have said BYE, CANCEL or no, or Sofia has
  Released,   // on_released has been told
};
enum class DialogEvent : uint8_t {
  Setup,
  Invited,
  Progress,  // ours
  Answer,    // ours
  Answered,  // the peer's 200
  Release,   // ours
  Lost,      // the peer is gone, and Sofia ends the dialog
  Over,
};

std::string_view name_of(DialogState state);
std::string_view name_of(DialogEvent event);
const FsmTable<DialogState, DialogEvent>& dialog_table();

}  // namespace sg::sip
