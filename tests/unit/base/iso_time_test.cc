#include "base/iso_time.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

std::chrono::system_clock::time_point at(int64_t milliseconds_since_1970) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(milliseconds_since_1970));
}

TEST(IsoTime, TellsTimesInUtc) {
  EXPECT_EQ(iso8601(at(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso8601(at(1'700'000'002'507)), "2023-11-14T22:13:22.507Z");
}

TEST(IsoTime, ReadsWhatItTells) {
  EXPECT_EQ(time_of("2023-11-14T22:13:22.507Z").value(), at(1'700'000'002'507));
}

TEST(IsoTime, RefusesWhatIsNoTime) {
  for (const char* text : {"", "yesterday", "2023-11-14", "2023-02-30T00:00:00.000Z", "2023-11-14T24:00:00.000Z"}) {
    EXPECT_FALSE(time_of(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sg
