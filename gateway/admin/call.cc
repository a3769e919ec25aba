#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

Error no_call(CallId id) {
  return {fmt::format("there is no call {}", id)};
}

Json json_of(const media::SideStats& side) {
  return {{"rtp",
           {{"packets_sent", side.rtp.packets_sent},
            {"packets_received", side.rtp.packets_received},
            {"lost", side.rtp.lost},
            {"late", side.rtp.late},
            {"duplicate", side.rtp.duplicate},
            {"malformed", side.rtp.malformed},
            {"concealed_samples", side.rtp.concealed_samples},
            {"recovered", side.rtp.recovered},
            {"drift_ppm", side.rtp.drift_ppm},
            {"jitter_ms", side.rtp.jitter_ms},
            {"round_trip_ms", side.rtp.round_trip_ms},
            {"remote_loss", side.rtp.remote_loss},
            {"redundancy", side.rtp.redundancy}}},
          {"t38",
           {{"packets_sent", side.udptl.packets_sent},
            {"packets_received", side.udptl.packets_received},
            {"lost", side.udptl.lost},
            {"recovered_redundancy", side.udptl.recovered_redundancy},
            {"recovered_fec", side.udptl.recovered_fec},
            {"late", side.udptl.late},
            {"duplicate", side.udptl.duplicate},
            {"malformed", side.udptl.malformed},
            {"refused", side.udptl.refused},
            {"too_long", side.udptl.too_long},
            {"oversize", side.udptl.oversize},
            {"redundancy", side.udptl.redundancy}}},
          {"bearer", {{"read_overruns", side.bearer.read_overruns}, {"write_underruns", side.bearer.write_underruns}}}};
}

Json json_of(const media::SessionStats& stats) {
  return {{"a", json_of(stats.side[0])},
          {"b", json_of(stats.side[1])},
          {"fax",
           {{"pages", stats.fax.pages},
            {"bit_rate", stats.fax.bit_rate},
            {"ecm", stats.fax.ecm},
            {"ended_by_dcn", stats.fax.ended_by_dcn}}}};
}

Json json_of(const CallDetail& detail) {
  Json history = Json::array();
  for (const StepView& step : detail.history) history.push_back({{"at_ms", step.at.count()}, {"what", step.what}});
  Json json = admin::json_of(detail.call);
  json["history"] = std::move(history);
  json["media"] = detail.media ? json_of(*detail.media) : Json();
  return json;
}

}  // namespace

Result<CallId> call_in(const Json& request) {
  auto given = request.find("call");
  if (given == request.end()) given = request.find("id");
  if (given == request.end() || !given->is_number_unsigned()) return fail("\"call\" must be the number of a call");
  return CallId{given->get<uint64_t>()};
}

// A call that is over is in the file of call records, which the client reads.
void run_call(const Json& request, View& view, const Reply& reply) {
  auto id = call_in(request);
  if (!id) return reply(tl::unexpected(id.error()));
  view.ask_call(*id, [id = *id, &view, reply](std::optional<CallDetail> detail) {
    if (detail) return reply(json_of(*detail));
    const std::string file = view.records_file();
    if (file.empty()) return reply(tl::unexpected(no_call(id)));
    reply(Json{{"call", id.value}, {"in_file", file}});
  });
}

void run_hangup(const Json& request, View& view, const Reply& reply) {
  auto id = call_in(request);
  if (!id) return reply(tl::unexpected(id.error()));
  if (!view.hang_up(*id)) return reply(tl::unexpected(no_call(*id)));
  reply(Json{{"call", id->value}});
}

}  // namespace sg::admin
