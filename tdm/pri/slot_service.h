#pragma once

#include <functional>
#include <set>

#include "base/log.h"
#include "tdm/inventory.h"

namespace sg::tdm::pri {

// Timeslots that either end has put out of service: we block ours and tell it by SERVICE where the exchange speaks
// that, and the far end withdraws its own. Both stand when the D-channel goes and comes.
// Owned by an Interface; signalling thread only.
class SlotService {
 public:
  // Sends SERVICE for a timeslot. False: it cannot be told now.
  using Send = std::function<bool(Timeslot slot, bool is_blocked)>;

  // `speaks`: the exchange knows SERVICE. `inventory` outlives this.
  SlotService(Inventory& inventory, bool speaks, Send send, Log log);

  // False: there is no such timeslot. What is new of it is told by tell().
  bool set_blocked(Timeslot slot, bool is_blocked);
  void set_withdrawn(Timeslot slot, bool is_withdrawn);
  // The interface has come up: timeslots are as either end had them, and the far end may have been started anew.
  void on_interface_up();
  // What the far end does not know yet, as far as it can be told.
  void tell();

 private:
  Inventory& inventory_;
  const bool speaks_;
  const Send send_;
  Log log_;
  std::set<Timeslot> withdrawn_;
  std::set<Timeslot> untold_;  // blocked, or no longer, since we last told it
};

}  // namespace sg::tdm::pri
