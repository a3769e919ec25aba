#include "gateway/route/zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

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

// Around each change.
INSTANTIATE_TEST_SUITE_P(Moments, ZoneOffset,
                         testing::Values(Moment{"Europe/London", utc(2026, 3, 29, 0, 59), 0},
                                         Moment{"Europe/London", utc(2026, 3, 29, 1), 60},
                                         Moment{"Europe/London", utc(2026, 10, 25, 0, 59), 60},
                                         Moment{"Europe/London", utc(2026, 10, 25, 1), 0},
                                         Moment{"America/New_York", utc(2030, 3, 10, 6, 59), -300},
                                         Moment{"America/New_York", utc(2030, 3, 10, 7), -240},
                                         Moment{"America/New_York", utc(2030, 11, 3, 6), -300},
                                         Moment{"Australia/Sydney", utc(2036, 1, 1, 0), 660},
                                         Moment{"Australia/Sydney", utc(2036, 7, 1, 0), 600},
                                         Moment{"Asia/Kolkata", utc(2026, 1, 1, 0), 330},
                                         Moment{"Asia/Kolkata", utc(2090, 1, 1, 0), 330},
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

TEST(Zone, WithoutANameIsTheMachines) {
  std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);

  EXPECT_EQ(Zone::load("")->offset_at(sys_seconds(seconds(now))), seconds(local.tm_gmtoff));
}

}  // namespace
}  // namespace sg::route
