#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

Json summary_of(const Json& record) {
  const Json& fax = record.at("fax");
  const Json& called = record.at("called");
  return {{"call", record.at("call")},
          {"id", record.at("call")},
          {"started", record.at("started")},
          {"from", record.at("caller").at("trunk")},
          {"calling", record.at("caller").at("calling")},
          {"to", called.empty() ? Json() : called.back().at("trunk")},
          {"called", called.empty() ? record.at("caller").at("called") : called.back().at("called")},
          {"pages", fax.at("pages")},
          {"bit_rate", fax.at("bit_rate")},
          {"transport", fax.at("transport")},
          {"in", fax.at("in")},
          {"out", fax.at("out")},
          {"verdict", fax.at("verdict")},
          {"cause", fax.at("cause")}};
}

// Those before the start of the gateway are in its file.
void list(const Json& request, View& view, const Reply& reply) {
  Json faxes = Json::array();
  for (const std::string& line : view.faxes()) faxes.push_back(summary_of(Json::parse(line)));
  auto with_file = request.find("with_file");
  if (with_file == request.end() || *with_file != true) return reply(std::move(faxes));
  reply(Json{{"faxes", std::move(faxes)}, {"most", view.most_faxes()}, {"in_file", view.records_file()}});
}

}  // namespace

// A fax that is no longer kept is in the file of call records, which the client reads: it may be large, and nothing on
// this thread waits for a disk.
void run_fax(const Json& request, View& view, const Reply& reply) {
  if (!request.contains("call") && !request.contains("id")) return list(request, view, reply);
  auto given = call_in(request);
  if (!given) return reply(tl::unexpected(given.error()));
  const CallId id = *given;
  view.ask_fax(id, [id, &view, reply](std::optional<std::string> line) {
    if (line) return reply(Json::parse(*line));
    const std::string file = view.records_file();
    if (file.empty()) return reply(fail("there is no fax {} any more, and no call records are kept", id));
    reply(Json{{"call", id.value}, {"in_file", file}});
  });
}

}  // namespace sg::admin
