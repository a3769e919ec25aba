// Routes of the dial plan.
#include <algorithm>
#include <map>
#include <vector>

#include "conf/checks.h"
#include "conf/hints.h"

namespace sg::conf {
namespace {

std::string no_trunk(const Settings& settings, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Trunk* trunk : settings.all_trunks()) names.push_back(trunk->name);
  return fmt::format("there is no [trunk.{}]{}", name, meant(name, names));
}

void check_targets(const Settings& settings, const std::string& title, std::string_view key, const Route& route,
                   const Targets& targets, Faults& faults) {
  for (const auto& group : targets) {
    for (const std::string& name : group) {
      const Trunk* trunk = settings.trunk(name);
      if (!trunk) {
        faults.add(title, key, no_trunk(settings, name));
      } else if (trunk->is_paid && route.from.empty()) {
        faults.add(title, key,
                   fmt::format("leads to \"{}\", which is paid: say whose calls it takes, with from", name));
      }
    }
  }
}

void check_schedule(const Settings& settings, const std::string& title, std::string_view key, const std::string& name,
                    Faults& faults) {
  bool is_known = std::any_of(settings.schedules.begin(), settings.schedules.end(),
                              [&](const Schedule& schedule) { return schedule.name == name; });
  if (!name.empty() && !is_known) faults.add(title, key, fmt::format("[schedule] has no \"{}\"", name));
}

// Whose calls it takes, when, and where they go.
void check_reach(const Settings& settings, const std::string& title, const Route& route, Faults& faults) {
  for (const std::string& name : route.from) {
    if (!settings.trunk(name)) faults.add(title, "from", no_trunk(settings, name));
  }
  check_targets(settings, title, "to", route, route.to, faults);
  for (const Targets& targets : route.row_targets) check_targets(settings, title, "table", route, targets, faults);
  check_schedule(settings, title, "when", route.when, faults);
  check_schedule(settings, title, "not_when", route.not_when, faults);
  if (!route.when.empty() && route.when == route.not_when) {
    faults.add(title, "not_when", "is the same as when: the route can never match");
  }
  if (route.called.empty() && route.rows.empty()) faults.add(title, "called", "missing: whose calls does it take?");
  bool all_rows_lead = !route.rows.empty() && route.called.empty() &&
                       std::all_of(route.rows.begin(), route.rows.end(), [](const RouteRow& row) { return row.to; });
  if (route.to.empty() && route.reject == 0 && !all_rows_lead) {
    faults.add(title, "to", "missing: where do its calls go? (or reject them)");
  }
  if (!route.to.empty() && route.reject != 0) faults.add(title, "reject", "does not go with to");
}

void check_numbers(const std::string& title, const Route& route, Faults& faults) {
  if (route.prepend.find_first_not_of("+0123456789*#") != std::string::npos) {
    faults.add(title, "prepend", fmt::format("\"{}\" holds more than digits, +, * and #", route.prepend));
  }
  if (!route.set_called.empty() && (route.strip || !route.prepend.empty())) {
    faults.add(title, "set_called", "does not go with strip and prepend");
  }
  if (!route.calling_else.empty() && route.calling_must_be.empty()) {
    faults.add(title, "calling_else", "goes only with calling_must_be");
  }
}

void check_cost(const Settings& settings, const std::string& title, const Route& route, Faults& faults) {
  for (const Price& price : route.cost) {
    if (!settings.trunk(price.trunk)) faults.add(title, "cost", no_trunk(settings, price.trunk));
  }
  if (!route.cost.empty() && route.pick != Pick::Cost) faults.add(title, "cost", "goes only with pick = \"cost\"");
  bool has_price = !route.cost.empty();
  for (const auto& group : route.to) {
    for (const std::string& name : group) {
      const Trunk* trunk = settings.trunk(name);
      has_price |= trunk && !trunk->cost.empty();
    }
  }
  if (route.pick == Pick::Cost && !has_price) {
    faults.add(title, "pick", "is \"cost\", but neither the route nor any of its trunks has a cost");
  }
}

void check_callers_and_limits(const Settings& settings, const std::string& title, const Route& route, Faults& faults) {
  bool is_line = std::count(route.calling.begin(), route.calling.end(), "line") > 0;
  if (is_line && route.calling.size() > 1) faults.add(title, "calling", "\"line\" stands alone");
  if (is_line && settings.lines.empty()) faults.add(title, "calling", "is \"line\", but there is no [[line]]");
  const Spend& spend = route.spend;
  bool has_spend = spend.per_line_calls_hour || spend.per_line_minutes_day || spend.abroad_minutes_day ||
                   spend.per_destination_minutes_day;
  if (route.is_emergency && (route.limit || has_spend)) {
    faults.add(title, route.limit ? "limit" : "spend", "does not go with emergency: such calls are under no limit");
  }
  if (spend.abroad_minutes_day &&
      std::ranges::all_of(settings.all_sites(), [](const Site* site) { return site->country.empty(); })) {
    faults.add(title, "spend", "abroad_minutes_day needs [site] country, to tell what is abroad");
  }
}

}  // namespace

void check_routes(const Settings& settings, Faults& faults) {
  std::map<std::string_view, int> names;
  for (const Route& route : settings.routes) {
    const std::string title = route_title(route.name);
    if (auto [first, is_first] = names.emplace(route.name, route.line); !is_first) {
      faults.add(route.line, title, "name",
                 fmt::format("is that of the [[route]] at {} already",
                             settings.sources.where_from(route.line, first->second)));
    }
    check_reach(settings, title, route, faults);
    check_numbers(title, route, faults);
    check_cost(settings, title, route, faults);
    check_callers_and_limits(settings, title, route, faults);
  }
}

}  // namespace sg::conf
