#include "gateway/admin/command.h"

namespace sg::admin {

void run_trunks(const Json&, View& view, const Reply& reply) {
  Json list = Json::array();
  for (const TrunkView& trunk : view.trunks()) {
    list.push_back({{"trunk", trunk.name},
                    {"kind", trunk.kind},
                    {"is_up", trunk.is_up},
                    {"state", trunk.state},
                    {"calls", trunk.calls},
                    {"max_calls", trunk.max_calls}});
  }
  reply(std::move(list));
}

}  // namespace sg::admin
