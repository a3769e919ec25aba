#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "conf/options.h"
#include "conf/read_section.h"

namespace sg::conf {
namespace {

// A CSV file without quoting: numbers and names need none. Lines that are empty or begin with # are comments.
class CsvFile {
 public:
  static Result<CsvFile> open(const std::filesystem::path& path) {
    CsvFile file;
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf())) return fail("{} cannot be read: {}", path.string(), std::strerror(errno));
    file.text_ = std::move(text).str();
    return file;
  }

  // False: there are no more rows. The fields live as long as the file.
  bool next(std::vector<std::string_view>& fields) {
    while (at_ < text_.size()) {
      ++line_;
      size_t end = std::min(text_.find('\n', at_), text_.size());
      std::string_view row(text_.data() + at_, end - at_);
      at_ = end + 1;
      if (row.ends_with('\r')) row.remove_suffix(1);
      if (row.empty() || row.starts_with('#')) continue;
      fields.clear();
      for (size_t comma; (comma = row.find(',')) != row.npos; row.remove_prefix(comma + 1)) {
        fields.push_back(trimmed(row.substr(0, comma)));
      }
      fields.push_back(trimmed(row));
      return true;
    }
    return false;
  }
  int line() const { return line_; }

 private:
  static std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
  }

  std::string text_;
  size_t at_ = 0;
  int line_ = 0;
};

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

Result<> read_rows(const std::filesystem::path& path, Route& route) {
  auto file = CsvFile::open(path);
  if (!file) return tl::unexpected(file.error());
  std::vector<std::string_view> fields;
  if (!file->next(fields)) return fail("{} is empty", path.string());
  size_t called = fields.size(), to = fields.size(), columns = fields.size();
  for (size_t i = 0; i < columns; ++i) {
    if (fields[i] == "called")
      called = i;
    else if (fields[i] == "to")
      to = i;
    else
      return fail("{}:{}: \"{}\" is none of the columns called, to", path.string(), file->line(), fields[i]);
  }
  if (called == columns) return fail("{}:{}: there is no column \"called\"", path.string(), file->line());
  std::map<std::string, uint32_t, std::less<>> known;
  while (file->next(fields)) {
    if (fields.size() != columns) {
      return fail("{}:{}: {} fields, not {}", path.string(), file->line(), fields.size(), columns);
    }
    RouteRow row{std::string(fields[called]), 0};
    if (to != columns && !fields[to].empty()) {
      auto found = known.find(fields[to]);
      if (found == known.end()) {
        route.row_targets.push_back(targets_of(fields[to]));
        found = known.emplace(fields[to], static_cast<uint32_t>(route.row_targets.size())).first;
      }
      row.to = found->second;
    }
    route.rows.push_back(std::move(row));
  }
  return {};
}

// Patterns in the file itself, or { file = "x.csv" }, whose first column counts.
Result<> read_list(const toml::node& node, const std::filesystem::path& folder, NumberList& list) {
  if (const auto* table = node.as_table()) {
    auto path = (*table)["file"].value<std::string>();
    if (!path || table->size() != 1) return fail("must be a list, or {{ file = \"x.csv\" }}");
    auto file = CsvFile::open(folder / *path);
    if (!file) return tl::unexpected(file.error());
    std::vector<std::string_view> fields;
    while (file->next(fields)) list.patterns.emplace_back(fields.front());
  } else if (const auto* array = node.as_array()) {
    for (const toml::node& element : *array) {
      if (!element.is_string()) return fail("each must be a pattern in quotes");
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
      if (auto read = read_rows(folder_ / route.table, route); !read) faults_.add(title, "table", read.error().message);
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
