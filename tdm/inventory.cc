#include "tdm/inventory.h"

#include <algorithm>

namespace sg::tdm {

Inventory::Inventory(const std::vector<Timeslot>& slots, HuntOrder hunt) : hunt_(hunt) {
  for (Timeslot slot : slots) slots_.emplace(slot, Slot{});
}

Inventory::SlotState Inventory::Slot::state() const {
  if (call) return SlotState::InUse;
  if (blocked) return SlotState::Blocked;
  if (restarting) return SlotState::Restarting;
  if (out_of_service) return SlotState::OutOfService;
  if (in_alarm) return SlotState::InAlarm;
  return SlotState::Idle;
}

std::optional<Timeslot> Inventory::seize(SignallingCallId call) {
  std::vector<Timeslot> order;
  for (const auto& [slot, entry] : slots_) order.push_back(slot);
  switch (hunt_) {
    case HuntOrder::Ascending:
      break;
    case HuntOrder::Descending:
      std::ranges::reverse(order);
      break;
    case HuntOrder::RoundRobin:
      std::rotate(order.begin(), std::upper_bound(order.begin(), order.end(), last_), order.end());
      break;
  }
  for (Timeslot slot : order) {
    if (!seize(slot, call)) continue;
    last_ = slot;
    return slot;
  }
  return std::nullopt;
}

bool Inventory::seize(Timeslot slot, SignallingCallId call) {
  auto found = slots_.find(slot);
  if (found == slots_.end() || found->second.state() != SlotState::Idle) return false;
  found->second.call = call;
  return true;
}

void Inventory::hand_over(Timeslot slot, SignallingCallId call) {
  if (auto found = slots_.find(slot); found != slots_.end()) found->second.call = call;
}

void Inventory::release(Timeslot slot, SignallingCallId call) {
  auto found = slots_.find(slot);
  if (found != slots_.end() && found->second.call == call) found->second.call = {};
}

void Inventory::set_restarting(Timeslot slot, bool restarting) {
  if (auto found = slots_.find(slot); found != slots_.end()) found->second.restarting = restarting;
}

void Inventory::set_out_of_service(Timeslot slot, bool out_of_service) {
  if (auto found = slots_.find(slot); found != slots_.end()) found->second.out_of_service = out_of_service;
}

void Inventory::set_blocked(Timeslot slot, bool blocked) {
  if (auto found = slots_.find(slot); found != slots_.end()) found->second.blocked = blocked;
}

bool Inventory::is_blocked(Timeslot slot) const {
  auto found = slots_.find(slot);
  return found != slots_.end() && found->second.blocked;
}

void Inventory::set_in_alarm(uint16_t span, bool in_alarm) {
  for (auto& [slot, entry] : slots_) {
    if (slot.span == span) entry.in_alarm = in_alarm;
  }
}

Inventory::SlotState Inventory::state(Timeslot slot) const {
  auto found = slots_.find(slot);
  return found == slots_.end() ? SlotState::OutOfService : found->second.state();
}

SignallingCallId Inventory::call_on(Timeslot slot) const {
  auto found = slots_.find(slot);
  return found == slots_.end() ? SignallingCallId{} : found->second.call;
}

size_t Inventory::idle() const {
  return static_cast<size_t>(
      std::ranges::count_if(slots_, [](const auto& entry) { return entry.second.state() == SlotState::Idle; }));
}

size_t Inventory::in_use() const {
  return static_cast<size_t>(std::ranges::count_if(slots_, [](const auto& entry) { return bool(entry.second.call); }));
}

std::vector<Signalling::SlotStatus> Inventory::status() const {
  std::vector<Signalling::SlotStatus> all;
  for (const auto& [slot, entry] : slots_) {
    all.push_back({.slot = slot, .state = entry.state(), .call = entry.call, .is_blocked = entry.blocked});
  }
  return all;
}

}  // namespace sg::tdm
