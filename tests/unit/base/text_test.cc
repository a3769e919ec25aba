#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/log.h"

namespace sg {
namespace {

using namespace std::string_literals;

TEST(Text, ControlsAreEscapedForPeopleAndLeftOutForPeers) {
  struct Row {
    std::string text, escaped, without;
  };
  const Row kRows[] = {
      {"", "", ""},
      {"+49 (30) \\x0A \"Ann\"", "+49 (30) \\x0A \"Ann\"", "+49 (30) \\x0A \"Ann\""},
      {"Zoë Жук 中 😀", "Zoë Жук 中 😀", "Zoë Жук 中 😀"},
      {"301\r\n2026-01-01 error FORGED", "301\\x0D\\x0A2026-01-01 error FORGED", "301  2026-01-01 error FORGED"},
      {"a\0b\t"s, "a\\x00b\\x09", "a b "},
      {"\x1b[2J\x07", "\\x1B[2J\\x07", " [2J "},
      {"x\x7f", "x\\x7F", "x "},
      {"C1 \u009b2J and \u0085", "C1 \\xC2\\x9B2J and \\xC2\\x85", "C1  2J and  "},
      {"line \u2028 \u2029", "line \\xE2\\x80\\xA8 \\xE2\\x80\\xA9", "line    "},
      {"\u202e301\u2066", "\\xE2\\x80\\xAE301\\xE2\\x81\\xA6", " 301 "},
      {"latin \xe9t\xe9", "latin \\xE9t\\xE9", "latin  t "},
      {"raw C1 \x9b", "raw C1 \\x9B", "raw C1  "},
      {"long form \xc0\x8a", "long form \\xC0\\x8A", "long form   "},
      {"surrogate \xed\xa0\x80", "surrogate \\xED\\xA0\\x80", "surrogate    "},
      {"too high \xf4\x90\x80\x80", "too high \\xF4\\x90\\x80\\x80", "too high     "},
      {"cut off \xe4\xb8", "cut off \\xE4\\xB8", "cut off   "},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(escaped(row.text), row.escaped);
    EXPECT_EQ(without_controls(row.text), row.without);
    EXPECT_EQ(has_controls(row.text), row.escaped != row.text) << row.escaped;
    EXPECT_FALSE(has_controls(row.without)) << row.escaped;
  }
}

TEST(Text, JsonKeepsItsMeaning) {
  EXPECT_EQ(escaped_json("{\"a\":\"\u009b\x7f\u2028é\\n\"}\n"), "{\"a\":\"\\u009b\\u007f\\u2028é\\n\"}\n");
}

TEST(Text, IsTrimmedAtBothEnds) {
  EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(trimmed("ab"), "ab");
  EXPECT_EQ(trimmed(" \n "), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(Log, NoTextOfAPeerMakesALineOfItsOwn) {
  auto before = spdlog::default_logger();
  testing::internal::CaptureStderr();
  set_up_logging(LogLevel::Info);

  Log("call=1 by=\x1b[31mx").info("called={} and {}", "301\r\nerror FORGED", "\u009b");
  Log().warning("{}", "a\nb");

  auto text = testing::internal::GetCapturedStderr();
  spdlog::set_default_logger(before);
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
  EXPECT_NE(text.find(" info call=1 by=\\x1B[31mx called=301\\x0D\\x0Aerror FORGED and \\xC2\\x9B\n"), text.npos)
      << text;
  EXPECT_NE(text.find(" warning a\\x0Ab\n"), text.npos) << text;
}

}  // namespace
}  // namespace sg
