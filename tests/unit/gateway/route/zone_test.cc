#include "gateway/route/zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace sg::route {
namespace {

using namespace std::chrono;

sys_seconds utc(int year, unsigned month, unsigned day, int hour, int minute = 0) {
  return sys_days(std::chrono::year(year) / month / day) + hours(hour) + minutes(minute);
}

struct Moment {
  const char* zone;
  sys_seconds when;
  int minutes_east;

  friend void PrintTo(const Moment& row, std::ostream* os) {
    *os << row.zone << " " << row.when.time_since_epoch().count();
  }
};

class ZoneOffset : public testing::TestWithParam<Moment> {};

TEST_P(ZoneOffset, IsThatOfTheDatabase) {
  EXPECT_EQ(Zone::load(GetParam().zone)->offset_at(GetParam().when), minutes(GetParam().minutes_east));
}

// Around each change, in years that the tables reach, and in years that only the rule at the end reaches.
INSTANTIATE_TEST_SUITE_P(
    Moments, ZoneOffset,
    testing::Values(
        Moment{"Europe/London", utc(2026, 3, 29, 0, 59), 0}, Moment{"Europe/London", utc(2026, 3, 29, 1), 60},
        Moment{"Europe/London", utc(2026, 10, 25, 0, 59), 60}, Moment{"Europe/London", utc(2026, 10, 25, 1), 0},
        Moment{"Europe/London", utc(2050, 3, 27, 0, 59), 0}, Moment{"Europe/London", utc(2050, 3, 27, 1), 60},
        Moment{"Europe/London", utc(2050, 10, 30, 1), 0}, Moment{"America/New_York", utc(2060, 3, 14, 6, 59), -300},
        Moment{"America/New_York", utc(2060, 3, 14, 7), -240}, Moment{"America/New_York", utc(2060, 11, 7, 6), -300},
        Moment{"Australia/Sydney", utc(2050, 1, 1, 0), 660}, Moment{"Australia/Sydney", utc(2050, 7, 1, 0), 600},
        Moment{"Asia/Kolkata", utc(2026, 1, 1, 0), 330}, Moment{"Asia/Kolkata", utc(2090, 1, 1, 0), 330},
        Moment{"UTC", utc(2026, 1, 1, 0), 0}));

TEST(Zone, ShowsTheWallClock) {
  auto clock = Zone::load("America/New_York")->at(utc(2026, 7, 4, 3, 30));

  EXPECT_EQ(clock.day, Friday);
  EXPECT_EQ(clock.minute, 23 * 60 + 30);
  EXPECT_EQ(clock.date, 2026y / July / 3);
}

TEST(Zone, RefusesWhatIsNoZone) {
  EXPECT_FALSE(Zone::load("Europe/Lundon"));
  EXPECT_FALSE(Zone::load("../../../etc/passwd"));
  EXPECT_FALSE(Zone::load("/etc/passwd"));
}

TEST(Zone, RefusesADamagedFileWhereverItIsCut) {
  std::ifstream file("/usr/share/zoneinfo/Europe/London", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  std::string whole = text.str();
  ASSERT_TRUE(Zone::parse(whole));

  for (size_t length = 0; length < whole.size(); ++length) EXPECT_FALSE(Zone::parse(whole.substr(0, length))) << length;
}

}  // namespace
}  // namespace sg::route
