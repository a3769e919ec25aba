#include "gateway/admin/command.h"

namespace sg::admin {

void run_route(const Json& request, View& view, const Reply& reply) {
  RouteQuestion question;
  for (auto [key, value] : {std::pair{"called", &question.called},
                            {"from", &question.from},
                            {"calling", &question.calling},
                            {"at", &question.at},
                            {"media", &question.media},
                            {"ton", &question.ton},
                            {"line", &question.line}}) {
    auto given = request.find(key);
    if (given == request.end()) continue;
    if (!given->is_string()) return reply(fail("\"{}\" must be a text", key));
    *value = given->get<std::string>();
  }
  if (question.called.empty() || question.from.empty()) return reply(fail("\"called\" and \"from\" are wanted"));
  auto answer = view.explain_route(question);
  if (!answer) return reply(tl::unexpected(answer.error()));

  Json considered = Json::array(), targets = Json::array();
  for (const auto& row : answer->considered) {
    considered.push_back({{"route", row.route}, {"pattern", row.pattern}, {"fate", row.fate}});
  }
  for (const auto& target : answer->targets) {
    targets.push_back({{"trunk", target.trunk},
                       {"state", target.state},
                       {"called", target.called},
                       {"calling", target.calling},
                       {"note", target.note},
                       {"sends", target.message}});
  }
  reply(Json{{"dialled", question.called},
             {"called", answer->called},
             {"calling", answer->calling},
             {"considered", std::move(considered)},
             {"forwards", answer->forwards},
             {"route", answer->route},
             {"outcome", answer->outcome},
             {"media", answer->media},
             {"cause", answer->cause},
             {"emergency", answer->is_emergency},
             {"limit", answer->limit},
             {"targets", std::move(targets)}});
}

}  // namespace sg::admin
