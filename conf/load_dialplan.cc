#include <filesystem>
#include <functional>
#include <map>

#include "conf/csv.h"
#include "conf/hints.h"
#include "conf/kinds.h"
#include "conf/options.h"
#include "conf/read_section.h"

namespace sg::conf {
namespace {

// "a>b" in order, "a|b" shared.
Targets targets_of(std::string_view text) {
  Targets targets(1);
  std::string name;
  for (char c : text) {
    if (c != '>' && c != '|') {
      name += c;
      continue;
    }
    targets.back().push_back(std::move(name));
    name.clear();
    if (c == '>') targets.emplace_back();
  }
  targets.back().push_back(std::move(name));
  return targets;
}

// Which columns of a route's table are what: the heading's.
struct Columns {
  size_t count = 0, called = 0, to = 0;  // `count`: the column is not there

  static Result<Columns> read(const CsvFile& file, const std::vector<std::string>& names) {
    Columns columns{names.size(), names.size(), names.size()};
    auto complain = [&](std::string_view why) { return fail("{}:{}: {}", file.path(), file.line(), why); };
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string& name = names[i];
      if (name == "called" || name == "to") {
        size_t& column = name == "called" ? columns.called : columns.to;
        if (column != columns.count) return complain(fmt::format("two columns are \"{}\"", name));
        column = i;
        continue;
      }
      if (name.find('|') != std::string::npos) {
        return complain("columns are separated by | here: commas are wanted (\"called,to\")");
      }
      static const std::vector<std::string_view> kPrices = {"price", "cost", "rate", "preis", "tariff"};
      if (!nearest(name, kPrices).empty()) {
        return complain(
            fmt::format("column \"{}\": prices are not read from a route's table; the trunk's rates = \"FILE\" reads "
                        "them, or cost = {{ PREFIX = PRICE }}",
                        name));
      }
      return complain(fmt::format("\"{}\" is none of the columns called, to", name));
    }
    if (columns.called == columns.count) return complain("there is no column \"called\"");
    return columns;
  }
};

// `trunk_exists`: whether the file has a trunk of that name, good or bad.
Result<> read_rows(const std::filesystem::path& path, Route& route,
                   const std::function<Result<>(std::string_view trunk)>& trunk_exists) {
  auto file = CsvFile::open(path);
  if (!file) return tl::unexpected(file.error());
  std::vector<std::string> fields;
  auto more = file->next(fields);
  if (!more) return tl::unexpected(more.error());
  if (!*more) return fail("{} has no heading: the first line is to name the columns, \"called,to\"", path.string());
  auto columns = Columns::read(*file, fields);
  if (!columns) return tl::unexpected(columns.error());
  std::map<std::string, uint32_t, std::less<>> known;
  while ((more = file->next(fields)) && *more) {
    if (fields.size() != columns->count) {
      return fail("{}:{}: {} fields, not {}", path.string(), file->line(), fields.size(), columns->count);
    }
    RouteRow row{std::move(fields[columns->called]), 0, file->line()};
    if (columns->to != columns->count && !fields[columns->to].empty()) {
      const std::string& to = fields[columns->to];
      auto found = known.find(to);
      if (found == known.end()) {
        route.row_targets.push_back(targets_of(to));
        for (const auto& group : route.row_targets.back()) {
          for (const std::string& trunk : group) {
            if (auto exists = trunk_exists(trunk); !exists) {
              return fail_with(exists.error(), "{}:{}", path.string(), file->line());
            }
          }
        }
        found = known.emplace(to, static_cast<uint32_t>(route.row_targets.size())).first;
      }
      row.to = found->second;
    }
    route.rows.push_back(std::move(row));
  }
  if (!more) return tl::unexpected(more.error());
  if (route.rows.empty()) return fail("{} has no rows below its heading", path.string());
  return {};
}

// The first column of a CSV file.
Result<> read_list_file(const std::filesystem::path& path, NumberList& list) {
  auto file = CsvFile::open(path);
  if (!file) return tl::unexpected(file.error());
  std::vector<std::string> fields;
  for (;;) {
    auto more = file->next(fields);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    list.patterns.push_back(std::move(fields.front()));
  }
}

// Patterns in the file itself, or { file = "x.csv" }, whose first column counts.
Result<> read_list(const toml::node& node, const std::filesystem::path& folder, NumberList& list) {
  if (const auto* table = node.as_table()) {
    auto path = (*table)["file"].value<std::string>();
    if (!path || table->size() != 1) return fail("must be a list, or {{ file = \"x.csv\" }}");
    if (auto read = read_list_file(folder / *path, list); !read) return read;
  } else if (const auto* array = node.as_array()) {
    for (const toml::node& element : *array) {
      if (!element.is_string()) return wrong_type("patterns", element, Written::AsText);
      list.patterns.push_back(element.as_string()->get());
    }
  } else {
    return fail("must be a list, or {{ file = \"x.csv\" }}");
  }
  if (list.patterns.empty()) return fail("the list is empty");
  return {};
}

class DialplanReader {
 public:
  DialplanReader(const toml::table& root, Settings& settings, Faults& faults)
      : root_(root), settings_(settings), faults_(faults) {}

