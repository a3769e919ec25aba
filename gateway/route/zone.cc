#include "gateway/route/zone.h"

#include <date/tz.h>

namespace sg::route {

using std::chrono::seconds;
using std::chrono::sys_seconds;

Result<Zone> Zone::load(const std::string& name) {
  // In the database /etc/localtime has a name too.
  const std::string listed = name.empty() ? "localtime" : name;
  try {
    Zone zone;
    zone.table_ = date::locate_zone(listed);
    zone.table_->get_info(sys_seconds());  // the library reads a zone's file when it is first asked
    return zone;
  } catch (const std::runtime_error&) {
    // A machine without /etc/localtime runs in UTC.
    if (name.empty()) return Zone();
    return fail("there is no time zone \"{}\" in /usr/share/zoneinfo", name);
  }
}

seconds Zone::offset_at(sys_seconds moment) const {
  return table_ ? table_->get_info(moment).offset : seconds(0);
}

conf::WallClock Zone::at(std::chrono::system_clock::time_point moment) const {
  auto utc = std::chrono::floor<seconds>(moment);
  sys_seconds local = utc + offset_at(utc);
  auto date = std::chrono::floor<std::chrono::days>(local);
  return {std::chrono::weekday(date), static_cast<int>((local - date) / std::chrono::minutes(1)),
          std::chrono::year_month_day(date)};
}

}  // namespace sg::route
