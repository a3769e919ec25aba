#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

bool is_place(const Json& after) {
  const auto has_text = [&](const char* key) { return after.contains(key) && after.at(key).is_string(); };
  return after.is_object() && has_text("trunk") && has_text("number");
}

void forget(const Json& number, const Json& trunk, View& view, const Reply& reply) {
  if (!number.is_string() || !trunk.is_string()) return reply(fail("\"forget\" and \"trunk\" must be texts"));
  auto forgotten = view.forget_fax_number(number.get<std::string>(), trunk.get<std::string>());
  if (!forgotten) return reply(tl::unexpected(forgotten.error()));
  reply(Json{{"number", number}, {"forgotten", *forgotten}});
}

void import(const Json& given, View& view, const Reply& reply) {
  if (!given.is_array()) return reply(fail("\"import\" must be a list of what memory shows"));
  std::vector<std::string> lines;
  for (const Json& each : given) lines.push_back(each.dump(-1, ' ', false, Json::error_handler_t::replace));
  auto imported = view.import_fax_numbers(lines);
  if (!imported) return reply(tl::unexpected(imported.error()));
  reply(Json{{"taken", imported->taken}, {"older", imported->older}});
}

}  // namespace

// {"command": "memory"}: what is known, a page of it, and with "after": the last object of a page, the next one, until
// there is none; with "forget": "NUMBER" that number is forgotten, on all trunks or on
// "trunk"; with "import": [...] what another gateway knew is taken over.
void run_memory(const Json& request, View& view, const Reply& reply) {
  if (auto number = request.find("forget"); number != request.end()) {
    return forget(*number, request.value("trunk", Json("")), view, reply);
  }
  if (auto given = request.find("import"); given != request.end()) return import(*given, view, reply);
  const Json after = request.value("after", Json({{"trunk", ""}, {"number", ""}}));
  if (!is_place(after)) return reply(fail("\"after\" must have the texts \"trunk\" and \"number\""));
  auto known = view.fax_numbers(after.at("trunk").get<std::string>(), after.at("number").get<std::string>());
  if (!known) return reply(tl::unexpected(known.error()));
  Json list = Json::array();
  for (const std::string& line : *known) list.push_back(Json::parse(line));
  reply(std::move(list));
}

}  // namespace sg::admin
