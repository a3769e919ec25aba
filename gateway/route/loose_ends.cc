#include "gateway/route/loose_ends.h"

#include <algorithm>
#include <map>
#include <set>

namespace sg::route {
namespace {

// Of what is told in one line, so many are named.
constexpr size_t kMostNames = 5;

class Searcher {
 public:
  Searcher(const conf::Settings& settings, const Plan& plan) : settings_(settings), plan_(plan) {}

  std::vector<std::string> run() {
    look_at_routes();
    trunks();
    spans();
    lists();
    groups();
    schedules();
    profiles();
    plan_blocks();
    tests();
    std::ranges::stable_sort(found_, {}, &std::pair<int, std::string>::first);
    std::vector<std::string> lines;
    for (auto& [line, text] : found_) lines.push_back(std::move(text));
    return lines;
  }

 private:
  void tell(int line, std::string_view what, std::string_view why) {
    found_.emplace_back(line, fmt::format("{}: {}: {}", settings_.where(line), what, why));
  }

  void look_at_routes() {
    auto take = [&](const conf::Targets& targets) {
      for (const auto& group : targets) used_trunks_.insert(group.begin(), group.end());
    };
    auto take_lists = [&](const std::vector<std::string>& numbers) {
      for (const std::string& number : numbers) {
        if (number.starts_with('@')) used_lists_.insert(number.substr(1));
      }
    };
    for (const conf::Route& route : settings_.routes) {
      takes_from_all_ |= route.from.empty();
      used_trunks_.insert(route.from.begin(), route.from.end());
      take(route.to);
      for (const conf::Targets& targets : route.row_targets) take(targets);
      for (const auto* numbers : {&route.called, &route.calling, &route.redirecting, &route.calling_must_be}) {
        take_lists(*numbers);
      }
      for (const conf::RouteRow& row : route.rows) {
        if (row.called.starts_with('@')) used_lists_.insert(row.called.substr(1));
      }
      used_schedules_.insert(route.when);
      used_schedules_.insert(route.not_when);
    }
    for (const conf::Line& line : settings_.lines) {
      take_lists(line.allow);
      used_profiles_.insert(line.profile);
    }
  }

  void trunks() {
    std::map<std::string, const conf::SipTrunk*> peers;
    for (const conf::SipTrunk& trunk : settings_.sip_trunks) {
      auto peer = fmt::format("{} {}", trunk.peer.address.to_string(), static_cast<int>(trunk.peer.transport));
      auto [other, is_first] = peers.emplace(peer, &trunk);
      if (is_first) continue;
      const std::string title = fmt::format("[trunk.{}]", trunk.name), first = other->second->name;
      tell(settings_.line_of(title, "peer"), title + " peer",
           fmt::format("{} is the peer of [trunk.{}] too ({}): a call from there is \"{}\"'s, which comes first",
                       trunk.peer.address.to_string(), first,
                       settings_.sources.where_from(settings_.line_of(title, "peer"),
                                                    settings_.line_of(fmt::format("[trunk.{}]", first), "peer")),
                       first));
    }
    for (const conf::Trunk* trunk : settings_.all_trunks()) {
      used_profiles_.insert(trunk->profile);
      if (settings_.routes.empty() || takes_from_all_ || used_trunks_.contains(trunk->name)) continue;
      const std::string title = fmt::format("[trunk.{}]", trunk->name);
      tell(settings_.line_of(title, ""), title, "no route leads to it, and none takes its calls");
    }
  }

  void spans() {
    std::set<uint16_t> used;
    for (const conf::PriTrunk& trunk : settings_.pri_trunks) used.insert(trunk.spans.begin(), trunk.spans.end());
    for (const conf::AnalogTrunk& trunk : settings_.analog_trunks) used.insert(trunk.spans.begin(), trunk.spans.end());
    for (const conf::Span& span : settings_.spans) {
      const std::string title = fmt::format("[span.{}]", span.number);
      if (!used.contains(span.number)) tell(settings_.line_of(title, ""), title, "no trunk has it");
    }
  }

  void lists() {
    for (const conf::NumberList& list : settings_.lists) {
      if (used_lists_.contains(list.name)) continue;
      tell(list.line, fmt::format("[lists] {}", list.name), "no route and no line uses it");
    }
  }

  void groups() {
    for (const conf::TrunkGroup& group : settings_.groups) {
      if (!group.is_used) tell(group.line, fmt::format("[group] {}", group.name), "no route uses it");
    }
  }

  void schedules() {
    for (const conf::Schedule& schedule : settings_.schedules) {
      if (used_schedules_.contains(schedule.name)) continue;
      tell(schedule.line, fmt::format("[schedule] {}", schedule.name), "no route uses it");
    }
  }

  void profiles() {
    for (const conf::Profile& profile : settings_.profiles) {
      if (used_profiles_.contains(profile.name)) continue;
      tell(profile.line, fmt::format("[profile.{}]", profile.name), "no trunk and no line goes by it");
    }
  }

  void plan_blocks() {
    std::map<std::string, const conf::PlanBlock*> blocks;
    for (const conf::PlanBlock& block : settings_.plan) {
      auto [other, is_first] = blocks.emplace(block.ext, &block);
      if (is_first) continue;
      tell(block.line, fmt::format("[plan] {} ext", block.name),
           fmt::format("\"{}\" is that of [plan] {} too ({})", block.ext, other->second->name,
                       settings_.sources.where_from(block.line, other->second->line)));
    }
  }

  void tests() {
    std::set<std::string> held;
    for (const conf::PlanTest& test : settings_.tests) {
      if (auto query = query_of(test)) held.insert(plan_.decide(*query).route);
    }
    std::vector<const conf::Route*> loose;
    for (const conf::Route& route : settings_.routes) {
      if (!held.contains(route.name)) loose.push_back(&route);
    }
    if (loose.empty()) return;
    std::string names;
    for (size_t i = 0; i < std::min(loose.size(), kMostNames); ++i) {
      names += fmt::format("{}\"{}\" ({})", i ? ", " : "", loose[i]->name,
                           settings_.sources.where_from(loose.front()->line, loose[i]->line));
    }
    if (loose.size() > kMostNames) names += fmt::format(" and {} more", loose.size() - kMostNames);
    tell(loose.front()->line, "[[route]]", "no case of [test] holds " + names);
  }

  const conf::Settings& settings_;
  const Plan& plan_;
  bool takes_from_all_ = false;
  std::set<std::string> used_trunks_, used_lists_, used_schedules_, used_profiles_;
  std::vector<std::pair<int, std::string>> found_;
};

}  // namespace

std::vector<std::string> loose_ends(const conf::Settings& settings, const Plan& plan) {
  return Searcher(settings, plan).run();
}

}  // namespace sg::route
