#include "tdm/pri/link_group.h"

#include <algorithm>

namespace sg::tdm::pri {

LinkGroup::LinkGroup(const Config& config, std::vector<std::unique_ptr<DChannel>> dchannels, Counters& counters) {
  for (auto& dchannel : dchannels) {
    uint16_t span = members_.empty() ? config.dchannel.span : config.backup->span;
    members_.push_back({std::make_unique<Link>(config, std::move(dchannel), counters), span});
    if (members_.size() > 1) ::pri_enslave(members_.front().link->get(), members_.back().link->get());
  }
}

void LinkGroup::set_in_alarm(uint16_t span, bool in_alarm) {
  for (Member& member : members_) {
    if (member.span == span) member.in_alarm = in_alarm;
  }
}

size_t LinkGroup::best() const {
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

void LinkGroup::announce_on_disconnect(int call_reference) {
  for (Member& member : members_) member.link->announce_on_disconnect(call_reference);
}

void LinkGroup::forget_announcement(int call_reference) {
  for (Member& member : members_) member.link->forget_announcement(call_reference);
}

std::optional<Duration> LinkGroup::until_next_timer() const {
  std::optional<Duration> soonest;
  for (const Member& member : members_) {
    auto wait = member.link->until_next_timer();
    if (wait && (!soonest || *wait < *soonest)) soonest = wait;
  }
  return soonest;
}

DChannelStats LinkGroup::stats() const {
  DChannelStats sum;
  for (const Member& member : members_) sum += member.link->dchannel_stats();
  return sum;
}

}  // namespace sg::tdm::pri
