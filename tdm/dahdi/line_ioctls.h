#pragma once

#include <string_view>

#include "base/result.h"
#include "tdm/line.h"

namespace sg::tdm::dahdi {

// The calls to the driver that concern the wire of an analog channel, each with the words that tell the operator what
// failed. See ioctls.h for the others.

enum class Hook : uint8_t { OnHook, OffHook, Start, Wink, Flash, Ring, RingOff };
enum class HookProgress : uint8_t {
  Done,
  Begun,  // Event::HookComplete tells the end
  Busy,   // the channel is still at what came before (a battery drop, the settling of a loop)
};
Result<HookProgress> set_hook(int channel_fd, Hook hook);

// What the far end does: a lifted telephone or a seized lead (FXS port, E&M), battery (FXO port).
bool is_off_hook_at_far_end(int channel_fd, LineKind kind);
AlarmSet channel_alarms(int channel_fd);
// Up to 8 pairs of on and off.
Result<> set_ring_cadence(int channel_fd, const RingCadence& cadence);
// Event::DialComplete tells the end. Whatever is written meanwhile stops it.
Result<> dial_pulses(int channel_fd, std::string_view digits);
// Where a card knows no such thing audio passes always, and that is no error.
Result<> pass_audio_on_hook(int channel_fd, std::chrono::milliseconds length);
Result<> set_polarity(int channel_fd, bool reversed);
Result<> set_messages_waiting(int channel_fd, int messages);

}  // namespace sg::tdm::dahdi
