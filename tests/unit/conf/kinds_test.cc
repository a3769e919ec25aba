#include "conf/kinds.h"

#include <gtest/gtest.h>

namespace sg::conf {
namespace {

TEST(Duration, HasAUnit) {
  EXPECT_EQ(parse_duration("500ms").value(), 500ms);
  EXPECT_EQ(parse_duration("30s").value(), 30s);
  EXPECT_EQ(parse_duration("3min").value(), 3min);
  EXPECT_EQ(parse_duration("1h").value(), 1h);
  for (const char* bad : {"", "30", "s", "-1s", "1.5s", "30 s", "1d", "99999999999999999999s", "9000000000s"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Duration, IsWrittenAsItIsRead) {
  for (auto value : {0ms, 1ms, 999ms, milliseconds(5000), milliseconds(90'000), milliseconds(3'600'000)}) {
    EXPECT_EQ(parse_duration(duration_text(value)).value(), value);
  }
}

TEST(Quoted, TextSurvivesReading) {
  const std::string text = R"(a "name" with \ in it)";

  auto table = toml::parse("key = " + in_quotes(text));

  EXPECT_EQ(table["key"].value<std::string>(), text);
}

}  // namespace
}  // namespace sg::conf
