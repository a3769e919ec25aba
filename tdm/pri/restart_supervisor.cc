#include "tdm/pri/restart_supervisor.h"

#include <algorithm>
#include <utility>

namespace sg::tdm::pri {
namespace {

// How long to wait for the first answer when all timeslots are restarted: no call can be placed meanwhile.
constexpr Duration kFirstRestart = 5s;
constexpr int kMostTimes = 2;

}  // namespace

RestartSupervisor::RestartSupervisor(Reactor& reactor, Inventory& inventory, Duration t316,
                                     std::function<void(Timeslot)> send, Counters& counters, Log log)
    : inventory_(inventory),
      t316_after_(t316),
      send_(std::move(send)),
      timer_expiries_(counters.get("pri.timer_expiries")),
      log_(std::move(log)),
      t316_(reactor) {}

void RestartSupervisor::set_up(bool is_up) {
  is_up_ = is_up;
  if (is_up) return;
  waiting_.clear();
  sent_.reset();
  t316_.cancel();
}

void RestartSupervisor::restart(Timeslot slot) {
  if (!inventory_.contains(slot) || inventory_.call_on(slot) || std::ranges::find(waiting_, slot) != waiting_.end())
    return;
  inventory_.set_restarting(slot, true);
  waiting_.push_back(slot);
  next();
}

void RestartSupervisor::restart_all() {
  is_restarting_all_ = true;
  is_answered_ = false;
  for (const auto& entry : inventory_.status()) {
    if (entry.state != Inventory::SlotState::OutOfService) restart(entry.slot);
  }
}

void RestartSupervisor::on_call(Timeslot slot) {
  if (std::erase(waiting_, slot) > 0) inventory_.set_restarting(slot, false);
}

void RestartSupervisor::on_acknowledged(std::optional<Timeslot> slot) {
  if (!slot) slot = sent_;
  if (!slot) return;
  inventory_.set_restarting(*slot, false);
  if (slot != sent_) return;
  is_answered_ = true;
  t316_.cancel();
  sent_.reset();
  next();
}

void RestartSupervisor::send_again() {
  if (sent_) send();
}

void RestartSupervisor::next() {
  if (sent_ || !is_up_) return;
  if (waiting_.empty()) {
    is_restarting_all_ = false;
    return;
  }
  sent_ = waiting_.front();
  waiting_.pop_front();
  times_sent_ = 0;
  send();
}

void RestartSupervisor::send() {
  ++times_sent_;
  send_(*sent_);
  const bool is_first = is_restarting_all_ && !is_answered_;
  t316_.arm(is_first ? std::min(kFirstRestart, t316_after_) : t316_after_, [this] { on_t316(); });
}

void RestartSupervisor::on_t316() {
  timer_expiries_.add();
  // Not every exchange knows RESTART. None that it has asked for, so nothing is known to be wrong: use them all.
  if (is_restarting_all_ && !is_answered_) {
    log_.warning("the far end does not acknowledge RESTART: the timeslots are used as they are");
    waiting_.push_back(*sent_);
    for (Timeslot slot : std::exchange(waiting_, {})) inventory_.set_restarting(slot, false);
    sent_.reset();
    is_restarting_all_ = false;
    return;
  }
  if (times_sent_ < kMostTimes) return send();
  log_.error("slot={} is out of service: RESTART was not acknowledged", *sent_);
  inventory_.set_restarting(*sent_, false);
  inventory_.set_out_of_service(*sent_, true);
  sent_.reset();
  next();
}

}  // namespace sg::tdm::pri
