#include "gateway/admin/command.h"

namespace sg::admin {

// {"command": "memory"}: all that is known; with "forget": "NUMBER" that number is forgotten.
void run_memory(const Json& request, View& view, const Reply& reply) {
  if (auto number = request.find("forget"); number != request.end()) {
    if (!number->is_string()) return reply(fail("\"forget\" must be a number as memory shows it"));
    auto forgotten = view.forget_fax_number(number->get<std::string>());
    if (!forgotten) return reply(tl::unexpected(forgotten.error()));
    return reply(Json{{"number", *number}, {"forgotten", *forgotten}});
  }
  auto known = view.fax_numbers();
  if (!known) return reply(tl::unexpected(known.error()));
  Json list = Json::array();
  for (const FaxNumberView& each : *known) {
    list.push_back({{"trunk", each.trunk},
                    {"number", each.number},
                    {"transport", each.transport},
                    {"asked_by", each.asked_by},
                    {"bit_rate", each.bit_rate},
                    {"ecm", each.ecm},
                    {"delivered", each.delivered},
                    {"failed", each.failed},
                    {"held_back", each.held_back},
                    {"last", each.last}});
  }
  reply(std::move(list));
}

}  // namespace sg::admin
