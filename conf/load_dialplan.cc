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
      for (auto [sign, word] : {std::pair(';', "semicolons"), {'\t', "tabs"}, {'|', "|"}}) {
        if (name.find(sign) == std::string::npos) continue;
        return complain(fmt::format("columns are separated by {} here: commas are wanted (\"called,to\")", word));
      }
      static const std::vector<std::string_view> kPrices = {"price", "cost", "rate", "preis", "tariff"};
      if (!nearest(name, kPrices).empty()) {
        return complain(
            fmt::format("column \"{}\": prices are not read from a table; they stand in the trunk's or the "
                        "route's cost = {{ PREFIX = PRICE }}",
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
    if (fields.front().find(';') != std::string::npos) {
      return fail("{}:{}: columns are separated by semicolons here: commas are wanted", path.string(), file->line());
    }
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
      : root_(root),
        settings_(settings),
        faults_(faults),
        folder_(std::filesystem::path(settings.file).parent_path()) {}

  void read() {
    if (const auto* site = root_.get("site")) read_section("[site]", *site, site_options(), settings_.site, faults_);
    each_entry("plan", [&](std::string_view name, const toml::node& node) {
      PlanBlock block;
      block.name = name;
      block.line = line_of(node);
      read_section(fmt::format("[plan] {}", name), node, plan_options(), block, faults_);
      settings_.plan.push_back(std::move(block));
    });
    each_entry("lists", [&](std::string_view name, const toml::node& node) {
      NumberList list;
      list.name = name;
      list.line = line_of(node);
      auto done = read_list(node, folder_, list);
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
  // A port that cannot be read is blamed for itself, not for what else it leaves open.
  void take_line(Line line, bool names_a_port) {
    if (!line.trunk.empty() && !names_a_port) faults_.add(line.line, "[[line]]", "trunk", "goes only with a port");
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
      auto exists = [this](std::string_view trunk) -> Result<> {
        const toml::table* trunks = root_["trunk"].as_table();
        if (trunks && trunks->contains(trunk)) return {};
        return fail("there is no [trunk.{}]{}", trunk, meant(trunk, names_in(trunks)));
      };
      auto read = read_rows(folder_ / route.table, route, exists);
      if (!read) faults_.add(title, "table", read.error().message);
    }
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
  const std::filesystem::path folder_;
};

}  // namespace

void read_dialplan(const toml::table& root, Settings& settings, Faults& faults) {
  DialplanReader(root, settings, faults).read();
}

}  // namespace sg::conf
