#include "conf/include.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include "conf/read_section.h"
#include "conf/syntax.h"

namespace sg::conf {
namespace {

namespace fs = std::filesystem;

// Sections whose entries may come from several files. The others stand in one.
constexpr std::array kTablesOfEntries = {"span", "trunk", "group",    "profile", "site",
                                         "plan", "lists", "schedule", "test"};

bool holds_entries(std::string_view section) {
  return std::ranges::find(kTablesOfEntries, section) != kTablesOfEntries.end();
}

// Lines are counted on by putting as many empty ones before: so every node knows its place among all files.
Result<toml::table> parse_one(std::string_view text, std::string_view filename, int first_line) {
  try {
    return toml::parse(first_line ? std::string(static_cast<size_t>(first_line), '\n').append(text) : std::string(text),
                       filename);
  } catch (const toml::parse_error&) {
  }
  try {
    return toml::parse(text, filename);
  } catch (const toml::parse_error& error) {
    return fail("{}", explain(error, text, filename));
  }
}

class Merger {
 public:
  Merger(const Sources& sources, Faults& faults) : sources_(sources), faults_(faults) {}

  void merge(toml::table& into, toml::table& from) {
    for (auto&& [key, node] : from) {
      const std::string name(key.str());
      if (name == "include") {
        faults_.add(line_of(node), "", name, "stands in the first file only");
        continue;
      }
      toml::node* there = into.get(name);
      if (!there) {
        into.insert(name, std::move(node));
      } else if (node.is_array_of_tables() && there->is_array_of_tables()) {
        append(*there->as_array(), *node.as_array());
      } else if (node.is_table() && there->is_table() && holds_entries(name)) {
        merge_entries("[" + name, *there->as_table(), *node.as_table());
      } else {
        stands_twice(node.is_table() ? "[" + name + "]" : name, node, *there);
      }
    }
  }

 private:
  // `section`: "[trunk".
  void merge_entries(const std::string& section, toml::table& into, toml::table& from) {
    for (auto&& [key, node] : from) {
      toml::node* there = into.get(key.str());
      const bool is_cases = section == "[test" && key.str() == "cases";
      if (!there) {
        into.insert(key.str(), std::move(node));
      } else if (is_cases && node.is_array() && there->is_array()) {
        append(*there->as_array(), *node.as_array());
      } else {
        stands_twice(section + (node.is_table() ? fmt::format(".{}]", key.str()) : fmt::format("] {}", key.str())),
                     node, *there);
      }
    }
  }

  static void append(toml::array& into, toml::array& from) {
    for (auto&& node : from) into.push_back(std::move(node));
  }

  void stands_twice(std::string_view what, const toml::node& node, const toml::node& first) {
    faults_.add(line_of(node), "", what, "stands twice: first at " + sources_.where(line_of(first)));
  }

  const Sources& sources_;
  Faults& faults_;
};

Result<std::vector<fs::path>> files_at(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector{path};
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".toml") files.push_back(entry->path());
  }
  if (error) return fail("{}: cannot be read: {}", path.string(), error.message());
  std::ranges::sort(files);
  return files;
}

Result<std::string> contents_of(const fs::path& path) {
  std::ifstream file(path);
  if (!file) return fail("{}: cannot be read: {}", path.string(), std::strerror(errno));
  std::ostringstream read;
  read << file.rdbuf();
  std::string text = read.str();
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  return text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
}

std::optional<std::vector<std::string>> paths_in(const toml::node& include) {
  if (const auto* one = include.as_string()) return std::vector{one->get()};
  const auto* array = include.as_array();
  if (!array) return std::nullopt;
  std::vector<std::string> paths;
  for (const toml::node& element : *array) {
    if (!element.is_string()) return std::nullopt;
    paths.push_back(element.as_string()->get());
  }
  return paths;
}

}  // namespace

Result<toml::table> parse_with_includes(std::string_view text, std::string_view filename, Sources& sources,
                                        Faults& faults) {
  auto root = parse_one(text, filename, sources.add(std::string(filename), text));
  if (!root) return root;
  const toml::node* include = root->get("include");
  if (!include) return root;
  const int line = line_of(*include);
  auto complain = [&](std::string_view why) { faults.add(line, "", "include", why); };
  auto paths = paths_in(*include);
  if (!paths) complain("must be a list of files and directories: [\"sites\", \"lists.toml\"]");
  const fs::path folder = fs::path(filename).parent_path();
  root->erase("include");
  for (const std::string& path : paths.value_or(std::vector<std::string>{})) {
    auto files = files_at(folder / path);
    if (!files) {
      complain(files.error().message);
      continue;
    }
    for (const fs::path& file : *files) {
      auto contents = contents_of(file);
      if (!contents) {
        complain(contents.error().message);
        continue;
      }
      auto more = parse_one(*contents, file.string(), sources.add(file.string(), *contents));
      if (!more) return more;
      Merger(sources, faults).merge(*root, *more);
    }
  }
  return root;
}

}  // namespace sg::conf
