#include "conf/sources.h"

#include <fmt/format.h>

#include <algorithm>

namespace sg::conf {

int Sources::add(std::string file, std::string_view text) {
  const int first = lines_;
  files_.push_back({std::move(file), first});
  lines_ += static_cast<int>(std::ranges::count(text, '\n')) + 1;
  return first;
}

Sources::Place Sources::at(int line) const {
  if (files_.empty()) return {"", line};
  auto after = std::ranges::upper_bound(files_, line - 1, {}, &File::first);
  const File& file = after == files_.begin() ? files_.front() : *std::prev(after);
  return {file.name, line - file.first};
}

std::string Sources::where(int line) const {
  const Place place = at(line);
  return fmt::format("{}:{}", place.file, place.line);
}

std::string Sources::where_from(int from, int line) const {
  const Place place = at(line);
  return place.file == at(from).file ? fmt::format("line {}", place.line) : where(line);
}

}  // namespace sg::conf
