#include <charconv>

#include "conf/kinds.h"
#include "conf/options.h"

// The options of the dial plan: [site], [plan], [[line]], [schedule], [[route]], [test].
namespace sg::conf {
namespace {

using std::chrono::year_month_day;

Kind<std::string> digits(std::string what) {
  return {.range = what,
          .read = [what](const toml::node& node) -> Result<std::string> {
            if (!node.is_string()) {
              const bool is_vowel = std::string_view("aeiou").find(what.front()) != std::string_view::npos;
              return wrong_type((is_vowel ? "an " : "a ") + what, node, Written::AsText);
            }
            const std::string& text = node.as_string()->get();
            if (text.find_first_not_of("0123456789") != std::string::npos) {
              return fail("{} is no {}", in_quotes(text), what);
            }
            return text;
          },
          .write = in_quotes};
}

Kind<Ton> ton() {
  return choice<Ton>({{"unknown", Ton::Unknown},
                      {"international", Ton::International},
                      {"national", Ton::National},
                      {"subscriber", Ton::Subscriber}});
}

Kind<CallMedia> call_media() {
  return choice<CallMedia>({{"voice", CallMedia::Voice}, {"fax", CallMedia::Fax}, {"data", CallMedia::Data}});
}

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

constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

std::optional<unsigned> day_number(std::string_view text) {
  for (unsigned day = 0; day < 7; ++day) {
    if (text == kDays[day]) return day;
  }
  return std::nullopt;
}

// "Mon-Fri", "Sat", or several with commas.
Result<std::vector<std::chrono::weekday>> parse_days(std::string_view text) {
  std::vector<std::chrono::weekday> days;
  for (std::string_view rest = text; !rest.empty();) {
    auto comma = rest.find(',');
    std::string_view part = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    while (part.starts_with(' ')) part.remove_prefix(1);
    auto dash = part.find('-');
    auto first = day_number(part.substr(0, dash));
    auto last = dash == std::string_view::npos ? first : day_number(part.substr(dash + 1));
    if (!first || !last) return fail("\"{}\" is no day such as \"Mon\" or \"Mon-Fri\"", part);
    for (unsigned day = *first;; day = (day + 1) % 7) {
      days.emplace_back(day);
      if (day == *last) break;
    }
  }
  if (days.empty()) return fail("no day is named");
  return days;
}

template <class T>
bool read_number(std::string_view text, T& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

Result<int> parse_minute(std::string_view text) {
  int hour = 0, minute = 0;
  if (text.size() != 5 || text[2] != ':' || !read_number(text.substr(0, 2), hour) ||
      !read_number(text.substr(3), minute) || hour < 0 || minute < 0 || minute > 59 || hour * 60 + minute > 24 * 60) {
    return fail("\"{}\" is no time of day such as \"08:30\"", text);
  }
  return hour * 60 + minute;
}

Result<year_month_day> parse_date(std::string_view text) {
  int year = 0;
  unsigned month = 0, day = 0;
  if (text.size() == 10 && text[4] == '-' && text[7] == '-' && read_number(text.substr(0, 4), year) &&
      read_number(text.substr(5, 2), month) && read_number(text.substr(8), day)) {
    year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (date.ok()) return date;
  }
  return fail("\"{}\" is no date such as \"2026-12-25\"", text);
}

// "08:00-18:30", two members in one option.
Option<Schedule> hours_option() {
  return {.name = "hours",
          .range = "\"HH:MM-HH:MM\"",
          .help = "From and up to when, on each of the days. An end before the beginning is on the next day.",
          .read = [](Schedule& schedule, const toml::node& node) -> Result<> {
            if (!node.is_string()) return fail("must be \"HH:MM-HH:MM\", not {}", type_of(node));
            std::string_view hours = node.as_string()->get();
            auto dash = hours.find('-');
            if (dash == std::string_view::npos) return fail("\"{}\" is no \"HH:MM-HH:MM\"", hours);
            auto from = parse_minute(hours.substr(0, dash)), to = parse_minute(hours.substr(dash + 1));
            if (!from || !to) return tl::unexpected((from ? to : from).error());
            if (*from == *to) return fail("\"{}\" is no time at all", hours);
            schedule.from_minute = *from;
            schedule.to_minute = *to;
            return {};
          },
          .write = [](const Schedule&) { return std::string("\"00:00-24:00\""); }};
}

Option<Schedule> days_option() {
  return {.name = "days",
          .range = "\"Mon-Fri\", \"Sat,Sun\" …",
          .help = "Days of the week.",
          .read = [](Schedule& schedule, const toml::node& node) -> Result<> {
            if (!node.is_string()) return fail("must be \"Mon-Fri\", not {}", type_of(node));
            auto days = parse_days(node.as_string()->get());
            if (!days) return tl::unexpected(days.error());
            schedule.days = std::move(*days);
            return {};
          },
          .write = [](const Schedule&) { return std::string("\"Mon-Sun\""); }};
}

Kind<year_month_day> date() {
  return parsed<year_month_day>("a date, \"2026-12-25\"", parse_date, [](const year_month_day& value) {
    return fmt::format("{:04}-{:02}-{:02}", int(value.year()), unsigned(value.month()), unsigned(value.day()));
  });
}

}  // namespace

Result<WallClock> WallClock::parse(std::string_view text) {
  auto space = text.find(' ');
  if (space == std::string_view::npos) return fail("\"{}\" is no time such as \"Tue 10:00\"", text);
  auto minute = parse_minute(text.substr(space + 1));
  if (!minute) return tl::unexpected(minute.error());
  if (auto day = day_number(text.substr(0, space))) return WallClock{std::chrono::weekday(*day), *minute, std::nullopt};
  auto date = parse_date(text.substr(0, space));
  if (!date) return fail("\"{}\" is no day such as \"Tue\" or \"2026-12-25\"", text.substr(0, space));
  return WallClock{std::chrono::weekday(std::chrono::sys_days(*date)), *minute, *date};
}

bool Schedule::holds(const WallClock& at) const {
  auto on = [&](std::chrono::weekday day, std::optional<year_month_day> date) {
    if (date && std::find(except.begin(), except.end(), *date) != except.end()) return false;
    return days.empty() || std::find(days.begin(), days.end(), day) != days.end();
  };
  if (from_minute < to_minute) return at.minute >= from_minute && at.minute < to_minute && on(at.day, at.date);
  if (at.minute >= from_minute) return on(at.day, at.date);
  if (at.minute >= to_minute) return false;
  // After midnight it is still the evening before that counts.
  std::optional<year_month_day> eve;
  if (at.date) eve = std::chrono::sys_days(*at.date) - std::chrono::days(1);
  return on(at.day - std::chrono::days(1), eve);
}

const std::vector<Option<Site>>& site_options() {
  static const std::vector<Option<Site>> options = {
      option<Site>("country", &Site::country, digits("country code"), "Country code, without +."),
      option<Site>("area", &Site::area, digits("area code"),
                   "Area code, without the prefix that is dialled before it."),
      option<Site>("trunk_prefix", &Site::trunk_prefix, digits("prefix"), "What is dialled before a national number."),
      option<Site>("intl_prefix", &Site::intl_prefix, digits("prefix"), "What is dialled before a country code."),
      option<Site>("emergency", &Site::emergency, list(digits("emergency number")),
                   "Emergency numbers: never rewritten, and `@emergency` in routes."),
      option<Site>("most_forwards", &Site::most_forwards, integer(1, 15),
                   "How often one call may be forwarded, here or before it came, or follow a peer's 302; then it ends "
                   "with cause 25."),
  };
  return options;
}

const std::vector<Option<PlanBlock>>& plan_options() {
  static const std::vector<Option<PlanBlock>> options = {
      option<PlanBlock>("ext", &PlanBlock::ext, text("an extension, X for any digit"), "Extensions.").needed("\"2XX\""),
      option<PlanBlock>("e164", &PlanBlock::e164, text("a number with +, X for any digit"),
                        "Their public numbers: its X are those of ext, in order.")
          .needed("\"+4420794602XX\""),
  };
  return options;
}

const std::vector<Option<Profile>>& profile_options() {
  static const std::vector<Option<Profile>> options = {
      option<Profile>("media", &Profile::media, maybe(call_media(), "\"voice\""),
                      "What its calls carry: `media` in routes, and a fax has its fixed jitter buffer from the first "
                      "octet on.")
          .shown("\"fax\""),
      option<Profile>("codecs", &Profile::codecs, list(choice<Codec>({{"pcma", Codec::Pcma}, {"pcmu", Codec::Pcmu}})),
                      "G.711 laws, the preferred first. Empty: as the trunk has them.")
          .shown("[\"pcma\"]"),
      option<Profile>("t38", &Profile::t38, maybe(t38_mode(), "\"preamble\""),
                      "Who asks for T.38, as in [fax]. Where it is not given, as the trunk has it."),
  };
  return options;
}

namespace {

Option<Line> port_option() {
  auto port = parsed<Port>("\"SPAN/CHANNEL\"", Port::parse, [](const Port& value) { return value.to_string(); });
  return {.name = "port",
          .range = port.range,
          .help = "Where it is: a port of a card that an fxs, fxo or em trunk has. Empty: behind another trunk.",
          .read = [read = port.read](Line& line, const toml::node& node) -> Result<> {
            if (node.is_string() && node.as_string()->get().empty()) return {};
            auto value = read(node);
            if (!value) return tl::unexpected(value.error());
            line.port = *value;
            return {};
          },
          .write = [](const Line& line) { return in_quotes(line.port ? line.port->to_string() : std::string()); }};
}

}  // namespace

const std::vector<Option<Line>>& line_options() {
  static const std::vector<Option<Line>> options = {
      option<Line>("ext", &Line::ext, digits("extension"), "The extension.").shown("\"401\""),
      option<Line>("did", &Line::did, text("a number with +"), "Its own public number.").shown("\"+12125550101\""),
      option<Line>("profile", &Line::profile, text("a profile's name"), "A [profile.NAME] that its calls go by.")
          .shown("\"fax\""),
      option<Line>("label", &Line::label, text("a text"), "What it is, for people."),
      option<Line>("allow", &Line::allow, list(text("a pattern or @list")),
                   "Numbers that it may dial, beside emergency numbers. Empty: all that routes lead to."),
      port_option(),
      option<Line>("trunk", &Line::trunk, text("a trunk's name"),
                   "The fxs, fxo or em trunk that the port belongs to. Needed only where several have its span."),
      option<Line>("number", &Line::number, text("a number"),
                   "On a port of an fxo or em trunk, in place of ext and did: what number calls that come in there are "
                   "for. With + or as trunks of that kind dial."),
      option<Line>("media", &Line::media, choice<LineMedia>({{"any", LineMedia::Any}, {"fax", LineMedia::Fax}}),
                   "fax: a fax machine is there, and nothing else; calls are handled as fax from the start."),
      option<Line>("messages", &Line::messages, integer(0, 99),
                   "Messages that wait for a telephone: its lamp is lit, and its dial tone stutters."),
      option<Line>("forward_always", &Line::forward_always, text("a number"),
                   "Where all its calls go instead: a number as it would dial it, or with +. It must be one that the "
                   "line may call itself."),
      option<Line>("forward_busy", &Line::forward_busy, text("a number"), "Where its calls go when it is busy."),
      option<Line>("forward_no_answer", &Line::forward_no_answer, text("a number"),
                   "Where its calls go when it rings and nobody answers."),
      option<Line>("forward_after", &Line::forward_after, duration<seconds>(1s, 10min),
                   "How long it rings before forward_no_answer."),
  };
  return options;
}

const std::vector<Option<Schedule>>& schedule_options() {
  static const std::vector<Option<Schedule>> options = {
      days_option().shown("\"Mon-Fri\""),
      hours_option().shown("\"08:00-18:30\""),
      option<Schedule>("zone", &Schedule::zone, text("a time zone, \"Europe/London\""),
                       "Whose clock counts. Empty: this machine's (/etc/localtime)."),
      option<Schedule>("except", &Schedule::except, list(date()), "Days that do not count, such as holidays."),
  };
  return options;
}

const std::vector<Option<Route>>& route_options() {
  static const std::vector<Option<Route>> options = {
      option<Route>("name", &Route::name, text("a name"), "What logs and records call this route.").needed("\"out\""),
      option<Route>("from", &Route::from, list(text("a trunk's name")),
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
      option<Route>("media", &Route::media, list(call_media()), "What the call carries."),
      option<Route>("when", &Route::when, text("a schedule's name"), "Only then."),
      option<Route>("not_when", &Route::not_when, text("a schedule's name"), "Only outside of it."),
      option<Route>("to", &Route::to, targets(), "Trunks to send the call to, tried in this order.")
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

const std::vector<Option<PlanTest>>& test_options() {
  static const std::vector<Option<PlanTest>> options = {
      option<PlanTest>("from", &PlanTest::from, text("a trunk's name"), "Where the call comes from.").needed("\"pbx\""),
      option<PlanTest>("dial", &PlanTest::dial, text("a number"), "The called number as received.").needed("\"112\""),
      option<PlanTest>("calling", &PlanTest::calling, text("a number"), "The calling number as received."),
      option<PlanTest>("line", &PlanTest::line_ext, text("an extension"), "Or the [[line]] that calls."),
      option<PlanTest>("redirecting", &PlanTest::redirecting, text("a number"), "The redirecting number as received."),
      option<PlanTest>("ton", &PlanTest::ton, ton(), "The called number's type."),
      option<PlanTest>("media", &PlanTest::media, call_media(), "What it carries."),
      option<PlanTest>("at", &PlanTest::at, text("\"Tue 10:00\" or \"2026-12-25 10:00\""), "When. Empty: Tue 12:00."),
      option<PlanTest>("want", &PlanTest::want, text("\"a>b\", \"reject N\", \"no route\" or \"not allowed\""),
                       "Trunks in the order tried, or why there are none.")
          .needed("\"pstn\""),
      option<PlanTest>("sends", &PlanTest::sends, text("a number"), "The called number that the first trunk is sent."),
      option<PlanTest>("calling_sends", &PlanTest::calling_sends, text("a number"), "And the calling number."),
      option<PlanTest>("route", &PlanTest::route, text("a route's name"), "The route that must win."),
  };
  return options;
}

}  // namespace sg::conf
