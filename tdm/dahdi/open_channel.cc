#include "tdm/dahdi/open_channel.h"

namespace sg::tdm::dahdi {

void OpenChannel::drain_events() {
  std::lock_guard lock(mutex_);
  while (!is_gone_) {
    char digit = 0;
    Event event = next_event(fd(), &digit);
    switch (event) {
      case Event::None:
        return;
      case Event::ReadOverrun:
        ++read_overruns_;
        ++lost_->read_overruns;
        break;
      case Event::WriteUnderrun:
        ++write_underruns_;
        ++lost_->write_underruns;
        break;
      case Event::CedSent:
      case Event::CedReceived:
      case Event::CngSent:
      case Event::CngReceived:
        ++fax_tones_;
        ++lost_->fax_tones;
        break;
      case Event::EchoOff:
      case Event::EchoNlpOff:
      case Event::EchoNlpOn:
        ++lost_->echo_changes;
        break;
      case Event::Removed:
        is_gone_ = true;
        alarm_signal_->signal();
        keep({event, 0});
        break;
      case Event::Alarm:
        alarm_signal_->signal();
        keep({event, 0});
        break;
      default:
        keep({event, digit});
        break;
    }
  }
}

void OpenChannel::set_gone() {
  std::lock_guard lock(mutex_);
  if (!is_gone_.exchange(true)) keep({Event::Removed, 0});
}

void OpenChannel::keep(HookEvent event) {
  if (!is_listened_to_) return;
  hook_events_.push_back(event);
  hook_signal_.signal();
}

void OpenChannel::listen(bool on) {
  std::lock_guard lock(mutex_);
  is_listened_to_ = on;
  hook_events_.clear();
  hook_signal_.clear();
}

std::optional<OpenChannel::HookEvent> OpenChannel::next_hook_event() {
  std::lock_guard lock(mutex_);
  if (hook_events_.empty()) {
    hook_signal_.clear();
    return std::nullopt;
  }
  HookEvent event = hook_events_.front();
  hook_events_.pop_front();
  return event;
}

}  // namespace sg::tdm::dahdi
