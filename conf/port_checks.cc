// Analog trunks and their ports.
#include <algorithm>
#include <map>

#include "conf/checks.h"
#include "conf/options.h"

namespace sg::conf {
namespace {

// A fault of one [[line]], of which there are many: told at its own line.
void blame_line(const Line& line, std::string_view key, std::string_view reason, Faults& faults) {
  std::string_view help;
  for (const auto& option : line_options()) {
    if (option.name == key) help = option.help;
  }
  faults.add(line.line, "[[line]]", key, reason, help);
}

std::string titles_of(const std::vector<const AnalogTrunk*>& trunks) {
  std::string titles;
  for (const AnalogTrunk* trunk : trunks) titles += (titles.empty() ? "" : ", ") + title_of(*trunk);
  return titles;
}

// Why it cannot be told which trunk the port belongs to.
void blame_port(const Settings& settings, const Line& line, Faults& faults) {
  const uint16_t span = line.port->span;
  auto trunks = settings.analog_trunks_on(span);
  if (!settings.span(span)) return blame_line(line, "port", fmt::format("there is no [span.{}]", span), faults);
  if (trunks.empty()) {
    return blame_line(line, "port", fmt::format("no fxs, fxo or em trunk has span {}", span), faults);
  }
  if (line.trunk.empty()) {
    return blame_line(line, "trunk",
                      fmt::format("missing: span {} is shared by {}: which has port {}?", span, titles_of(trunks),
                                  line.port->to_string()),
                      faults);
  }
  blame_line(line, "trunk",
             fmt::format("\"{}\" is no fxs, fxo or em trunk that has span {}: {} it", line.trunk, span,
                         titles_of(trunks) + (trunks.size() == 1 ? " has" : " have")),
             faults);
}

void check_port(const Settings& settings, const Line& line, Faults& faults) {
  const AnalogTrunk* trunk = settings.analog_trunk_of(line);
  if (!trunk) return blame_port(settings, line, faults);
  bool is_telephone = trunk->kind == LineKind::Fxs;
  if (is_telephone && line.ext.empty()) {
    blame_line(line, "ext", fmt::format("missing: {} is a telephone's port", line.port->to_string()), faults);
  }
  if (is_telephone && !line.number.empty()) {
    blame_line(line, "number", "does not go with a telephone's port: it has ext and did", faults);
  }
  if (!is_telephone && !line.ext.empty()) {
    blame_line(line, "ext",
               fmt::format("does not go with a port of an {} trunk: it has a number", name_of(trunk->kind)), faults);
  }
  if (trunk->kind == LineKind::Fxo && line.number.empty()) {
    blame_line(line, "number", "missing: what number are calls for that come in by this line?", faults);
  }
  if (!is_telephone && line.messages > 0) blame_line(line, "messages", "goes only with a telephone's port", faults);
}

// Whether a port of the span is the trunk's, or may be: one that cannot be told is blamed for itself.
bool has_port(const Settings& settings, const AnalogTrunk& trunk, uint16_t span) {
  return std::any_of(settings.ports.begin(), settings.ports.end(), [&](const Line& line) {
    if (line.port->span != span) return false;
    const AnalogTrunk* user = settings.analog_trunk_of(line);
    return !user || user == &trunk;
  });
}

void check_analog_span(const Settings& settings, const AnalogTrunk& trunk, uint16_t number, Faults& faults) {
  auto blame = [&](const std::string& reason) { faults.add(title_of(trunk), "spans", reason); };
  const Span* span = settings.span(number);
  if (!span) return blame(fmt::format("there is no [span.{}]", number));
  if (span->backend != SpanBackend::Dahdi) {
    blame(fmt::format("span {} is a pseudowire, which has no analog ports", number));
  }
  for (const PriTrunk& pri : settings.pri_trunks) {
    if (std::count(pri.spans.begin(), pri.spans.end(), number) == 0) continue;
    blame(fmt::format("span {} is used by {} already", number, title_of(pri)));
  }
  if (!has_port(settings, trunk, number)) {
    bool is_shared = settings.analog_trunks_on(number).size() > 1;
    blame(fmt::format("no [[line]] has a port on span {}: which of its ports are used? (port = \"{}/1\"{})", number,
                      number, is_shared ? fmt::format(", trunk = \"{}\"", trunk.name) : ""));
  }
}

}  // namespace

void check_ports(const Settings& settings, Faults& faults) {
  std::map<Port, const Line*> users;
  for (const Line& line : settings.ports) {
    auto [user, is_first] = users.emplace(*line.port, &line);
    if (!is_first) {
      blame_line(line, "port",
                 fmt::format("{} is the port of the [[line]] at {} already", line.port->to_string(),
                             settings.sources.where_from(line.line, user->second->line)),
                 faults);
    }
    check_port(settings, line, faults);
  }
  // A telephone without a port can only be behind a trunk that knows extensions.
  bool is_behind_another = !settings.sip_trunks.empty() || !settings.pri_trunks.empty();
  if (is_behind_another || settings.analog_trunks.empty()) return;
  for (const Line& line : settings.lines) {
    if (!line.port) blame_line(line, "port", "missing: all trunks here are analog", faults);
  }
}

void check_analog_trunks(const Settings& settings, Faults& faults) {
  for (const AnalogTrunk& trunk : settings.analog_trunks) {
    for (uint16_t number : trunk.spans) check_analog_span(settings, trunk, number, faults);
  }
}

}  // namespace sg::conf
