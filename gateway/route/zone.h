#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "conf/settings.h"

namespace date {
class time_zone;
}

namespace sg::route {

// A time zone of the system's database: what the clock on the wall shows. A value; any thread. The database lists
// changes of the clocks up to 2037; beyond, they stay as they are then.
class Zone {
 public:
  Zone() = default;  // UTC
  // `name`: "Europe/London"; empty: /etc/localtime. Error: there is no such zone.
  static Result<Zone> load(const std::string& name);

  conf::WallClock at(std::chrono::system_clock::time_point moment) const;
  std::chrono::seconds offset_at(std::chrono::sys_seconds moment) const;

 private:
  const date::time_zone* table_ = nullptr;  // the library's, which lives as long as the program; null: UTC
};

}  // namespace sg::route
