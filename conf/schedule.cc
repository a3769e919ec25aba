// [schedule]: days and hours, how they stand in the file and what they hold.
#include <algorithm>
#include <charconv>

#include "conf/dates.h"
#include "conf/kinds.h"
#include "conf/options.h"

namespace sg::conf {
namespace {

using std::chrono::year_month_day;

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

// "08:00-18:30".
Result<Hours> parse_hours(std::string_view text) {
  auto dash = text.find('-');
  if (dash == std::string_view::npos) return fail("\"{}\" is no \"HH:MM-HH:MM\"", text);
  auto from = parse_minute(text.substr(0, dash)), to = parse_minute(text.substr(dash + 1));
  if (!from || !to) return tl::unexpected((from ? to : from).error());
  if (*from == *to) return fail("\"{}\" is no time at all", text);
  return Hours{*from, *to};
}

Kind<Hours> hours() {
  return parsed<Hours>("\"HH:MM-HH:MM\"", parse_hours, [](const Hours& value) {
    return fmt::format("{:02}:{:02}-{:02}:{:02}", value.from / 60, value.from % 60, value.to / 60, value.to % 60);
  });
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

// "2026-12-25", and of every year "12-25".
Result<CalendarDay> parse_calendar_day(std::string_view text) {
  unsigned month = 0, day = 0;
  if (text.size() == 5 && text[2] == '-' && read_number(text.substr(0, 2), month) && read_number(text.substr(3), day)) {
    std::chrono::month_day yearly{std::chrono::month(month), std::chrono::day(day)};
    if (yearly.ok()) return CalendarDay{std::nullopt, yearly};
  }
  auto date = parse_date(text);
  if (!date) return fail("\"{}\" is no date such as \"2026-12-25\", nor of every year such as \"12-25\"", text);
  return CalendarDay{date->year(), date->month() / date->day()};
}

Kind<CalendarDay> calendar_day() {
  return parsed<CalendarDay>("a date, \"2026-12-25\" or \"12-25\"", parse_calendar_day, [](const CalendarDay& value) {
    const auto day = fmt::format("{:02}-{:02}", unsigned(value.day.month()), unsigned(value.day.day()));
    return value.year ? fmt::format("{:04}-{}", int(*value.year), day) : day;
  });
}

}  // namespace

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
    if (date && std::ranges::any_of(except, [&](const CalendarDay& off) { return off.is(*date); })) return false;
    return days.empty() || std::find(days.begin(), days.end(), day) != days.end();
  };
  auto holds_in = [&](const Hours& open) {
    if (open.from < open.to) return at.minute >= open.from && at.minute < open.to && on(at.day, at.date);
    if (at.minute >= open.from) return on(at.day, at.date);
    if (at.minute >= open.to) return false;
    // After midnight it is still the evening before that counts.
    std::optional<year_month_day> eve;
    if (at.date) eve = std::chrono::sys_days(*at.date) - std::chrono::days(1);
    return on(at.day - std::chrono::days(1), eve);
  };
  return hours.empty() ? holds_in(Hours{}) : std::ranges::any_of(hours, holds_in);
}

const std::vector<Option<Schedule>>& schedule_options() {
  static const std::vector<Option<Schedule>> options = {
      days_option().shown("\"Mon-Fri\""),
      option<Schedule>("hours", &Schedule::hours, list(hours()),
                       "From and up to when, on each of the days: one interval, or several ([\"08:00-12:00\", "
                       "\"13:00-17:00\"]). An end before the beginning is on the next day. Empty: all day.")
          .shown("\"08:00-18:30\""),
      option<Schedule>("zone", &Schedule::zone, text("a time zone, \"Europe/London\""),
                       "Whose clock counts. Empty: that of the site that the call comes from."),
      option<Schedule>("except", &Schedule::except, list(calendar_day()),
                       "Days that do not count, such as holidays: of one year, or of every year (\"12-25\")."),
  };
  return options;
}

}  // namespace sg::conf
