#include "tdm/pri/slot_service.h"

#include <utility>

namespace sg::tdm::pri {

SlotService::SlotService(Inventory& inventory, bool speaks, Send send, Log log)
    : inventory_(inventory), speaks_(speaks), send_(std::move(send)), log_(std::move(log)) {}

bool SlotService::set_blocked(Timeslot slot, bool is_blocked) {
  if (!inventory_.contains(slot)) return false;
  if (inventory_.is_blocked(slot) == is_blocked) return true;
  inventory_.set_blocked(slot, is_blocked);
  log_.warning("slot={} is {}", slot, is_blocked ? "blocked" : "no longer blocked");
  untold_.insert(slot);
  return true;
}

void SlotService::set_withdrawn(Timeslot slot, bool is_withdrawn) {
  inventory_.set_out_of_service(slot, is_withdrawn);
  if (is_withdrawn) {
    withdrawn_.insert(slot);
  } else {
    withdrawn_.erase(slot);
  }
}

void SlotService::on_interface_up() {
  for (const auto& entry : inventory_.status()) {
    inventory_.set_restarting(entry.slot, false);
    inventory_.set_out_of_service(entry.slot, withdrawn_.contains(entry.slot));
    if (entry.is_blocked) untold_.insert(entry.slot);
  }
}

void SlotService::tell() {
  if (!speaks_) return untold_.clear();
  std::erase_if(untold_, [this](Timeslot slot) { return send_(slot, inventory_.is_blocked(slot)); });
}

}  // namespace sg::tdm::pri
