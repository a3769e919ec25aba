#include "gateway/route/shares.h"

#include <fmt/format.h>

#include <algorithm>

namespace sg::route {
namespace {

constexpr size_t kFewLines = 3;
constexpr size_t kLeft = 2;

bool names(const conf::Targets& targets, std::string_view trunk) {
  return std::ranges::any_of(targets, [&](const auto& together) { return std::ranges::count(together, trunk) > 0; });
}

bool leads_to(const conf::Route& route, std::string_view trunk) {
  if (route.reject != 0) return false;
  return names(route.to, trunk) ||
         std::ranges::any_of(route.row_targets, [&](const auto& targets) { return names(targets, trunk); });
}

bool takes_from(const conf::Route& route, std::string_view trunk) {
  return route.from.empty() || std::ranges::count(route.from, trunk) > 0;
}

bool is_limited(const conf::Route& route) {
  const conf::Spend& spend = route.spend;
  return route.limit != 0 || spend.per_line_calls_hour != 0 || spend.per_line_minutes_day != 0 ||
         spend.abroad_minutes_day != 0 || spend.per_destination_minutes_day != 0;
}

template <class Do>
void for_each_trunk(const conf::Settings& settings, Do&& act) {
  for (const conf::Trunk& trunk : settings.sip_trunks) act(trunk);
  for (const conf::Trunk& trunk : settings.pri_trunks) act(trunk);
  for (const conf::Trunk& trunk : settings.analog_trunks) act(trunk);
}

}  // namespace

std::set<std::string> sources_of(const conf::Settings& settings, std::string_view line) {
  std::set<std::string> sources;
  for (const conf::Route& route : settings.routes) {
    if (!leads_to(route, line)) continue;
    for_each_trunk(settings, [&](const conf::Trunk& trunk) {
      if (trunk.name != line && takes_from(route, trunk.name)) sources.insert(trunk.name);
    });
  }
  return sources;
}

size_t share_of(size_t lines, int percent) {
  if (lines <= kFewLines || percent >= 100) return lines;
  return std::min(lines * static_cast<size_t>(percent) / 100, lines - kLeft);
}

std::vector<std::string> cautions(const conf::Settings& settings) {
  std::vector<std::string> all;
  for (const conf::SipTrunk& trunk : settings.sip_trunks) {
    if (trunk.max_cps != 0 || trunk.max_calls != 0) continue;
    for_each_trunk(settings, [&](const conf::Trunk& line) {
      bool is_line = std::ranges::none_of(settings.sip_trunks, [&](const auto& sip) { return sip.name == line.name; });
      bool is_open = std::ranges::any_of(settings.routes, [&](const conf::Route& route) {
        return leads_to(route, line.name) && takes_from(route, trunk.name) && !is_limited(route);
      });
      if (!is_line || !is_open) return;
      all.push_back(fmt::format(
          "[trunk.{}] max_cps: with 0, and no max_calls, whoever forges this trunk's address takes every line of {} "
          "within a second, by a route without limit or spend",
          trunk.name, line.name));
    });
  }
  return all;
}

}  // namespace sg::route
