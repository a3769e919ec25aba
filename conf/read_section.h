#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "conf/checks.h"
#include "conf/hints.h"
#include "conf/option.h"

// Reads one section of the file by its table of options. For conf only.
namespace sg::conf {

inline int line_of(const toml::node& node) {
  return static_cast<int>(node.source().begin.line);
}

template <class S>
std::vector<std::string_view> names_of(const std::vector<Option<S>>& options) {
  std::vector<std::string_view> names;
  for (const auto& option : options) names.push_back(option.name);
  return names;
}

// `is_section`: whether a key is a section of its own, read elsewhere.
template <class S>
void read_section(const std::string& title, const toml::node& node, const std::vector<Option<S>>& options, S& into,
                  Faults& faults, bool (*is_section)(const toml::key& key, const toml::node& value) = nullptr) {
  const auto* table = node.as_table();
  if (!table) return faults.add(line_of(node), "", title, "must be a table");
  faults.place(title, "", line_of(node));
  for (const auto& [key, value] : *table) {
    if (is_section && is_section(key, value)) continue;
    auto option = std::find_if(options.begin(), options.end(), [&](const auto& row) { return row.name == key.str(); });
    if (option == options.end()) {
      faults.add(line_of(value), title, key.str(), unknown_key(key.str(), names_of(options)));
      continue;
    }
    faults.place(title, key.str(), line_of(value));
    if (auto read = option->read(into, value); !read) {
      faults.add(line_of(value), title, key.str(), read.error().message, option->help);
    }
  }
  for (const auto& option : options) {
    if (option.required && !table->contains(option.name)) {
      faults.add(line_of(node), title, option.name, "missing; " + option.range + " is wanted", option.help);
    }
  }
}

// The sections of the dial plan: conf/load_dialplan.cc. CSV files are looked for beside the file `settings` is of.
void read_dialplan(const toml::table& root, Settings& settings, Faults& faults);

}  // namespace sg::conf
