#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/route/normalise.h"
#include "gateway/route/number_set.h"
#include "gateway/route/pattern_tree.h"
#include "gateway/route/plan.h"
#include "gateway/route/rates.h"
#include "gateway/route/zone.h"

// What a plan is made of. For gateway/route only.
namespace sg::route {

struct TimeCondition {
  const conf::Schedule* schedule = nullptr;  // null: none
  std::vector<Zone> zones;                   // for a call from each of conf::Settings::all_sites()
};

// A [[route]] with its conditions read.
struct CompiledRoute {
  const conf::Route* route = nullptr;
  NumberSet calling, redirecting, calling_must_be;
  TimeCondition when, not_when;
  Rates cost;  // of its own, by trunk
  uint32_t conditions = 0;
  bool from_line_only = false;  // calling = "line"
};

// One pattern of a route.
struct Entry {
  const std::string* text = nullptr;  // in the settings
  uint32_t route = 0;
  uint32_t to = 0;  // 0: the route's own targets; else row_targets[to - 1]
  uint32_t rank = 0;
};

struct ExpressionEntry {
  std::shared_ptr<const re2::RE2> expression;
  uint32_t entry = 0;
};

struct Plan::Compiled {
  explicit Compiled(const conf::Settings& from) : settings(from) {}

  const conf::Settings& settings;
  Normaliser normaliser;
  std::vector<CompiledRoute> routes;
  std::vector<Entry> entries;
  PatternTree tree;  // of entries
  std::vector<ExpressionEntry> expressions;
  std::vector<std::pair<std::string, NumberSet>> allowed;  // by a line's did
  Rates cost;                                              // of the trunks themselves

  const conf::Targets& targets(const Entry& entry) const {
    const conf::Route& route = *routes[entry.route].route;
    return entry.to ? route.row_targets[entry.to - 1] : route.to;
  }
};

// Faults of a plan, with the line of the route (or the case) they are in. Only the first few are kept.
class PlanFaults {
 public:
  explicit PlanFaults(const conf::Settings& settings) : settings_(settings) {}
  void add(const conf::Route& route, std::string_view key, std::string_view reason);
  void add(int line, std::string_view what, std::string_view reason);
  bool none() const { return count_ == 0; }
  Error error() const;

 private:
  const conf::Settings& settings_;
  std::vector<std::pair<int, std::string>> found_;
  size_t count_ = 0;
};

// What can only be told once all routes are read.
void check(const conf::Settings& settings, const Normaliser& normaliser, const std::vector<CompiledRoute>& routes,
           const std::vector<Entry>& entries, const PatternTree& tree, const std::vector<ExpressionEntry>& expressions,
           PlanFaults& faults);

// What [[line]] forwards can never work: to itself, in a circle, to where the line may not call (forward.cc).
void check_forwards(const conf::Settings& settings, const Normaliser& normaliser,
                    const std::vector<std::pair<std::string, NumberSet>>& allowed, PlanFaults& faults);

}  // namespace sg::route
