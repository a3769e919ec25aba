#include "tdm/pri/dchannel_choice.h"

namespace sg::tdm::pri {
namespace {

// How long the primary has, once the backup is up, when the interface starts. Both ends begin on it then.
constexpr Duration kWaitForPrimary = 3s;

}  // namespace

DChannelChoice::DChannelChoice(const std::vector<uint16_t>& spans, Reactor& reactor, Listener& listener)
    : listener_(listener), wait_(reactor) {
  for (uint16_t span : spans) members_.push_back({.span = span});
}

void DChannelChoice::set_up(size_t index, bool is_up) {
  members_[index].is_up = is_up;
  choose();
}

void DChannelChoice::set_one_way(size_t index, bool is_one_way) {
  members_[index].is_one_way = is_one_way;
  choose();
}

void DChannelChoice::set_in_alarm(uint16_t span, bool is_in_alarm) {
  for (Member& member : members_) {
    if (member.span == span) member.is_in_alarm = is_in_alarm;
  }
  choose();
}

void DChannelChoice::follow(size_t index) {
  if (is_usable(index)) change_over(index);
}

size_t DChannelChoice::best() const {
  if (is_usable(active_)) return active_;
  for (size_t index = 0; index < size(); ++index) {
    if (is_usable(index)) return index;
  }
  if (is_up(active_)) return active_;
  for (size_t index = 0; index < size(); ++index) {
    if (is_up(index)) return index;
  }
  return active_;
}

void DChannelChoice::choose() {
  const size_t wanted = best();
  const bool may_wait = wanted != 0 && !was_interface_up_ && !has_waited_;
  if (may_wait && is_up(wanted)) {
    if (wait_.is_armed()) return;
    return wait_.arm(kWaitForPrimary, [this] {
      has_waited_ = true;
      choose();
    });
  }
  change_over(wanted);
  const bool is_up_now = is_up(active_);
  if (is_up_now == is_interface_up_) return;
  is_interface_up_ = is_up_now;
  was_interface_up_ = was_interface_up_ || is_up_now;
  is_up_now ? listener_.on_interface_up() : listener_.on_interface_down();
}

void DChannelChoice::change_over(size_t to) {
  const size_t from = active_;
  if (to == from) return;
  listener_.on_leaving(from);
  if (active_ != from) return;
  active_ = to;
  listener_.on_changed_over(from, to, !is_usable(from));
}

}  // namespace sg::tdm::pri
