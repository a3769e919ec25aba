#include "gateway/call/call_manager.h"

#include <algorithm>

namespace sg::call {

CallManager::CallManager(const Context& context, Router& router, RecordSink records)
    : context_(context),
      router_(router),
      records_(std::move(records)),
      forgetting_(context.reactor),
      reaper_(context.reactor) {
  context_.media.set_listener(this);
}

CallManager::~CallManager() {
  context_.media.set_listener(nullptr);
}

CallId CallManager::on_incoming(Call::Incoming incoming) {
  owner_.check();
  CallId id{++last_id_};
  context_.counted.incoming.add();
  SessionId session = context_.media.open(id);
  auto call =
      std::make_unique<Call>(id, session, std::move(incoming), router_, context_, static_cast<CallOwner&>(*this));
  Call& started = *call;
  calls_.emplace(id, std::move(call));
  by_session_.emplace(session, &started);
  started.start();
  if (when_empty_) started.hang_up(kTemporaryFailure, HungUp::ByShutdown);
  // What is refused at once has its record as soon.
  if (begun_ && started.state() < CallState::Releasing) begun_(started.record_so_far());
  return id;
}

void CallManager::on_answered(const Call& call) {
  if (begun_) begun_(call.record_so_far());
}

const Call* CallManager::find(CallId id) const {
  owner_.check();
  auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : found->second.get();
}

std::vector<const Call*> CallManager::calls() const {
  owner_.check();
  std::vector<const Call*> all;
  for (const auto& [id, call] : calls_) all.push_back(call.get());
  std::sort(all.begin(), all.end(), [](const Call* a, const Call* b) { return a->id() < b->id(); });
  return all;
}

bool CallManager::hang_up(CallId id, HungUp why, Cause cause) {
  owner_.check();
  auto found = calls_.find(id);
  if (found == calls_.end()) return false;
  found->second->hang_up(cause, why);
  return true;
}

// The newest call has the least to lose: nobody has talked for long. One on a blocked timeslot would free none.
bool CallManager::make_room(const Trunk& on) {
  if (!on.state().is_full) return false;
  auto frees_timeslot = [&](const Party* party) {
    return party && party->trunk_of() == &on && !(party->slot() && on.is_blocked(*party->slot()));
  };
  auto is_lower = [&](const Call* call) {
    const bool is_ending = call->state() == CallState::Releasing || call->state() == CallState::Closed;
    const bool is_emergency = call->record().plan.is_emergency;
    return !is_ending && !is_emergency && (frees_timeslot(&call->caller()) || frees_timeslot(call->called()));
  };
  const auto all = calls();
  auto lower = std::find_if(all.rbegin(), all.rend(), is_lower);
  if (lower == all.rend()) return false;
  Log().error("trunk={} has no free timeslot for an emergency call: call {} is cleared", on.name(), (*lower)->id());
  context_.counted.emergency_cleared.add();
  return hang_up((*lower)->id(), HungUp::ForEmergency, kResourceUnavailable);
}

void CallManager::shut_down(std::function<void()> done) {
  owner_.check();
  when_empty_ = std::move(done);
  if (calls_.empty()) {
    context_.reactor.post(when_empty_);
    return;
  }
  for (const auto& [id, call] : calls_) call->hang_up(kTemporaryFailure, HungUp::ByShutdown);
}

void CallManager::on_media_event(SessionId session, const media::Event& event) {
  owner_.check();
  auto found = by_session_.find(session);
  if (found != by_session_.end()) found->second->on_media_event(event);
}

void CallManager::on_closed(Call& call) {
  context_.counted.ended.add();
  records_(call.record());
  by_session_.erase(call.session());
  remember_dialogs(call);
  ended_.push_back(call.id());
  reaper_.arm(Duration::zero(), [this] { reap(); });
}

void CallManager::reap() {
  for (CallId id : std::exchange(ended_, {})) calls_.erase(id);
  if (calls_.empty() && when_empty_) when_empty_();
}

}  // namespace sg::call
