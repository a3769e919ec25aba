#include <fmt/chrono.h>

#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

Json json_of(const std::optional<tdm::SpanHistory::Interval>& interval) {
  if (!interval) return {};
  auto time = [](tdm::SpanHistory::WallTime at) {
    return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
  };
  Json counts = Json::object();
  for (const auto& [name, value] : interval->counts) counts[name] = value;
  return {{"from", time(interval->from)}, {"until", time(interval->until)}, {"counts", std::move(counts)}};
}

Json json_of(const tdm::SpanHistory::View& history) {
  return {{"quarter", json_of(history.quarter)},
          {"quarter_before", json_of(history.quarter_before)},
          {"day", json_of(history.day)},
          {"day_before", json_of(history.day_before)}};
}

}  // namespace

void run_spans(const Json& request, View& view, const Reply& reply) {
  bool with_history = false;
  if (auto given = request.find("history"); given != request.end()) {
    if (!given->is_boolean()) return reply(fail("\"history\" must be true or false"));
    with_history = given->get<bool>();
  }
  Json list = Json::array();
  for (const SpanView& span : view.spans()) {
    Json counters = Json::object();
    for (const auto& [name, value] : span.span.counters) counters[name] = value;
    list.push_back({{"span", span.span.number},
                    {"name", span.span.name},
                    {"type", name_of(span.span.type)},
                    {"alarms", tdm::to_string(span.span.alarms)},
                    {"clock", span.span.clock},
                    {"trunk", span.trunk},
                    {"signalling", span.signalling},
                    {"is_up", span.signalling_is_up},
                    {"idle", span.idle},
                    {"in_use", span.in_use},
                    {"out_of_service", span.out_of_service},
                    {"blocked", span.blocked},
                    {"counters", std::move(counters)}});
    if (with_history) list.back()["history"] = json_of(span.history);
  }
  reply(std::move(list));
}

}  // namespace sg::admin