  void read() {
    if (const auto* site = root_.get("site")) read_sites(*site);
    each_entry("group", [&](std::string_view name, const toml::node& node) { read_group(name, node); });
    each_entry("plan", [&](std::string_view name, const toml::node& node) { read_plan(name, node); });
    each_entry("lists", [&](std::string_view name, const toml::node& node) {
      NumberList list;
      list.name = name;
      list.line = line_of(node);
      auto done = read_list(node, settings_.folder_at(list.line), list);
      if (name == "emergency" || name == "dids") done = fail("@{} is built in", name);
      if (!done) faults_.add(line_of(node), "[lists]", name, done.error().message);
      settings_.lists.push_back(std::move(list));
    });
    each_entry("schedule", [&](std::string_view name, const toml::node& node) {
      Schedule schedule;
      schedule.name = name;
      schedule.line = line_of(node);
      read_section(fmt::format("[schedule] {}", name), node, schedule_options(), schedule, faults_);
      settings_.schedules.push_back(std::move(schedule));
    });
    each_element("line", [&](const toml::node& node) {
      Line line;
      line.line = line_of(node);
      read_section("[[line]]", node, line_options(), line, faults_);
      take_line(std::move(line), node.as_table() && node.as_table()->contains("port"));
    });
    each_element("route", [&](const toml::node& node) { read_route(node); });
    read_tests();
  }

 private:
  // What a site does not say of itself, [site] says for it.
  void read_sites(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (!table) return faults_.add(line_of(node), "", "site", "is written [site], or [site.NAME]");
    auto is_site = [](const toml::key&, const toml::node& value) { return value.is_table(); };
    read_section("[site]", node, site_options(), settings_.site, faults_, +is_site);
    settings_.site.line = line_of(node);
    for (const auto& [key, value] : *table) {
      if (!value.is_table()) continue;
      Site site = settings_.site;
      site.name = key.str();
      site.line = line_of(value);
      if (value.as_table()->contains("most_forwards")) {
        faults_.add(line_of(value), site.title(), "most_forwards", "stands in [site], for all calls");
      }
      read_section(site.title(), value, site_options(), site, faults_);
      settings_.sites.push_back(std::move(site));
    }
  }

  void read_group(std::string_view name, const toml::node& node) {
    TrunkGroup group{std::string(name), {}, line_of(node)};
    auto trunks = list(text("a trunk's name"), false).read(node);
    if (!trunks) {
      faults_.add(group.line, "[group]", name, trunks.error().message);
    } else {
      group.trunks = std::move(*trunks);
    }
    if (exists(name)) faults_.add(group.line, "[group]", name, "is the name of a trunk");
    for (const std::string& trunk : group.trunks) {
      if (auto there = trunk_exists(trunk); !there) faults_.add(group.line, "[group]", name, there.error().message);
    }
    settings_.groups.push_back(std::move(group));
  }

  // One block, or as many pairs as the two lists have.
  void read_plan(std::string_view name, const toml::node& node) {
    PlanRow row;
    const std::string title = fmt::format("[plan] {}", name);
    read_section(title, node, plan_options(), row, faults_);
    if (row.ext.size() != row.e164.size()) {
      return faults_.add(line_of(node), title, "ext",
                         fmt::format("has {}, and e164 {}: as many of both are wanted, in the same order",
                                     row.ext.size(), row.e164.size()));
    }
    for (size_t i = 0; i < row.ext.size(); ++i) {
      settings_.plan.push_back({std::string(name), std::move(row.ext[i]), std::move(row.e164[i]), line_of(node)});
    }
  }

  bool exists(std::string_view trunk) const {
    const toml::table* trunks = root_["trunk"].as_table();
    return trunks && trunks->contains(trunk);
  }

