#pragma once

#include <toml++/toml.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

// What an option is: a row of a table. Reading, complaints and the sample file all come from it. For conf only.
namespace sg::conf {

// How values of T stand in the file.
template <class T>
struct Kind {
  std::string range;  // what is wanted, in words: "a time from 10ms to 10s"
  std::function<Result<T>(const toml::node&)> read;
  std::function<std::string(const T&)> write;  // as TOML
};

// One option of a section that is read into an S.
template <class S>
struct Option {
  std::string_view name;
  std::string range;
  std::string help;
  std::function<Result<>(S&, const toml::node&)> read;
  std::function<std::string(const S&)> write;
  bool required = false;
  std::string example = {};  // the value in the sample; empty: the default, commented out
  bool is_live = false;      // a reload puts it into effect; otherwise only a restart does

  Option needed(std::string shown) && {
    required = true;
    return std::move(*this).shown(std::move(shown));
  }
  Option live() && {
    is_live = true;
    return std::move(*this);
  }
  Option shown(std::string value) && {
    example = std::move(value);
    return std::move(*this);
  }
};

// An option that is one member of S, or of a base of S.
template <class S, class Owner, class T>
Option<S> option(std::string_view name, T Owner::*member, Kind<T> kind, std::string_view help) {
  return {.name = name,
          .range = kind.range,
          .help = std::string(help),
          .read = [member, read = kind.read](S& section, const toml::node& node) -> Result<> {
            auto value = read(node);
            if (!value) return tl::unexpected(value.error());
            section.*member = std::move(*value);
            return {};
          },
          .write = [member, write = kind.write](const S& section) { return write(section.*member); }};
}

}  // namespace sg::conf
