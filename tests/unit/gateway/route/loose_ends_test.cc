#include "gateway/route/loose_ends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sg::route {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// [trunk.pstn] is line 6, [trunk.pbx] 9, the route 17, its test 26.
constexpr std::string_view kTidy = R"([sip]
listen = "udp:127.0.0.1:5060"
[span.1]
local = "127.0.0.1:4000"
remote = "127.0.0.1:4001"
[trunk.pstn]
kind = "pri"
spans = [1]
[trunk.pbx]
kind = "sip"
peer = "sip:127.0.0.1:5070"
profile = "fax"
[profile.fax]
media = "fax"
[lists]
dear = ["+1900*"]
[[route]]
name = "out"
from = "pbx"
called = ["@dear", "+44*"]
to = "pstn"
when = "office"
[schedule]
office = { days = "Mon-Fri" }
[test]
cases = [{ from = "pbx", dial = "+442079460999", want = "pstn" }]
)";

struct LooseEnd {
  const char* name;
  std::string_view piece, replacement;
  std::string says;
};

std::vector<std::string> found_in(const std::string& text) {
  auto settings = conf::parse(text, "f.toml");
  EXPECT_TRUE(settings) << settings.error().message;
  if (!settings) return {"bad"};
  auto plan = Plan::make(*settings);
  EXPECT_TRUE(plan) << plan.error().message;
  return plan ? loose_ends(*settings, *plan) : std::vector<std::string>{"bad"};
}

class LooseEnds : public testing::TestWithParam<LooseEnd> {};

TEST_P(LooseEnds, AreToldWithTheirLine) {
  std::string text(kTidy);
  auto at = text.find(GetParam().piece);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, GetParam().piece.size(), GetParam().replacement);

  EXPECT_THAT(found_in(text), ElementsAre(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Of, LooseEnds,
    testing::Values(
        LooseEnd{"AList", "\"@dear\", ", "", "f.toml:16: [lists] dear: no route and no line uses it"},
        LooseEnd{"ASchedule", "when = \"office\"\n", "", "f.toml:23: [schedule] office: no route uses it"},
        LooseEnd{"AProfile", "profile = \"fax\"\n", "", "f.toml:12: [profile.fax]: no trunk and no line goes by it"},
        LooseEnd{"ASpan", "[trunk.pstn]", "[span.2]\nbackend = \"dahdi\"\n[trunk.pstn]",
                 "f.toml:6: [span.2]: no trunk has it"},
        LooseEnd{"ATrunk", "[lists]", "[trunk.old]\nkind = \"sip\"\npeer = \"sip:127.0.0.1:5071\"\n[lists]",
                 "f.toml:15: [trunk.old]: no route leads to it, and none takes its calls"},
        LooseEnd{"TwoTrunksOfOnePeer", "[[route]]\nname = \"out\"\nfrom = \"pbx\"\n",
                 "[trunk.twin]\nkind = \"sip\"\npeer = \"sip:127.0.0.1:5070\"\n[[route]]\nname = \"out\"\n"
                 "from = [\"pbx\", \"twin\"]\n",
                 "f.toml:19: [trunk.twin] peer: 127.0.0.1:5070 is the peer of [trunk.pbx] too (line 11): a call from "
                 "there is \"pbx\"'s, which comes first"},
        LooseEnd{"TwoPlanBlocks", "[profile.fax]",
                 "[plan]\na = { ext = \"2XX\", e164 = \"+4420794602XX\" }\nb = { ext = \"2XX\", e164 = "
                 "\"+4420794603XX\" }\n[profile.fax]",
                 "f.toml:15: [plan] b ext: \"2XX\" is that of [plan] a too (line 14)"},
        LooseEnd{"ARouteInNoTest", "[schedule]",
                 "[[route]]\nname = \"in\"\nfrom = \"pstn\"\ncalled = \"+44*\"\nto = \"pbx\"\n[schedule]",
                 "f.toml:23: [[route]]: no case of [test] holds \"in\" (line 23)"},
        LooseEnd{"NoTest", "[test]\ncases = [{ from = \"pbx\", dial = \"+442079460999\", want = \"pstn\" }]\n", "",
                 "f.toml:17: [[route]]: no case of [test] holds \"out\" (line 17)"}),
    [](const auto& test) { return test.param.name; });

TEST(LooseEnds, OfATidyFileAreNone) {
  EXPECT_THAT(found_in(std::string(kTidy)), IsEmpty());
}

TEST(LooseEnds, OfTheSampleAreNone) {
  EXPECT_THAT(found_in(conf::sample()), IsEmpty());
}

TEST(LooseEnds, OfManyRoutesAreOneLine) {
  std::string text(kTidy);
  for (int i = 0; i < 7; ++i) {
    text += fmt::format("[[route]]\nname = \"r{0}\"\nfrom = \"pstn\"\ncalled = \"{0}*\"\nto = \"pbx\"\n", i);
  }

  EXPECT_THAT(found_in(text),
              ElementsAre("f.toml:27: [[route]]: no case of [test] holds \"r0\" (line 27), \"r1\" (line "
                          "32), \"r2\" (line 37), \"r3\" (line 42), \"r4\" (line 47) and 2 more"));
}

}  // namespace
}  // namespace sg::route
