#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/settings.h"

namespace sg::route {

// A time zone of the system's database (RFC 8536): what the clock on the wall shows. A value; any thread.
class Zone {
 public:
  // `name`: "Europe/London"; empty: /etc/localtime. Error: there is no such zone.
  static Result<Zone> load(const std::string& name);
  // The contents of a TZif file of version 2 or later.
  static Result<Zone> parse(std::string_view file);

  conf::WallClock at(std::chrono::system_clock::time_point moment) const;
  std::chrono::seconds offset_at(std::chrono::sys_seconds moment) const;

  // When summer time begins or ends, in years that the table does not reach: "M3.5.0/1".
  struct Change {
    unsigned month = 1, week = 1, day = 0;
    std::chrono::seconds time{7200};  // on the wall, after midnight
  };
  struct Rule {
    std::chrono::seconds standard{0}, summer{0};
    bool has_summer = false;
    Change begins, ends;
  };

 private:
  struct Transition {
    std::chrono::sys_seconds when;
    std::chrono::seconds offset;
  };
  std::chrono::seconds before_{0};  // the first transition
  std::vector<Transition> transitions_;
  Rule rule_;  // after the last
};

}  // namespace sg::route
