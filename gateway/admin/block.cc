#include <charconv>

#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

// "1/5", as `timeslots` shows it.
std::optional<tdm::Timeslot> timeslot_of(const std::string& text) {
  tdm::Timeslot slot;
  const char* end = text.data() + text.size();
  auto [stroke, error] = std::from_chars(text.data(), end, slot.span);
  if (error != std::errc{} || stroke == end || *stroke != '/') return std::nullopt;
  auto [last, error_of_number] = std::from_chars(stroke + 1, end, slot.number);
  if (error_of_number != std::errc{} || last != end) return std::nullopt;
  return slot;
}

Result<Blockable> blockable_of(const Json& request) {
  if (request.contains("timeslot") + request.contains("span") + request.contains("trunk") != 1) {
    return fail("one of \"timeslot\", \"span\" and \"trunk\" is wanted");
  }
  if (auto given = request.find("trunk"); given != request.end()) {
    if (!given->is_string() || given->get_ref<const std::string&>().empty()) return fail("\"trunk\" must be a name");
    return Blockable{.trunk = given->get<std::string>()};
  }
  if (auto given = request.find("span"); given != request.end()) {
    if (!given->is_number_unsigned() || given->get<uint64_t>() > UINT16_MAX) return fail("\"span\" must be a number");
    return Blockable{.span = given->get<uint16_t>()};
  }
  const Json& given = request.at("timeslot");
  auto slot = given.is_string() ? timeslot_of(given.get<std::string>()) : std::nullopt;
  if (!slot) return fail("\"timeslot\" must be as timeslots shows it, \"1/5\": the span, a stroke and the timeslot");
  return Blockable{.slot = *slot};
}

void set_blocked(const Json& request, bool is_blocked, View& view, const Reply& reply) {
  auto what = blockable_of(request);
  if (!what) return reply(tl::unexpected(what.error()));
  auto done = view.set_blocked(*what, is_blocked);
  if (!done) return reply(tl::unexpected(done.error()));
  reply(Json{{"is_blocked", is_blocked}, {"timeslots", done->timeslots}, {"calls", done->calls}});
}

}  // namespace

void run_block(const Json& request, View& view, const Reply& reply) {
  set_blocked(request, true, view, reply);
}

void run_unblock(const Json& request, View& view, const Reply& reply) {
  set_blocked(request, false, view, reply);
}

}  // namespace sg::admin
