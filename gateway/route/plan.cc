#include "gateway/route/plan.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace sg::route {

// One step of the called number. A route hangs on the node where its pattern ends.
struct Plan::Node {
  std::map<char, std::unique_ptr<Node>> next;
  std::vector<conf::Route> exact;  // the number ends here
  std::vector<conf::Route> open;   // anything may follow

  Node& step(char digit) {
    auto& child = next[digit];
    if (!child) child = std::make_unique<Node>();
    return *child;
  }
};

namespace {

bool names(const conf::Route& route, std::string_view trunk) {
  return std::find(route.from.begin(), route.from.end(), trunk) != route.from.end();
}

// The route open to this trunk; one that names it before one for all.
const conf::Route* choose(const std::vector<conf::Route>& routes, std::string_view from_trunk) {
  const conf::Route* for_all = nullptr;
  for (const conf::Route& route : routes) {
    if (names(route, from_trunk)) return &route;
    if (route.from.empty()) for_all = &route;
  }
  return for_all;
}

bool overlap(const conf::Route& a, const conf::Route& b) {
  if (a.from.empty() || b.from.empty()) return a.from.empty() && b.from.empty();
  return std::any_of(a.from.begin(), a.from.end(), [&](const std::string& trunk) { return names(b, trunk); });
}

Result<> add(std::vector<conf::Route>& routes, const conf::Route& route, std::string_view pattern) {
  for (const conf::Route& other : routes) {
    if (overlap(route, other)) {
      return fail("routes \"{}\" and \"{}\" are both for {} from the same trunk", other.name, route.name, pattern);
    }
  }
  routes.push_back(route);
  return {};
}

std::string number_to_send(const conf::Route& route, const std::string& called) {
  return route.prepend + called.substr(std::min(called.size(), static_cast<size_t>(route.strip)));
}

}  // namespace

Plan::Plan(std::unique_ptr<Node> root) : root_(std::move(root)) {}
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;
Plan::~Plan() = default;

Result<Plan> Plan::make(const conf::Settings& settings) {
  auto root = std::make_unique<Node>();
  for (const conf::Route& route : settings.routes) {
    for (std::string_view pattern : route.called) {
      bool is_open = pattern.ends_with('*');
      Node* node = root.get();
      for (char digit : pattern.substr(0, pattern.size() - (is_open ? 1 : 0))) node = &node->step(digit);
      if (auto added = add(is_open ? node->open : node->exact, route, pattern); !added) {
        return tl::unexpected(added.error());
      }
    }
  }
  return Plan(std::move(root));
}

std::vector<Attempt> Plan::route(const Query& query) const {
  const conf::Route* best = nullptr;
  const Node* node = root_.get();
  for (size_t at = 0; node; ++at) {
    if (const auto* open = choose(node->open, query.from_trunk)) best = open;
    if (at == query.called.size()) {
      if (const auto* exact = choose(node->exact, query.from_trunk)) best = exact;
      break;
    }
    auto next = node->next.find(query.called[at]);
    node = next == node->next.end() ? nullptr : next->second.get();
  }

  std::vector<Attempt> attempts;
  if (!best) return attempts;
  for (const auto& group : best->to)
    for (const std::string& trunk : group) {
      attempts.push_back({.trunk = trunk,
                          .called = number_to_send(*best, query.called),
                          .calling = query.calling,
                          .route = best->name});
    }
  return attempts;
}

}  // namespace sg::route