  Result<> trunk_exists(std::string_view trunk) const {
    if (exists(trunk)) return {};
    return fail("there is no [trunk.{}]{}", trunk, meant(trunk, names_in(root_["trunk"].as_table())));
  }

  // The trunks of a group in its place; other names as they are.
  void put_groups_in(std::vector<std::string>& names) {
    std::vector<std::string> trunks;
    for (std::string& name : names) {
      auto group = std::ranges::find(settings_.groups, name, &TrunkGroup::name);
      if (group == settings_.groups.end()) {
        trunks.push_back(std::move(name));
      } else {
        group->is_used = true;
        trunks.insert(trunks.end(), group->trunks.begin(), group->trunks.end());
      }
    }
    names = std::move(trunks);
  }

  void put_groups_in(Targets& targets) {
    for (auto& share : targets) put_groups_in(share);
  }

  // A port that cannot be read is blamed for itself, not for what else it leaves open.
  void take_line(Line line, bool names_a_port) {
    const bool is_behind_sip =
        std::ranges::any_of(settings_.sip_trunks, [&](const SipTrunk& trunk) { return trunk.name == line.trunk; });
    if (!line.trunk.empty() && !names_a_port && !is_behind_sip) {
      faults_.add(
          line.line, "[[line]]", "trunk",
          exists(line.trunk) ? "is no sip trunk: it goes only with a port" : trunk_exists(line.trunk).error().message);
    }
    bool is_user = !line.ext.empty() || !line.did.empty();
    if (is_user || !names_a_port) {
      if (line.ext.empty()) faults_.add(line.line, "[[line]]", "ext", "missing; an extension is wanted");
      if (line.did.empty()) faults_.add(line.line, "[[line]]", "did", "missing; a number with + is wanted");
      settings_.lines.push_back(line);
    }
    if (line.port) settings_.ports.push_back(std::move(line));
  }

  void read_route(const toml::node& node) {
    Route route;
    route.line = line_of(node);
    auto name = node.is_table() ? (*node.as_table())["name"].value_or(std::string_view()) : "";
    std::string title = route_title(name);
    read_section(title, node, route_options(), route, faults_);
    if (!route.table.empty()) {
      auto there = [this](std::string_view target) -> Result<> {
        if (std::ranges::find(settings_.groups, target, &TrunkGroup::name) != settings_.groups.end()) return {};
        return trunk_exists(target);
      };
      auto read = read_rows(settings_.folder_at(route.line) / route.table, route, there);
      if (!read) faults_.add(title, "table", read.error().message);
    }
    put_groups_in(route.from);
    put_groups_in(route.to);
    for (Targets& targets : route.row_targets) put_groups_in(targets);
    settings_.routes.push_back(std::move(route));
  }

  void read_tests() {
    const auto* node = root_.get("test");
    if (!node) return;
    const auto* cases = node->is_table() ? node->as_table()->get_as<toml::array>("cases") : nullptr;
    if (!cases || node->as_table()->size() != 1) {
      return faults_.add(line_of(*node), "", "test", "is written [test] with a list: cases = [ { … }, … ]");
    }
    for (const toml::node& element : *cases) {
      PlanTest test;
      test.line = line_of(element);
      read_section(fmt::format("[test] case {}", settings_.tests.size() + 1), element, test_options(), test, faults_);
      settings_.tests.push_back(std::move(test));
    }
  }

  static std::vector<std::string_view> names_in(const toml::table* table) {
    std::vector<std::string_view> names;
    if (table) {
      for (const auto& [key, value] : *table) names.push_back(key.str());
    }
    return names;
  }

  template <class Visit>
  void each_entry(std::string_view name, Visit visit) {
    const auto* node = root_.get(name);
    if (!node) return;
    if (!node->is_table()) return faults_.add(line_of(*node), "", name, fmt::format("is written [{}]", name));
    for (const auto& [key, value] : *node->as_table()) visit(key.str(), value);
  }

  template <class Visit>
  void each_element(std::string_view name, Visit visit) {
    const auto* node = root_.get(name);
    if (!node) return;
    const auto* array = node->as_array();
    if (!array) {
      return faults_.add(line_of(*node), "", name, fmt::format("is written [[{}]], with two brackets", name));
    }
    for (const toml::node& element : *array) visit(element);
  }

  const toml::table& root_;
  Settings& settings_;
  Faults& faults_;
};

}  // namespace

void read_dialplan(const toml::table& root, Settings& settings, Faults& faults) {
  DialplanReader(root, settings, faults).read();
}

}  // namespace sg::conf
