// How a plan is made from the settings: Plan::make.

#include <algorithm>
#include <map>

#include "gateway/route/compiled.h"

namespace sg::route {
namespace {

// Specificity as one number, the greater the better: literal digits, places, no open tail, conditions; and of all that
// is still equal a pattern beats an expression.
uint32_t rank_of(const NumberItem& item, uint32_t conditions) {
  auto literal = static_cast<uint32_t>(item.expression ? literals(*item.expression) : item.pattern.literals());
  auto places = static_cast<uint32_t>(item.expression ? literal : item.pattern.places.size());
  uint32_t closed = !item.expression && !item.pattern.is_open;
  return literal << 16 | places << 8 | closed << 7 | conditions << 1 | (item.expression ? 0 : 1);
}

class Compiler {
 public:
  Compiler(const conf::Settings& settings, PlanFaults& faults) : settings_(settings), faults_(faults) {}

  CompiledRoute conditions_of(const conf::Route& route) {
    CompiledRoute compiled;
    compiled.route = &route;
    compiled.from_line_only = route.calling == std::vector<std::string>{"line"};
    if (!compiled.from_line_only) read_set(route, "calling", route.calling, compiled.calling);
    read_set(route, "redirecting", route.redirecting, compiled.redirecting);
    read_set(route, "calling_must_be", route.calling_must_be, compiled.calling_must_be);
    read_time(route, "when", route.when, compiled.when);
    read_time(route, "not_when", route.not_when, compiled.not_when);
    for (const conf::Price& price : route.cost) compiled.cost[price.trunk].add(price);
    for (bool is_given : {!route.from.empty(), !route.calling.empty(), !route.redirecting.empty(), !route.ton.empty(),
                          !route.media.empty(), !route.when.empty(), !route.not_when.empty()}) {
      compiled.conditions += is_given;
    }
    return compiled;
  }

 private:
  void read_set(const conf::Route& route, std::string_view key, const std::vector<std::string>& texts, NumberSet& set) {
    if (auto made = NumberSet::make(settings_, texts)) {
      set = std::move(*made);
    } else {
      faults_.add(route, key, made.error().message);
    }
  }

  void read_time(const conf::Route& route, std::string_view key, const std::string& name, TimeCondition& condition) {
    if (name.empty()) return;
    for (const conf::Schedule& schedule : settings_.schedules) {
      if (schedule.name == name) condition.schedule = &schedule;
    }
    if (!condition.schedule) return faults_.add(route, key, fmt::format("[schedule] has no \"{}\"", name));
    const conf::Schedule& schedule = *condition.schedule;
    for (const conf::Site* site : settings_.all_sites()) {
      const bool is_its_own = !schedule.zone.empty();
      const Zone* zone = is_its_own ? zone_of(schedule.zone, schedule.line, "[schedule] " + name)
                                    : zone_of(site->zone, site->line, site->title() + " zone");
      if (!zone) return;
      condition.zones.push_back(*zone);
    }
  }

  // Null: there is none of that name, and it is told.
  const Zone* zone_of(const std::string& name, int line, const std::string& whose) {
    auto known = zones_.find(name);
    if (known == zones_.end()) {
      auto zone = Zone::load(name);
      if (!zone) {
        faults_.add(line, whose, zone.error().message);
        return nullptr;
      }
      known = zones_.emplace(name, *zone).first;
    }
    return &known->second;
  }

  const conf::Settings& settings_;
  PlanFaults& faults_;
  std::map<std::string, Zone> zones_;
};

}  // namespace

Result<Plan> Plan::make(const conf::Settings& settings) {
  PlanFaults faults(settings);
  auto compiled = std::make_unique<Compiled>(settings);
  Compiled& plan = *compiled;
  auto normaliser = Normaliser::make(settings);
  if (!normaliser) return tl::unexpected(normaliser.error());
  plan.normaliser = std::move(*normaliser);

  Compiler compiler(settings, faults);
  for (const conf::Route& route : settings.routes) {
    auto index = static_cast<uint32_t>(plan.routes.size());
    plan.routes.push_back(compiler.conditions_of(route));
    uint32_t conditions = plan.routes.back().conditions;
    uint32_t to = 0;
    auto take = [&](NumberItem item) {
      auto entry = static_cast<uint32_t>(plan.entries.size());
      plan.entries.push_back({item.text, index, to, rank_of(item, conditions)});
      if (!item.expression) return plan.tree.add(item.pattern, entry);
      plan.expressions.push_back({std::move(item.expression), entry});
    };
    if (auto read = read_numbers(settings, route.called, take); !read) {
      faults.add(route, "called", read.error().message);
    }
    for (const conf::RouteRow& row : route.rows) {
      to = row.to;
      if (auto item = read_number(row.called)) {
        take(std::move(*item));
      } else {
        faults.add(route, "table", fmt::format("{}:{}: {}", route.table, row.line, item.error().message));
      }
    }
  }
  plan.tree.build();
  for (const conf::Line& line : settings.lines) {
    auto set = NumberSet::make(settings, line.allow);
    if (!set) {
      faults.add(line.line, "[[line]] allow", set.error().message);
    } else if (!line.allow.empty()) {
      plan.allowed.emplace_back(line.did, std::move(*set));
    }
  }
  for (const conf::Trunk* trunk : settings.all_trunks()) {
    for (const conf::Price& price : trunk->cost) plan.cost[trunk->name].add(price);
  }
  // Everything is named before it is compared, and compared before it is tried.
  if (faults.none()) {
    check(settings, plan.normaliser, plan.routes, plan.entries, plan.tree, plan.expressions, faults);
    check_forwards(settings, plan.normaliser, plan.allowed, faults);
  }
  if (!faults.none()) return tl::unexpected(faults.error());

  Plan made(std::move(compiled));
  for (const conf::PlanTest& test : settings.tests) {
    if (auto passed = run_test(made, test); !passed) faults.add(test.line, "[test]", passed.error().message);
  }
  if (!faults.none()) return tl::unexpected(faults.error());
  return made;
}

}  // namespace sg::route
