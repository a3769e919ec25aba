#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/trunk_settings.h"

// The dial plan: whose numbers are whose, and where calls go.
namespace sg::conf {

// How people at one place dial.
struct Site {
  std::string country, area;              // "44", "20"
  std::string trunk_prefix, intl_prefix;  // "0", "00"
  std::vector<std::string> emergency;
  std::string zone = {};  // of schedules that name none; IANA; empty: the system's
  int most_forwards = 5;  // of one call; [site] alone has it
  std::string name = {};  // empty: [site]
  int line = 0;

  // "[site]", "[site.paris]".
  std::string title() const { return name.empty() ? "[site]" : "[site." + name + "]"; }
};

// Trunks that routes name as one.
struct TrunkGroup {
  std::string name;
  std::vector<std::string> trunks;
  int line = 0;
  bool is_used = false;  // by a route
};

// Extensions and their +E.164 numbers, digit by digit: "2XXX" and "+442079462XXX".
struct PlanBlock {
  std::string name, ext, e164;
  int line = 0;
};

// One user port or ATA: an extension, its own public number, and what it may dial. Or a line of an exchange, which has
// a port and a number only.
struct Line {
  std::string ext, did, label, profile;
  std::vector<std::string> allow;  // patterns; empty: everything
  std::optional<Port> port;
  std::string trunk;   // the port's, needed only where several have its span; or a SIP trunk that it is behind
  std::string site;    // whose numbers it dials; empty: its trunk's
  std::string number;  // of an exchange's line: what its calls are for
  LineMedia media = LineMedia::Any;
  int messages = 0;  // waiting
  // Where its calls go instead: numbers as it would dial them; empty: nowhere.
  std::string forward_always, forward_busy, forward_no_answer;
  std::chrono::seconds forward_after{20};  // of ringing
  int line = 0;
};

struct NumberList {
  std::string name;
  std::vector<std::string> patterns;
  int line = 0;
};

// A day and a time of day, as a clock on the wall shows them.
struct WallClock {
  std::chrono::weekday day{0};
  int minute = 0;                                   // since midnight
  std::optional<std::chrono::year_month_day> date;  // of a real moment

  // "Tue 10:00" or "2026-12-25 10:00".
  static Result<WallClock> parse(std::string_view text);
};

// From one minute of the day up to another; an end before the beginning is on the next day.
struct Hours {
  int from = 0, to = 24 * 60;

  bool operator==(const Hours&) const = default;
};

// A day of one year, or of every year.
struct CalendarDay {
  std::optional<std::chrono::year> year;
  std::chrono::month_day day{};

  bool is(const std::chrono::year_month_day& date) const {
    return (!year || *year == date.year()) && day == date.month() / date.day();
  }
  bool operator==(const CalendarDay&) const = default;
};

struct Schedule {
  std::string name;
  std::vector<std::chrono::weekday> days;  // empty: all
  std::vector<Hours> hours;                // of each of the days; empty: all
  std::string zone;                        // IANA; empty: that of the call's site
  std::vector<CalendarDay> except;
  int line = 0;

  bool holds(const WallClock& at) const;
};

enum class Pick : uint8_t { Order, Rotate, Idle, Share, Cost };

// Which failures of a target send the call on to the next.
struct NextOn {
  bool has_default = true;
  std::vector<int> causes;    // Q.850
  std::vector<int> statuses;  // SIP
};

// How much may be spent on a route. 0: no limit.
struct Spend {
  int per_line_calls_hour = 0;
  int per_line_minutes_day = 0;
  int abroad_minutes_day = 0;  // of all lines together
  int per_destination_minutes_day = 0;
};

// Where calls go: trunks, tried in order; those that stand together share the load.
using Targets = std::vector<std::vector<std::string>>;

// One row of a route's table: a called pattern and, where it says so, targets of its own.
struct RouteRow {
  std::string called;
  uint32_t to = 0;  // 0: the route's own; else Route::row_targets[to - 1]
  int line = 0;     // in the CSV file
};

// Conditions, then what is done. The plan (gateway/route) gives the patterns their meaning.
struct Route {
  std::string name;
  std::vector<std::string> from;  // trunks; empty: any. So with all conditions but `called`
  std::vector<std::string> called;
  std::vector<RouteRow> rows;  // further called patterns, from a CSV file
  std::vector<Targets> row_targets;
  std::vector<std::string> calling, redirecting;
  std::vector<TypeOfNumber> ton;
  std::vector<CallMedia> media;
  std::string when, not_when;  // schedules

  Targets to;
  Pick pick = Pick::Order;
  std::vector<Price> cost;
  int strip = 0;  // characters taken off the front of the called number, then:
  std::string prepend;
  std::string set_called, set_calling;
  std::vector<std::string> calling_must_be;
  std::string calling_else;
  bool hide_calling = false;
  bool is_emergency = false;
  int reject = 0;  // Q.850 cause; 0: not rejected
  NextOn next_on;
  seconds ring{0};  // to the answer; 0: no limit
  int limit = 0;    // calls at once; 0: no limit
  Spend spend;

  std::string table;  // the CSV file's path as written
  int line = 0;
};

// A call that must go as `want` says, or the file is refused.
struct PlanTest {
  std::string from, dial, calling, redirecting, line_ext;
  TypeOfNumber ton = TypeOfNumber::Unknown;
  CallMedia media = CallMedia::Voice;
  std::string at;  // as WallClock::parse takes it; empty: Tue 12:00
  std::string want;
  std::string sends, calling_sends, route;  // empty: any
  int line = 0;
};

}  // namespace sg::conf
