#include "gateway/admin/command.h"

namespace sg::admin {

void run_counters(const Json& request, View& view, const Reply& reply) {
  std::string prefix;
  if (auto given = request.find("prefix"); given != request.end()) {
    if (!given->is_string()) return reply(fail("\"prefix\" must be a text"));
    prefix = given->get<std::string>();
  }
  Json counters = Json::object();
  for (const auto& [name, value] : view.counters()) {
    if (name.starts_with(prefix)) counters[name] = value;
  }
  reply(std::move(counters));
}

}  // namespace sg::admin
