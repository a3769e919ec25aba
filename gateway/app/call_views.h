#pragma once

#include <map>
#include <vector>

#include "gateway/admin/view.h"
#include "gateway/call/call_manager.h"

// Calls, as the admin commands see them.
namespace sg::app {

admin::CallView view_of(const call::Call& call);
std::vector<admin::StepView> history_of(const call::Call& call);
// Which call each timeslot carries.
std::map<tdm::Timeslot, CallId> calls_by_slot(const call::CallManager& manager);
// Pairs of ports that the IP sides of all calls have.
size_t ports_in_use(const call::CallManager& manager);

}  // namespace sg::app
