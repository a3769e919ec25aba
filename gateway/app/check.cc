#include "gateway/app/check.h"

#include <ostream>

#include "conf/settings.h"
#include "gateway/app/surroundings.h"
#include "gateway/route/loose_ends.h"
#include "gateway/route/plan.h"
#include "gateway/route/shares.h"

namespace sg::app {
namespace {

constexpr size_t kMostNames = 8;

std::string count_of(size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string trunks_of(const conf::Settings& settings) {
  std::vector<std::string> names;
  auto add = [&](const conf::Trunk& trunk, std::string_view kind) {
    names.push_back(fmt::format("{} ({})", trunk.name, kind));
  };
  for (const auto& trunk : settings.pri_trunks) add(trunk, "pri");
  for (const auto& trunk : settings.sip_trunks) add(trunk, "sip");
  for (const auto& trunk : settings.analog_trunks) {
    add(trunk, name_of(trunk.kind));
  }
  std::string text = count_of(names.size(), "trunk");
  for (size_t i = 0; i < std::min(names.size(), kMostNames); ++i) text += (i ? ", " : ": ") + names[i];
  if (names.size() > kMostNames) text += " …";
  return text;
}

// A few lines: what a reader of the file expects to find in it.
std::string summary_of(const conf::Settings& settings) {
  size_t patterns = 0;
  for (const conf::Route& route : settings.routes) patterns += route.called.size() + route.rows.size();
  std::string text = fmt::format("{}: good\n  {}\n", settings.file, trunks_of(settings));
  text += fmt::format("  {}, {}\n", count_of(settings.spans.size(), "span"), count_of(settings.lines.size(), "line"));
  text += fmt::format("  {} with {}\n", count_of(settings.routes.size(), "route"), count_of(patterns, "pattern"));
  const size_t tests = settings.tests.size();
  return text + (tests ? fmt::format("  {} passed\n", count_of(tests, "test")) : "  no tests\n");
}

}  // namespace

int check(const std::string& file, bool file_only, std::ostream& out, std::ostream& err) {
  auto settings = conf::load(file);
  if (!settings) {
    err << settings.error().message << '\n';
    return 1;
  }
  auto plan = route::Plan::make(*settings);
  auto not_here = file_only ? std::vector<std::string>() : missing(*settings);
  if (!plan) err << plan.error().message << '\n';
  for (const std::string& what : not_here) err << what << '\n';
  if (plan && !not_here.empty()) err << "The file is good, but this machine lacks what it wants.\n";
  if (!plan || !not_here.empty()) return 1;
  for (const std::string& caution : route::cautions(*settings)) out << "warning: " << caution << '\n';
  for (const std::string& end : route::loose_ends(*settings, *plan)) out << "warning: " << end << '\n';
  out << summary_of(*settings);
  return 0;
}

}  // namespace sg::app
