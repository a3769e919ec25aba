#include <algorithm>

#include "gateway/route/compiled.h"

namespace sg::route {
namespace {

constexpr size_t kMostFaults = 20;
// Of more routes with one pattern than this it is not looked for hidden ones: the work grows with their square.
constexpr size_t kMostAlike = 256;

template <class T>
bool share(const std::vector<T>& a, const std::vector<T>& b) {
  return a.empty() || b.empty() || std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

bool may_overlap(const NumberSet& a, const NumberSet& b) {
  return a.is_empty() || b.is_empty() || a.may_overlap(b);
}

bool exclude(const TimeCondition& when, const TimeCondition& not_when) {
  return when.schedule && when.schedule == not_when.schedule;
}

// Whether one call may meet the conditions of both.
bool may_hold_together(const CompiledRoute& a, const CompiledRoute& b) {
  return share(a.route->from, b.route->from) && share(a.route->ton, b.route->ton) &&
         share(a.route->media, b.route->media) && !exclude(a.when, b.not_when) && !exclude(b.when, a.not_when) &&
         may_overlap(a.calling, b.calling) && may_overlap(a.redirecting, b.redirecting);
}

// Whether a list of words, empty for any, takes all that the other takes. `words`: how many there are; 0: not known.
template <class T>
bool takes_all(const std::vector<T>& a, const std::vector<T>& b, size_t words = 0) {
  if (a.empty() || (words != 0 && a.size() == words)) return true;
  return !b.empty() &&
         std::all_of(b.begin(), b.end(), [&](const T& word) { return std::find(a.begin(), a.end(), word) != a.end(); });
}

bool takes_all(const NumberSet& a, const NumberSet& b) {
  return a.is_empty() || a.is_everything() || (!b.is_empty() && a.covers(b));
}

bool takes_all(const TimeCondition& a, const TimeCondition& b) {
  return !a.schedule || a.schedule == b.schedule;
}

// Whether a's conditions hold whenever b's do, times apart.
bool hold_with(const CompiledRoute& a, const CompiledRoute& b) {
  return takes_all(a.route->from, b.route->from) && takes_all(a.route->ton, b.route->ton, 4) &&
         takes_all(a.route->media, b.route->media, 3) && takes_all(a.calling, b.calling) &&
         takes_all(a.redirecting, b.redirecting) && (!a.from_line_only || b.from_line_only);
}

bool times_hold_with(const CompiledRoute& a, const CompiledRoute& b) {
  return takes_all(a.when, b.when) && takes_all(a.not_when, b.not_when);
}

// Whether at any time one of the two is open, and for nothing else they differ.
bool open_in_turns(const CompiledRoute& a, const CompiledRoute& b) {
  auto is_half = [](const CompiledRoute& x, const CompiledRoute& y) {
    return x.when.schedule && !x.not_when.schedule && !y.when.schedule && x.when.schedule == y.not_when.schedule;
  };
  return is_half(a, b) || is_half(b, a);
}

class Checker {
 public:
  Checker(const conf::Settings& settings, const Normaliser& normaliser, const std::vector<CompiledRoute>& routes,
          const std::vector<Entry>& entries, const PatternTree& tree, const std::vector<ExpressionEntry>& expressions,
          PlanFaults& faults)
      : settings_(settings),
        normaliser_(normaliser),
        routes_(routes),
        entries_(entries),
        tree_(tree),
        expressions_(expressions),
        faults_(faults) {
    for (const conf::PlanBlock& block : settings.plan) ours_.push_back(*Pattern::parse(block.e164));
    for (const conf::Line& line : settings.lines) ours_.push_back(*Pattern::parse(line.did));
    for (const conf::Site* site : settings.all_sites()) {
      sites_.push_back(site);
      homes_.push_back(site->country.empty() ? std::nullopt
                                             : std::optional(*Pattern::parse("+" + site->country + "*")));
    }
  }

  void run() {
    // Patterns that are spelled alike meet in the tree; of the others, only those with a choice of signs can tie.
    tree_.same([&](std::span<const uint32_t> same) {
      for (size_t i = 1; i < same.size(); ++i) {
        for (size_t j = 0; j < i; ++j) compare(same[i], same[j]);
      }
      look_for_hidden(same);
    });
    for (uint32_t i = 0; i < entries_.size(); ++i) look_at(i);
    for (size_t i = 0; i < expressions_.size(); ++i) {
      for (size_t j = 0; j < i; ++j) compare(expressions_[i].entry, expressions_[j].entry);
    }
    for (const CompiledRoute& route : routes_) check_route(route);
    check_emergency();
  }

 private:
  void look_at(uint32_t index) {
    const Entry& entry = entries_[index];
    if (entry.text->starts_with('/')) return;
    Pattern pattern = *Pattern::parse(*entry.text);
    if (!std::all_of(pattern.places.begin(), pattern.places.end(), is_literal)) {
      tree_.overlapping(pattern, [&](uint32_t other) {
        if (other < index && *entries_[other].text != *entry.text) compare(index, other);
      });
    }
    check_carried(entry, pattern);
    check_reached(entry, pattern);
    const conf::Route& route = *routes_[entry.route].route;
    if (auto set = expand(route.set_called, std::vector<std::string>(pattern.groups.size())); !set) {
      faults_.add(route, "set_called", set.error().message);
    }
  }

  // Of patterns that are spelled alike: a route is hidden by one with more conditions that hold whenever its own do, or
  // by two that are open in turns.
  void look_for_hidden(std::span<const uint32_t> same) {
    if (same.size() > kMostAlike) return;
    for (uint32_t index : same) {
      const Entry& entry = entries_[index];
      const CompiledRoute& route = routes_[entry.route];
      std::vector<const CompiledRoute*> above;
      for (uint32_t other : same) {
        const CompiledRoute& better = routes_[entries_[other].route];
        if (entries_[other].rank > entry.rank && hold_with(better, route)) above.push_back(&better);
      }
      for (size_t i = 0; i < above.size(); ++i) {
        if (times_hold_with(*above[i], route)) {
          hidden(entry, fmt::format("route \"{}\" ({}) takes all its calls", above[i]->route->name,
                                    place(*above[i]->route, entry)));
          break;
        }
        auto turn = std::find_if(above.begin(), above.begin() + static_cast<ptrdiff_t>(i),
                                 [&](const CompiledRoute* other) { return open_in_turns(*above[i], *other); });
        if (turn != above.begin() + static_cast<ptrdiff_t>(i)) {
          hidden(entry,
                 fmt::format("routes \"{}\" ({}) and \"{}\" ({}) take all its calls in turns", (*turn)->route->name,
                             place(*(*turn)->route, entry), above[i]->route->name, place(*above[i]->route, entry)));
          break;
        }
      }
    }
  }

  // Where a route stands, for the reader of a fault of the entry's own.
  std::string place(const conf::Route& route, const Entry& entry) const {
    return settings_.sources.where_from(routes_[entry.route].route->line, route.line);
  }

  void hidden(const Entry& entry, std::string_view why) {
    faults_.add(*routes_[entry.route].route, "called", fmt::format("\"{}\" can never match: {}", *entry.text, why));
  }

  // An extension that [plan] turns into its public number before any route sees it.
  void check_reached(const Entry& entry, const Pattern& pattern) {
    const conf::Route& route = *routes_[entry.route].route;
    if (route.from.empty() || pattern.is_open) return;
    bool all_dial = std::all_of(route.from.begin(), route.from.end(), [&](const std::string& trunk) {
      auto in = numbering_of(settings_, trunk).in;
      return in.form == conf::NumberForm::Dialled ||
             (in.form == conf::NumberForm::Extension && static_cast<size_t>(in.digits) == pattern.places.size());
    });
    bool has_emergency = std::ranges::any_of(sites_, [&](const conf::Site* site) {
      return std::ranges::any_of(site->emergency, [&](const std::string& number) { return pattern.matches(number); });
    });
    if (!all_dial || has_emergency) return;
    if (const conf::Line* line = normaliser_.line(*entry.text, numbering_of(settings_, route.from.front()).site);
        line && line->ext == *entry.text) {
      return hidden(entry, fmt::format("[[line]] ({}) makes it {} before",
                                       settings_.sources.where_from(route.line, line->line), line->did));
    }
    for (const conf::PlanBlock& block : settings_.plan) {
      if (Pattern::parse(block.ext)->covers(pattern)) {
        return hidden(entry, fmt::format("[plan] {} makes them {} before", block.name, block.e164));
      }
    }
  }

  void compare(uint32_t a, uint32_t b) {
    const Entry& later = entries_[std::max(a, b)];
    const Entry& earlier = entries_[std::min(a, b)];
    if (a == b || later.rank != earlier.rank) return;
    if (later.route == earlier.route && later.to == earlier.to) return;
    if (!may_hold_together(routes_[later.route], routes_[earlier.route])) return;
    const conf::Route& route = *routes_[later.route].route;
    const conf::Route& other = *routes_[earlier.route].route;
    faults_.add(route, "called",
                fmt::format("\"{}\" and \"{}\" of route \"{}\" ({}) tie: one call may take either", *later.text,
                            *earlier.text, other.name, place(other, later)));
  }

  void check_carried(const Entry& entry, const Pattern& pattern) {
    const conf::Route& route = *routes_[entry.route].route;
    if (!route.set_called.empty() || route.strip || !route.prepend.empty() ||
        normaliser_.is_emergency_somewhere(*entry.text)) {
      return;
    }
    const conf::Targets& targets = entry.to ? route.row_targets[entry.to - 1] : route.to;
    for (const auto& group : targets) {
      for (const std::string& trunk : group) {
        if (auto why = why_not_carried(pattern, numbering_of(settings_, trunk)); !why.empty()) {
          faults_.add(route, "to", fmt::format("\"{}\" cannot carry \"{}\": {}", trunk, *entry.text, why));
        }
      }
    }
  }

  std::string why_not_carried(const Pattern& pattern, const Numbering& to) const {
    bool may_be_e164 = pattern.places.empty() || (pattern.places[0] & sign('+'));
    bool is_e164 = !pattern.places.empty() && pattern.places[0] == sign('+');
    auto meets = [&](const Pattern& other) { return pattern.overlaps(other); };
    const auto& home = homes_[to.site];
    switch (to.out.form) {
      case conf::NumberForm::E164:
        return may_be_e164 ? "" : "numbers_out = \"e164\" takes only numbers with +";
      case conf::NumberForm::Extension:
        if (!is_e164 || !normaliser_.has_extensions() || std::any_of(ours_.begin(), ours_.end(), meets)) return "";
        return "no such number is in [plan] or of a [[line]], so it has no extension";
      case conf::NumberForm::National:
        if (!is_e164 || to.has_types || (home && meets(*home))) return "";
        return "it is abroad, and numbers_out = \"national\" on SIP has no way to say so";
      case conf::NumberForm::Dialled:
        if (!is_e164 || !sites_[to.site]->intl_prefix.empty() || (home && meets(*home))) return "";
        return fmt::format("it is abroad, and {} has no intl_prefix", sites_[to.site]->title());
      case conf::NumberForm::Ton:
      case conf::NumberForm::AsIs:
        break;
    }
    return "";
  }

  void check_route(const CompiledRoute& compiled) {
    const conf::Route& route = *compiled.route;
    bool from_sip_only =
        !route.from.empty() && std::none_of(route.from.begin(), route.from.end(), [&](const std::string& trunk) {
          return numbering_of(settings_, trunk).has_types;
        });
    bool sip_has_it = std::any_of(route.ton.begin(), route.ton.end(), [](TypeOfNumber ton) {
      return ton == TypeOfNumber::Unknown || ton == TypeOfNumber::International;
    });
    if (from_sip_only && !route.ton.empty() && !sip_has_it) {
      faults_.add(route, "ton", "can never match: SIP knows no such type of number");
    }
    if (compiled.when.schedule && compiled.when.schedule == compiled.not_when.schedule) {
      faults_.add(route, "not_when", "is the same as when: the route can never match");
    }
  }

  void check_emergency() {
    if (routes_.empty()) return;
    for (const conf::Site* site : sites_) check_emergency_at(*site);
  }

  void check_emergency_at(const conf::Site& site) {
    const std::string title = site.title();
    const int line = settings_.line_of(title, "emergency");
    for (const std::string& number : site.emergency) {
      bool has_route = false;
      std::vector<const conf::Route*> takers;
      auto take = [&](uint32_t entry) {
        const conf::Route& route = *routes_[entries_[entry].route].route;
        if (route.reject == 0) takers.push_back(&route);
      };
      tree_.match(number, take);
      for (const ExpressionEntry& row : expressions_) {
        if (matches(*row.expression, number)) take(row.entry);
      }
      has_route = !takers.empty();
      if (!has_route) faults_.add(line, title + " emergency", fmt::format("no route takes \"{}\"", number));
      for (const std::string& trunk : has_route ? trunks_where_people_dial(site) : std::vector<std::string>()) {
        bool may_call = std::any_of(takers.begin(), takers.end(), [&](const conf::Route* route) {
          return route->from.empty() || std::count(route->from.begin(), route->from.end(), trunk) > 0;
        });
        if (may_call) continue;
        faults_.add(line, title + " emergency",
                    fmt::format("no route takes \"{}\" from [trunk.{}], where people dial", number, trunk));
      }
    }
  }

  std::vector<std::string> trunks_where_people_dial(const conf::Site& site) const {
    std::vector<std::string> names;
    auto add = [&](const conf::Trunk& trunk) {
      const bool is_there = trunk.site == site.name;
      if (is_there && trunk.numbers_in.form == conf::NumberForm::Dialled) names.push_back(trunk.name);
    };
    for (const conf::Trunk& trunk : settings_.pri_trunks) add(trunk);
    for (const conf::Trunk& trunk : settings_.sip_trunks) add(trunk);
    return names;
  }

  const conf::Settings& settings_;
  const Normaliser& normaliser_;
  const std::vector<CompiledRoute>& routes_;
  const std::vector<Entry>& entries_;
  const PatternTree& tree_;
  const std::vector<ExpressionEntry>& expressions_;
  PlanFaults& faults_;
  std::vector<Pattern> ours_;
  std::vector<const conf::Site*> sites_;       // as all_sites() has them
  std::vector<std::optional<Pattern>> homes_;  // what is of each one's country
};

}  // namespace

void PlanFaults::add(const conf::Route& route, std::string_view key, std::string_view reason) {
  add(route.line, fmt::format("[[route]] \"{}\" {}", route.name, key), reason);
}

void PlanFaults::add(int line, std::string_view what, std::string_view reason) {
  if (++count_ > kMostFaults) return;
  found_.emplace_back(line, fmt::format("{}: {}: {}", settings_.where(line), what, reason));
}

Error PlanFaults::error() const {
  auto sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Error error;
  for (const auto& [line, text] : sorted) error.message += (error.message.empty() ? "" : "\n") + text;
  if (count_ > kMostFaults) error.message += fmt::format("\nand {} more", count_ - kMostFaults);
  return error;
}

void check(const conf::Settings& settings, const Normaliser& normaliser, const std::vector<CompiledRoute>& routes,
           const std::vector<Entry>& entries, const PatternTree& tree, const std::vector<ExpressionEntry>& expressions,
           PlanFaults& faults) {
  Checker(settings, normaliser, routes, entries, tree, expressions, faults).run();
}

}  // namespace sg::route
