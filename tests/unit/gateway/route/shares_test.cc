#include "gateway/route/shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sg::route {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two SIP trunks and an ISDN line; `routes` as TOML.
conf::Settings settings_with(const std::string& routes, const std::string& of_pbx = "") {
  auto settings = conf::parse(R"([sip]
listen = "udp:127.0.0.1:5060"
[span.1]
type = "E1"
local = "127.0.0.1:4000"
remote = "127.0.0.1:4001"
[trunk.pstn]
kind = "pri"
spans = [1]
[trunk.fax]
kind = "sip"
peer = "sip:127.0.0.1:5071"
[trunk.pbx]
kind = "sip"
peer = "sip:127.0.0.1:5070"
)" + of_pbx + routes,
                              "test.toml");
  EXPECT_TRUE(settings) << settings.error().message;
  return settings ? *settings : conf::Settings{};
}

constexpr auto kOut = R"(
[[route]]
name = "out"
from = "pbx"
called = "*"
to = "pstn"
)";
constexpr auto kFaxOut = R"(
[[route]]
name = "faxes"
from = "fax"
called = "9*"
to = [["pbx", "pstn"]]
)";

TEST(Shares, TheSourcesOfALineAreThoseOfEveryRouteThatLeadsThere) {
  EXPECT_THAT(sources_of(settings_with(kOut), "pstn"), ElementsAre("pbx"));
  EXPECT_THAT(sources_of(settings_with(std::string(kOut) + kFaxOut), "pstn"), ElementsAre("fax", "pbx"));
  EXPECT_THAT(sources_of(settings_with(kFaxOut), "pbx"), ElementsAre("fax"));
}

TEST(Shares, ARouteFromAnywhereIsFromEveryOtherTrunk) {
  auto settings = settings_with("\n[[route]]\nname = \"all\"\ncalled = \"*\"\nto = \"pstn\"\n");

  EXPECT_THAT(sources_of(settings, "pstn"), ElementsAre("fax", "pbx"));
}

TEST(Shares, ARouteThatRejectsLeadsNowhere) {
  auto settings =
      settings_with(std::string(kOut) + "\n[[route]]\nname = \"no\"\nfrom = \"fax\"\ncalled = \"0*\"\nreject = 21\n");

  EXPECT_THAT(sources_of(settings, "pstn"), ElementsAre("pbx"));
}

TEST(Shares, LeaveTwoLinesAtLeastWhereThereAreMoreThanThree) {
  struct Row {
    size_t lines;
    int percent;
    size_t most;
  };
  for (Row row : {Row{30, 90, 27}, Row{120, 90, 108}, Row{23, 90, 20}, Row{15, 90, 13}, Row{4, 90, 2}, Row{3, 90, 3},
                  Row{1, 90, 1}, Row{0, 90, 0}, Row{30, 50, 15}, Row{30, 99, 28}, Row{30, 100, 30}}) {
    EXPECT_EQ(share_of(row.lines, row.percent), row.most) << row.lines << " lines, " << row.percent << " %";
  }
}

TEST(Shares, ALineThatATrunkReachesWithoutAnyLimitIsToldOf) {
  EXPECT_THAT(cautions(settings_with(kOut)), IsEmpty()) << "20 calls a second";
  EXPECT_THAT(cautions(settings_with(kOut, "max_cps = 0\n")), ElementsAre(HasSubstr("[trunk.pbx] max_cps: with 0")));
  EXPECT_THAT(cautions(settings_with(kOut, "max_cps = 0\nmax_calls = 10\n")), IsEmpty());
  EXPECT_THAT(cautions(settings_with(std::string(kOut) + "limit = 5\n", "max_cps = 0\n")), IsEmpty());
  EXPECT_THAT(cautions(settings_with(kFaxOut, "max_cps = 0\n")), IsEmpty()) << "it reaches none";
}

}  // namespace
}  // namespace sg::route
