#include "tdm/pri/link_group.h"

namespace sg::tdm::pri {

LinkGroup::LinkGroup(const Config& config, std::vector<std::unique_ptr<DChannel>> dchannels, Counters& counters) {
  for (auto& dchannel : dchannels) {
    links_.push_back(std::make_unique<Link>(config, std::move(dchannel), counters));
    if (links_.size() > 1) ::pri_enslave(links_.front()->get(), links_.back()->get());
  }
}

void LinkGroup::announce_on_disconnect(int call_reference) {
  for (auto& link : links_) link->announce_on_disconnect(call_reference);
}

void LinkGroup::forget_announcement(int call_reference) {
  for (auto& link : links_) link->forget_announcement(call_reference);
}

std::optional<Duration> LinkGroup::until_next_timer() const {
  std::optional<Duration> soonest;
  for (const auto& link : links_) {
    auto wait = link->until_next_timer();
    if (wait && (!soonest || *wait < *soonest)) soonest = wait;
  }
  return soonest;
}

DChannelStats LinkGroup::stats() const {
  DChannelStats sum;
  for (const auto& link : links_) sum += link->dchannel_stats();
  return sum;
}

}  // namespace sg::tdm::pri
