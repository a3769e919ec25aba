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

TEST(CauseRule, MapsAStatusToACauseOrTheOtherWayRound) {
  auto read = [](std::string_view text) {
    auto table = toml::parse(fmt::format("key = \"{}\"", text));
    return cause_rule().read(*table["key"].node());
  };

  EXPECT_EQ(read("sip.486 = 19").value(), (CauseRule{true, 486, 19}));
  EXPECT_EQ(read("q850.34=480").value(), (CauseRule{false, 34, 480}));
  EXPECT_EQ(cause_rule().write({false, 34, 480}), "\"q850.34 = 480\"");
  for (const char* bad : {"", "sip.486", "486 = 17", "sip.486 = x", "sip.200 = 16", "sip.486 = 0", "sip.486 = 128",
                          "q850.0 = 503", "q850.34 = 200", "q850.34 = 503 x"}) {
    EXPECT_FALSE(read(bad)) << bad;
  }
}

TEST(Quoted, TextSurvivesReading) {
  const std::string text = R"(a "name" with \ in it)";

  auto table = toml::parse("key = " + in_quotes(text));

  EXPECT_EQ(table["key"].value<std::string>(), text);
}

}  // namespace
}  // namespace sg::conf
