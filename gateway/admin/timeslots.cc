#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

std::string_view name_of(tdm::Signalling::SlotState state) {
  using State = tdm::Signalling::SlotState;
  switch (state) {
    case State::Idle:
      return "idle";
    case State::InUse:
      return "in use";
    case State::Blocked:
      return "blocked";
    case State::OutOfService:
      return "out of service";
    case State::Restarting:
      return "restarting";
    case State::InAlarm:
      return "in alarm";
  }
  return "";
}

}  // namespace

void run_timeslots(const Json&, View& view, const Reply& reply) {
  Json list = Json::array();
  for (const TimeslotView& slot : view.timeslots()) {
    list.push_back({{"slot", fmt::format("{}", slot.slot)},
                    {"trunk", slot.trunk},
                    {"state", name_of(slot.state)},
                    {"is_blocked", slot.is_blocked},
                    {"detail", slot.detail},
                    {"call", slot.call ? Json(slot.call.value) : Json()}});
  }
  reply(std::move(list));
}

}  // namespace sg::admin
