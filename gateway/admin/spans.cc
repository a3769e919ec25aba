#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

std::string_view name_of(tdm::SpanType type) {
  switch (type) {
    case tdm::SpanType::E1:
      return "E1";
    case tdm::SpanType::T1:
      return "T1";
    case tdm::SpanType::Bri:
      return "BRI";
    case tdm::SpanType::Analog:
      return "analog";
  }
  return "";
}

}  // namespace

void run_spans(const Json&, View& view, const Reply& reply) {
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
                    {"counters", std::move(counters)}});
  }
  reply(std::move(list));
}

}  // namespace sg::admin
