#include "tdm/dahdi/line_ioctls.h"

#include <dahdi/user.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tdm/dahdi/driver_types.h"

namespace sg::tdm::dahdi {
namespace {

// What the driver calls DAHDI_RXSIG_… of dahdi_params.rxhooksig; its header for programs does not name them.
enum : int { kRxOnHook = 0, kRxOffHook = 1, kRxStart = 2 };

int driver_hook(Hook hook) {
  switch (hook) {
    case Hook::OnHook:
      return DAHDI_ONHOOK;
    case Hook::OffHook:
      return DAHDI_OFFHOOK;
    case Hook::Start:
      return DAHDI_START;
    case Hook::Wink:
      return DAHDI_WINK;
    case Hook::Flash:
      return DAHDI_FLASH;
    case Hook::Ring:
      return DAHDI_RING;
    case Hook::RingOff:
      return DAHDI_RINGOFF;
  }
  return DAHDI_ONHOOK;
}

std::string explain(int error) {
  switch (error) {
    case ENODATA:
      return "the driver has no tone zone: add loadzone= and defaultzone= to /etc/dahdi/system.conf, then run "
             "dahdi_cfg";
    case ENODEV:
      return "its card or span was removed from the driver";
    case ENOTTY:
    case ENOSYS:
      return "the card cannot";
    default:
      return std::strerror(error);
  }
}

// The driver wants a pointer for each of these, whatever its arguments look like.
Result<> control(int fd, unsigned long request, int value, std::string_view what) {
  if (::ioctl(fd, request, &value) == 0) return {};
  return fail("{}: {}", what, explain(errno));
}

}  // namespace

Result<HookProgress> set_hook(int channel_fd, Hook hook) {
  int value = driver_hook(hook);
  if (::ioctl(channel_fd, DAHDI_HOOK, &value) == 0) return HookProgress::Done;
  if (errno == EINPROGRESS) return HookProgress::Begun;
  if (errno == EBUSY) return HookProgress::Busy;
  return fail("cannot change its hook: {}", explain(errno));
}

bool is_off_hook_at_far_end(int channel_fd, LineKind kind) {
  dahdi_params state{};
  if (::ioctl(channel_fd, DAHDI_GET_PARAMS, &state) != 0) return false;
  if (kind == LineKind::Fxo) return state.rxhooksig != kRxOnHook;
  return state.rxhooksig == kRxOffHook || state.rxhooksig == kRxStart;
}

AlarmSet channel_alarms(int channel_fd) {
  dahdi_params state{};
  if (::ioctl(channel_fd, DAHDI_GET_PARAMS, &state) != 0) return kAlarmRemoved;
  return to_alarms(state.chan_alarms);
}

Result<> set_ring_cadence(int channel_fd, const RingCadence& cadence) {
  dahdi_ring_cadence raw{};
  if (cadence.size() > DAHDI_MAX_CADENCE) return fail("a ring cadence of more than {} times", DAHDI_MAX_CADENCE);
  std::ranges::transform(cadence, raw.ringcadence, [](auto time) { return static_cast<int>(time.count()); });
  if (::ioctl(channel_fd, DAHDI_SETCADENCE, &raw) == 0) return {};
  return fail("cannot set the ring cadence: {}", explain(errno));
}

Result<> dial_pulses(int channel_fd, std::string_view digits) {
  dahdi_dialoperation dial{};
  dial.op = DAHDI_DIAL_OP_REPLACE;
  constexpr size_t kRoom = sizeof(dial.dialstr) - 2;
  if (digits.size() > kRoom) return fail("{} digits to dial: {} at most", digits.size(), kRoom);
  dial.dialstr[0] = 'P';
  std::ranges::copy(digits, dial.dialstr + 1);
  if (::ioctl(channel_fd, DAHDI_DIAL, &dial) == 0) return {};
  return fail("cannot dial pulses: {}", explain(errno));
}

Result<> pass_audio_on_hook(int channel_fd, std::chrono::milliseconds length) {
  int value = static_cast<int>(length.count());
  if (::ioctl(channel_fd, DAHDI_ONHOOKTRANSFER, &value) == 0 || errno == ENOTTY || errno == ENOSYS) return {};
  return fail("cannot pass audio on-hook: {}", explain(errno));
}

Result<> set_polarity(int channel_fd, bool reversed) {
  return control(channel_fd, DAHDI_SETPOLARITY, reversed ? 1 : 0, "cannot reverse its battery");
}

Result<> set_messages_waiting(int channel_fd, int messages) {
  return control(channel_fd, DAHDI_VMWI, messages, "cannot light its lamp");
}

}  // namespace sg::tdm::dahdi
