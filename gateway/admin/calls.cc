#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

Json json_of(const LegView& leg) {
  return {{"trunk", leg.trunk},     {"name", leg.name},
          {"state", leg.state},     {"called", leg.called},
          {"calling", leg.calling}, {"slot", leg.slot ? Json(fmt::format("{}", *leg.slot)) : Json()}};
}

}  // namespace

Json json_of(const CallView& call) {
  return {{"call", call.id.value},
          {"id", call.id.value},
          {"uid", call.uid},
          {"state", call.state},
          {"media_mode", call.media_mode},
          {"age_ms", call.age.count()},
          {"talking_ms", call.talking ? Json(call.talking->count()) : Json()},
          {"from", json_of(call.from)},
          {"to", call.to ? json_of(*call.to) : Json()}};
}

void run_calls(const Json&, View& view, const Reply& reply) {
  Json list = Json::array();
  for (const CallView& call : view.calls()) list.push_back(json_of(call));
  reply(std::move(list));
}

}  // namespace sg::admin
