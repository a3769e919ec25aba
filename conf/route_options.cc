// [[route]].
#include <algorithm>
#include <charconv>

#include "conf/kinds.h"
#include "conf/options.h"

namespace sg::conf {
namespace {

// ["a", "b"] in order; ["a", ["b", "c"]]: b and c share.
Kind<Targets> targets() {
  std::string range = "a list of trunks' names; names in a list of their own share the load";
  auto names = list(text("a trunk's name"), false);
  return {.range = range,
          .read = [names](const toml::node& node) -> Result<Targets> {
            Targets read;
            auto take = [&](const toml::node& element) -> Result<> {
              auto group = names.read(element);
              if (!group) return tl::unexpected(group.error());
              read.push_back(std::move(*group));
              return {};
            };
            if (!node.is_array()) {
              if (auto taken = take(node); !taken) return tl::unexpected(taken.error());
              return read;
            }
            for (const toml::node& element : *node.as_array()) {
              if (auto taken = take(element); !taken) return tl::unexpected(taken.error());
            }
            if (read.empty()) return fail("the list is empty");
            return read;
          },
          .write =
              [names](const Targets& value) {
                std::string out = "[";
                for (const auto& group : value) {
                  out += (out.size() > 1 ? ", " : "") + (group.size() == 1 ? in_quotes(group[0]) : names.write(group));
                }
                return out + "]";
              }};
}

// { trunk = { "+1" = 0.6, "*" = 2.0 } }
Kind<std::vector<Price>> prices() {
  std::string range = "{ TRUNK = { \"+1\" = 0.6, \"*\" = 2.0 } }";
  return {.range = range,
          .read = [range](const toml::node& node) -> Result<std::vector<Price>> {
            std::vector<Price> read;
            if (!node.is_table()) return wrong_type(range, node);
            for (const auto& [trunk, table] : *node.as_table()) {
              if (!table.is_table()) return fail("of {} must be {{ PREFIX = PRICE }}", trunk.str());
              auto prices = read_prices(trunk.str(), *table.as_table());
              if (!prices) return tl::unexpected(prices.error());
              read.insert(read.end(), prices->begin(), prices->end());
            }
            return read;
          },
          .write = [](const std::vector<Price>&) { return std::string("{}"); }};
}

// ["default", 17, 486]: words, Q.850 causes and SIP statuses, which do not meet.
Kind<NextOn> next_on() {
  std::string range = "a list: \"default\", causes from 1 to 127, SIP statuses from 300 to 699";
  return {.range = range,
          .read = [range](const toml::node& node) -> Result<NextOn> {
            NextOn read{.has_default = false, .causes = {}, .statuses = {}};
            const auto* array = node.as_array();
            if (!array) return wrong_type(range, node);
            for (const toml::node& element : *array) {
              int64_t number = element.value<int64_t>().value_or(0);
              if (element.value<std::string_view>() == "default") {
                read.has_default = true;
              } else if (number >= 1 && number <= 127) {
                read.causes.push_back(static_cast<int>(number));
              } else if (number >= 300 && number <= 699) {
                read.statuses.push_back(static_cast<int>(number));
              } else if (element.is_integer()) {
                return fail("{} is neither a Q.850 cause (1 to 127) nor a SIP status (300 to 699)", number);
              } else {
                return fail("holds {}: \"default\" and numbers without quotes are wanted", type_of(element));
              }
            }
            return read;
          },
          .write =
              [](const NextOn& value) {
                std::string out = value.has_default ? "\"default\"" : "";
                for (const auto& numbers : {value.causes, value.statuses}) {
                  for (int number : numbers) out += fmt::format("{}{}", out.empty() ? "" : ", ", number);
                }
                return "[" + out + "]";
              }};
}

// { per_line_calls_hour = 60, abroad_minutes_day = 30 }
Kind<Spend> spend() {
  struct Word {
    std::string_view key;
    int Spend::*member;
  };
  static constexpr Word kWords[] = {{"per_line_calls_hour", &Spend::per_line_calls_hour},
                                    {"per_line_minutes_day", &Spend::per_line_minutes_day},
                                    {"abroad_minutes_day", &Spend::abroad_minutes_day},
                                    {"per_destination_minutes_day", &Spend::per_destination_minutes_day}};
  std::string range =
      "{ per_line_calls_hour, per_line_minutes_day, abroad_minutes_day, per_destination_minutes_day = a number }";
  return {.range = range,
          .read = [range](const toml::node& node) -> Result<Spend> {
            if (!node.is_table()) return wrong_type(range, node);
            Spend read;
            for (const auto& [key, value] : *node.as_table()) {
              auto word = std::find_if(std::begin(kWords), std::end(kWords),
                                       [name = key.str()](const Word& w) { return w.key == name; });
              if (word == std::end(kWords)) return fail("\"{}\" is unknown: {} is wanted", key.str(), range);
              auto number = integer(1, 1'000'000).read(value);
              if (!number) return fail_with(number.error(), "{}", key.str());
              read.*(word->member) = *number;
            }
            return read;
          },
          .write =
              [](const Spend& value) {
                std::string out;
                for (const Word& word : kWords) {
                  if (value.*(word.member) == 0) continue;
                  out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", word.key, value.*(word.member));
                }
                return out.empty() ? std::string("{}") : "{ " + out + " }";
              }};
}

}  // namespace

const std::vector<Option<Route>>& route_options() {
  static const std::vector<Option<Route>> options = {
      option<Route>("name", &Route::name, text("a name"), "What logs and records call this route.").needed("\"out\""),
      option<Route>("from", &Route::from, list(text("a trunk's or group's name")),
                    "Trunks whose calls may take this route. Empty: any.")
          .shown("[\"pbx\"]"),
      option<Route>(
          "called", &Route::called, list(text("a pattern or @list"), false),
          "Called numbers. Digits stand for themselves; X is 0 to 9, Z 1 to 9, N 2 to 9, [2-5] one of these, a last * "
          "anything more; parentheses are $1, $2 … in set_called; /…/ is a regular expression; @name a list. The most "
          "specific route wins.")
          .shown("\"+*\""),
      option<Route>(
          "table", &Route::table, text("a path"),
          "A CSV file of further called numbers, under the heading \"called\". A column \"to\" may name other "
          "targets: \"a>b\"."),
      option<Route>("calling", &Route::calling, list(text("a pattern or @list")),
                    "Calling numbers. \"line\": only a [[line]]'s, which is shown by its own public number."),
      option<Route>("redirecting", &Route::redirecting, list(text("a pattern or @list")),
                    "Numbers that the call was redirected from."),
      option<Route>("ton", &Route::ton, list(ton()), "Types of the called number, as received."),
      option<Route>("media", &Route::media, list(choice<CallMedia>()), "What the call carries."),
      option<Route>("when", &Route::when, text("a schedule's name"), "Only then."),
      option<Route>("not_when", &Route::not_when, text("a schedule's name"), "Only outside of it."),
      option<Route>("to", &Route::to, targets(),
                    "Trunks to send the call to, tried in this order. Those of a group share its calls.")
          .shown("[\"pstn\"]"),
      option<Route>("pick", &Route::pick,
                    choice<Pick>({{"order", Pick::Order},
                                  {"rotate", Pick::Rotate},
                                  {"idle", Pick::Idle},
                                  {"share", Pick::Share},
                                  {"cost", Pick::Cost}}),
                    "Which target comes first. order: as written; rotate: each call begins one further; idle: the one "
                    "with the fewest calls; share: any, evenly; cost: the cheapest."),
      option<Route>("cost", &Route::cost, prices(), "For pick = \"cost\": prices by the called number's beginning."),
      option<Route>("strip", &Route::strip, integer(0, 32),
                    "Characters taken off the front of the called number (a + is one)."),
      option<Route>("prepend", &Route::prepend, text("digits"), "Digits then put in front of it."),
      option<Route>("set_called", &Route::set_called, text("a number, with $1 …"),
                    "Another called number instead; $1 is what the first parentheses of `called` matched."),
      option<Route>("set_calling", &Route::set_calling, text("a number"), "Another calling number."),
      option<Route>("calling_must_be", &Route::calling_must_be, list(text("a pattern or @list")),
                    "Calling numbers that may be shown; others become calling_else."),
      option<Route>("calling_else", &Route::calling_else, text("a number"), "What is shown instead. Empty: nothing."),
      option<Route>("hide_calling", &Route::hide_calling, boolean(), "Ask the far end not to show the calling number."),
      option<Route>("emergency", &Route::is_emergency, boolean(),
                    "An emergency route: open to every line, under no limit, and logged; where its trunk has no free "
                    "timeslot, the newest other call there is cleared."),
      option<Route>("reject", &Route::reject, integer(0, 127),
                    "Refuse the call with this Q.850 cause instead of sending it anywhere. 0: no."),
      option<Route>(
          "next_on", &Route::next_on, next_on(),
          "Failures after which the next target is tried. \"default\": causes 2, 3, 6, 27, 34, 38, 41 to 44, "
          "47 and 102, SIP 401, 407, 408, 500, 502, 503 and 504. A target that cannot be tried at all is always "
          "passed over."),
      option<Route>("ring", &Route::ring, duration<seconds>(0s, 1h),
                    "How long a target may take to answer; then comes the next, or the call ends. 0s: no limit."),
      option<Route>("limit", &Route::limit, integer(0, 100000), "Calls at once on this route. 0: no limit."),
      option<Route>(
          "spend", &Route::spend, spend(),
          "What may be used up on this route: calls of one line in the last hour, minutes of one line, abroad "
          "and to one number in the last day. A call above it is refused; one that is up goes on."),
  };
  return options;
}

}  // namespace sg::conf
