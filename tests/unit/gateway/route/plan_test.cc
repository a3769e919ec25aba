#include "gateway/route/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace sg::route {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

conf::Route route_of(std::string name, std::vector<std::string> from, std::vector<std::string> called,
                     std::vector<std::string> to) {
  conf::Route route;
  route.name = std::move(name);
  route.from = std::move(from);
  route.called = std::move(called);
  for (std::string& trunk : to) route.to.push_back({std::move(trunk)});
  return route;
}

Plan plan_of(std::vector<conf::Route> routes) {
  conf::Settings settings;
  settings.routes = std::move(routes);
  return Plan::make(settings).value();
}

std::string route_taken(const Plan& plan, std::string from, std::string called) {
  auto attempts = plan.route({.from_trunk = std::move(from), .called = std::move(called), .calling = "100"});
  return attempts.empty() ? "none" : attempts.front().route;
}

TEST(Plan, TakesTheLongestPrefixWhateverTheOrderInTheFile) {
  auto plan = plan_of({route_of("germany", {}, {"+49*"}, {"a"}), route_of("berlin", {}, {"+4930*"}, {"a"}),
                       route_of("all", {}, {"*"}, {"a"})});

  EXPECT_EQ(route_taken(plan, "x", "+4930123"), "berlin");
  EXPECT_EQ(route_taken(plan, "x", "+4930"), "berlin");
  EXPECT_EQ(route_taken(plan, "x", "+49301"), "berlin");
  EXPECT_EQ(route_taken(plan, "x", "+493"), "germany");
  EXPECT_EQ(route_taken(plan, "x", "+4"), "all");
  EXPECT_EQ(route_taken(plan, "x", ""), "all");
}

TEST(Plan, MatchesANumberWithoutStarInFullOnly) {
  auto plan = plan_of({route_of("emergency", {}, {"112"}, {"a"}), route_of("eleven", {}, {"11*"}, {"a"})});

  EXPECT_EQ(route_taken(plan, "x", "112"), "emergency");
  EXPECT_EQ(route_taken(plan, "x", "1123"), "eleven");
  EXPECT_EQ(route_taken(plan, "x", "12"), "none");
}

TEST(Plan, PrefersAFullNumberToAPrefixOfTheSameLength) {
  auto plan = plan_of({route_of("prefix", {}, {"112*"}, {"a"}), route_of("full", {}, {"112"}, {"a"})});

  EXPECT_EQ(route_taken(plan, "x", "112"), "full");
}

TEST(Plan, OpensARouteOnlyToTheTrunksItNames) {
  auto plan = plan_of({route_of("pbx", {"pbx"}, {"+49*"}, {"a"}), route_of("others", {}, {"+*"}, {"b"})});

  EXPECT_EQ(route_taken(plan, "pbx", "+491"), "pbx");
  EXPECT_EQ(route_taken(plan, "carrier", "+491"), "others");
}

TEST(Plan, PrefersTheRouteThatNamesItsSourceAmongEquals) {
  auto plan = plan_of({route_of("any", {}, {"+*"}, {"a"}), route_of("pbx", {"pbx"}, {"+*"}, {"b"})});

  EXPECT_EQ(route_taken(plan, "pbx", "+1"), "pbx");
  EXPECT_EQ(route_taken(plan, "carrier", "+1"), "any");
}

TEST(Plan, GivesTheTargetsInOrderWithTheNumbersToSend) {
  conf::Route route = route_of("out", {}, {"0*"}, {"first", "second"});
  route.strip = 1;
  route.prepend = "+49";
  auto plan = plan_of({route});

  auto attempts = plan.route({.from_trunk = "pbx", .called = "030123", .calling = "4711"});

  EXPECT_THAT(attempts,
              ElementsAre(Attempt{"first", "+4930123", "4711", "out"}, Attempt{"second", "+4930123", "4711", "out"}));
}

TEST(Plan, StripsNoMoreThanThereIs) {
  conf::Route route = route_of("out", {}, {"*"}, {"a"});
  route.strip = 5;
  auto plan = plan_of({route});

  EXPECT_EQ(plan.route({.from_trunk = "x", .called = "12", .calling = ""}).front().called, "");
}

TEST(Plan, KnowsNoWayWhereNoRouteMatches) {
  EXPECT_THAT(plan_of({}).route({"x", "+49", ""}), IsEmpty());
}

TEST(Plan, RefusesRoutesThatCannotBeToldApart) {
  conf::Settings settings;
  settings.routes = {route_of("one", {"a", "b"}, {"+49*"}, {"c"}), route_of("two", {"b"}, {"+4*", "+49*"}, {"c"})};

  auto plan = Plan::make(settings);

  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, testing::HasSubstr("\"one\" and \"two\" are both for +49*"));
}

// The tree against the plain reading of the rule.
TEST(Plan, AgreesWithASearchOfAllPrefixes) {
  std::mt19937 random(38);
  auto digits = [&](size_t longest) {
    std::string text;
    for (size_t n = random() % (longest + 1); n > 0; --n) text += static_cast<char>('0' + random() % 3);
    return text;
  };
  std::vector<conf::Route> routes;
  std::vector<std::string> prefixes;
  for (int i = 0; i < 200; ++i) {
    std::string prefix = digits(6);
    if (std::find(prefixes.begin(), prefixes.end(), prefix) != prefixes.end()) continue;
    prefixes.push_back(prefix);
    routes.push_back(route_of("r" + prefix, {}, {prefix + "*"}, {"a"}));
  }
  auto plan = plan_of(routes);

  for (int i = 0; i < 1000; ++i) {
    std::string called = digits(9), expected = "none";
    size_t longest = 0;
    for (const auto& prefix : prefixes) {
      if (called.starts_with(prefix) && (expected == "none" || prefix.size() > longest)) {
        expected = "r" + prefix;
        longest = prefix.size();
      }
    }
    EXPECT_EQ(route_taken(plan, "x", called), expected) << called;
  }
}

}  // namespace
}  // namespace sg::route
