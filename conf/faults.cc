#include "conf/faults.h"

#include <algorithm>

#include "conf/options.h"

namespace sg::conf {
namespace {

template <class S>
std::string_view help_in(const std::vector<Option<S>>& options, std::string_view key) {
  for (const auto& option : options) {
    if (option.name == key) return option.help;
  }
  return "";
}

std::string_view help_of(std::string_view title, std::string_view key) {
  if (title == "[sip]") return help_in(sip_options(), key);
  if (title == "[media]") return help_in(media_options(), key);
  if (title == "[fax]") return help_in(fax_options(), key);
  if (title.starts_with("[span.")) {
    auto help = help_in(cesop_span_options(), key);
    return help.empty() ? help_in(dahdi_span_options(), key) : help;
  }
  if (title.starts_with("[[route]]")) return help_in(route_options(), key);
  if (title.starts_with("[[line]]")) return help_in(line_options(), key);
  auto help = help_in(pri_trunk_options(), key);
  if (help.empty()) help = help_in(sip_trunk_options(), key);
  for (auto kind : {LineKind::Fxs, LineKind::Fxo, LineKind::EAndM}) {
    if (help.empty()) help = help_in(analog_trunk_options(kind), key);
  }
  return help;
}

}  // namespace

void Faults::add(int line, std::string_view title, std::string_view key, std::string_view reason,
                 std::string_view help) {
  std::string text = fmt::format("{}: ", sources_.where(line));
  if (!title.empty()) text += fmt::format("{} ", title);
  text += fmt::format("{}: {}", key, reason);
  if (!help.empty()) text += fmt::format(" ({})", help);
  found_.emplace_back(line, std::move(text));
}

void Faults::add(std::string_view title, std::string_view key, std::string_view reason) {
  auto line = lines_.find({std::string(title), std::string(key)});
  if (line == lines_.end()) line = lines_.find({std::string(title), ""});
  add(line == lines_.end() ? 1 : line->second, title, key, reason, help_of(title, key));
}

Places Faults::places() const {
  Places kept;
  for (const auto& [key, line] : lines_) {
    if (!key.first.starts_with("[[") && !key.first.starts_with("[test]")) kept.emplace(key, line);
  }
  return kept;
}

Error Faults::error() const {
  auto sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Error error;
  for (const auto& [line, text] : sorted) error.message += (error.message.empty() ? "" : "\n") + text;
  return error;
}

}  // namespace sg::conf
