#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "gateway/route/loose_ends.h"
#include "gateway/route/normalise.h"
#include "gateway/route/plan.h"

// A dial plan of several places, and what comes with many trunks and lines.
namespace sg::route {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// London and New York each have a PBX and an ATA; both go out by two carriers.
constexpr std::string_view kPlaces = R"([sip]
listen = "udp:127.0.0.1:5060"
[site]
country = "44"
area = "20"
trunk_prefix = "0"
intl_prefix = "00"
emergency = ["999", "112"]
zone = "Europe/London"
[site.nyc]
country = "1"
area = "212"
trunk_prefix = "1"
intl_prefix = "011"
emergency = ["911"]
zone = "America/New_York"
[trunk.ldn]
kind = "sip"
peer = "sip:127.0.0.1:5071"
numbers_in = "dialled"
[trunk.ny]
kind = "sip"
site = "nyc"
peer = "sip:127.0.0.1:5072"
numbers_in = "dialled"
[trunk.ata]
kind = "sip"
site = "nyc"
peer = "sip:127.0.0.1:5073"
numbers_in = "dialled"
[trunk.a]
kind = "sip"
peer = "sip:127.0.0.1:5074"
[trunk.b]
kind = "sip"
peer = "sip:127.0.0.1:5075"
[group]
carriers = ["a", "b"]
people = ["ldn", "ny", "ata"]
[[route]]
name = "help"
called = "@emergency"
emergency = true
to = "a"
)";

struct PlacesTest : testing::Test {
  std::string read(std::string_view more) {
    auto parsed = conf::parse(std::string(kPlaces) + std::string(more), file);
    if (!parsed) return parsed.error().message;
    settings = std::make_unique<conf::Settings>(std::move(*parsed));
    auto made = Plan::make(*settings);
    if (!made) return made.error().message;
    plan = std::make_unique<Plan>(std::move(*made));
    return "good";
  }

  Decision decide(std::string from, std::string_view called, std::string_view calling = "",
                  std::string at = "Tue 12:00") {
    Query query;
    query.from_trunk = std::move(from);
    query.called = number_of(called);
    query.calling = number_of(calling);
    query.at = *conf::WallClock::parse(at);
    return plan->decide(query);
  }

  std::string file = "test.toml";
  std::unique_ptr<conf::Settings> settings;
  std::unique_ptr<Plan> plan;
};

constexpr std::string_view kOut = "[[route]]\nname = \"out\"\nfrom = \"people\"\ncalled = \"+*\"\nto = \"carriers\"\n";

TEST_F(PlacesTest, ANumberIsReadAsPeopleOfItsSiteDialIt) {
  ASSERT_EQ(read(kOut), "good");
  struct Dialled {
    const char *from, *digits, *number;
    bool is_abroad;
  };
  for (const Dialled& row : {
           Dialled{"ldn", "02079460000", "+442079460000", false},
           {"ldn", "79460000", "+442079460000", false},
           {"ldn", "0012125550101", "+12125550101", true},
           {"ny", "2125550101", "+12125550101", false},
           {"ny", "12125550101", "+12125550101", false},
           {"ny", "011442079460000", "+442079460000", true},
           {"ata", "5550101", "+12125550101", false},
       }) {
    auto decision = decide(row.from, row.digits);
    EXPECT_EQ(decision.to_number, row.number) << row.from << " dials " << row.digits;
    EXPECT_EQ(decision.is_abroad, row.is_abroad) << row.from << " dials " << row.digits;
  }
}

TEST_F(PlacesTest, EachSiteHasItsEmergencyNumbers) {
  ASSERT_EQ(read(kOut), "good");

  EXPECT_TRUE(decide("ldn", "999").is_emergency);
  EXPECT_TRUE(decide("ny", "911").is_emergency);
  EXPECT_EQ(decide("ny", "911").attempts.front().called.digits, "911");
  EXPECT_EQ(decide("ny", "999").to_number, "999");
}

TEST_F(PlacesTest, AnEmergencyNumberWithoutARouteIsTheSitesFault) {
  std::string text(kPlaces);
  text = text.substr(0, text.find("[[route]]"));
  auto without_route =
      conf::parse(text + "[[route]]\nname = \"help\"\ncalled = [\"999\", \"112\"]\nto = \"a\"\n", "test.toml").value();

  EXPECT_EQ(Plan::make(without_route).error().message, "test.toml:15: [site.nyc] emergency: no route takes \"911\"");
}

TEST_F(PlacesTest, AScheduleWithoutAZoneGoesByTheClockOfTheCallsSite) {
  ASSERT_EQ(read("[schedule]\noffice = { hours = \"09:00-17:00\" }\n" + std::string(kOut) + "when = \"office\"\n"),
            "good");
  Query query;
  query.called = number_of("+33155555555");
  // 10:30 in London, 05:30 in New York; 21:00 and 16:00.
  const std::chrono::sys_days day = std::chrono::year(2026) / 3 / 3;
  auto opens = [&](std::string from, std::chrono::minutes at) {
    query.from_trunk = std::move(from);
    query.now = day + at;
    return plan->decide(query).route == "out";
  };

  EXPECT_TRUE(opens("ldn", std::chrono::minutes(10 * 60 + 30)));
  EXPECT_FALSE(opens("ny", std::chrono::minutes(10 * 60 + 30)));
  EXPECT_FALSE(opens("ldn", std::chrono::hours(21)));
  EXPECT_TRUE(opens("ny", std::chrono::hours(21)));
}

TEST_F(PlacesTest, AnExtensionIsOneOfTheOwnSiteFirst) {
  ASSERT_EQ(read(std::string(kOut) + "[[line]]\next = \"201\"\ndid = \"+442079460201\"\n"
                                     "[[line]]\next = \"201\"\ndid = \"+12125550201\"\nsite = \"nyc\"\n"
                                     "[[line]]\next = \"300\"\ndid = \"+12125550300\"\nsite = \"nyc\"\n"),
            "good");

  EXPECT_EQ(decide("ldn", "201").to_number, "+442079460201");
  EXPECT_EQ(decide("ny", "201").to_number, "+12125550201");
  EXPECT_EQ(decide("ldn", "300").to_number, "+12125550300");
}

TEST_F(PlacesTest, AGroupStandsForItsTrunks) {
  ASSERT_EQ(read(kOut), "good");

  EXPECT_EQ(decide("ldn", "+33155555555").route, "out");
  EXPECT_EQ(decide("a", "+33155555555").route, "");
  EXPECT_EQ(decide("ldn", "+33155555555").outcome(), "a>b");
}

TEST_F(PlacesTest, WhatNamesNoSiteTrunkOrGroupIsRefused) {
  auto with = [&](std::string_view from, std::string_view to) {
    std::string text(kPlaces);
    text.replace(text.find(from), from.size(), to);
    auto parsed = conf::parse(text, "test.toml");
    return parsed ? "good" : parsed.error().message;
  };
  EXPECT_THAT(with("site = \"nyc\"", "site = \"nyx\""),
              HasSubstr("[trunk.ny] site: there is no [site.nyx]; did you mean \"nyc\"?"));
  EXPECT_THAT(with("carriers = [\"a\", \"b\"]", "carriers = [\"a\", \"c\"]"),
              HasSubstr("[group] carriers: there is no [trunk.c]"));
  EXPECT_THAT(with("carriers =", "ldn ="), HasSubstr("[group] ldn: is the name of a trunk"));
  EXPECT_THAT(with("[site.nyc]\n", "[site.nyc]\nmost_forwards = 3\n"),
              HasSubstr("[site.nyc] most_forwards: stands in [site], for all calls"));
}

TEST_F(PlacesTest, AGroupThatNoRouteUsesIsALooseEnd) {
  ASSERT_EQ(read("[[route]]\nname = \"out\"\ncalled = \"+*\"\nto = \"carriers\"\n"), "good");

  EXPECT_THAT(loose_ends(*settings, *plan), Contains(HasSubstr("[group] people: no route uses it")));
  EXPECT_THAT(loose_ends(*settings, *plan), Not(Contains(HasSubstr("[group] carriers"))));
}

TEST_F(PlacesTest, ALineBehindASipTrunkIsThatTrunksAlone) {
  ASSERT_EQ(read("[[route]]\nname = \"lines\"\ncalled = \"+*\"\ncalling = \"line\"\nto = \"a\"\n"
                 "[[line]]\next = \"301\"\ndid = \"+12125550301\"\ntrunk = \"ata\"\n"
                 "[[line]]\next = \"302\"\ndid = \"+12125550302\"\nsite = \"nyc\"\n"),
            "good");

  // Whatever the ATA says of itself, it is its line that calls.
  EXPECT_EQ(decide("ata", "+33155555555", "anything").attempts.front().calling.digits, "12125550301");
  EXPECT_EQ(decide("ata", "+33155555555", "+12125550302").attempts.front().calling.digits, "12125550301");
  // And nobody else calls as that line.
  EXPECT_EQ(decide("ny", "+33155555555", "+12125550301").route, "");
  EXPECT_EQ(decide("ny", "+33155555555", "+12125550302").route, "lines");
}

TEST_F(PlacesTest, OfSeveralLinesBehindATrunkTheCallingNumberTells) {
  ASSERT_EQ(read("[[route]]\nname = \"lines\"\ncalled = \"+*\"\ncalling = \"line\"\nto = \"a\"\n"
                 "[[line]]\next = \"301\"\ndid = \"+12125550301\"\ntrunk = \"ata\"\n"
                 "[[line]]\next = \"302\"\ndid = \"+12125550302\"\ntrunk = \"ata\"\n"
                 "[[line]]\next = \"303\"\ndid = \"+12125550303\"\nsite = \"nyc\"\n"),
            "good");

  EXPECT_EQ(decide("ata", "+33155555555", "302").attempts.front().calling.digits, "12125550302");
  EXPECT_EQ(decide("ata", "+33155555555", "303").route, "");
  EXPECT_EQ(decide("ata", "+33155555555", "nobody").route, "");
}

TEST_F(PlacesTest, ALinesTrunkIsASipTrunkOrItsPorts) {
  EXPECT_THAT(read("[[line]]\next = \"1\"\ndid = \"+1\"\ntrunk = \"atta\"\n"),
              HasSubstr("[[line]] trunk: there is no [trunk.atta]; did you mean \"ata\"?"));
}

TEST_F(PlacesTest, NumbersThatAreNoBlockStandInOneRow) {
  ASSERT_EQ(read(std::string(kOut) +
                 "[plan]\nfew = { ext = [\"41\", \"57\"], e164 = [\"+442071230017\", \"+442071239999\"] }\n"),
            "good");
  EXPECT_EQ(decide("ldn", "57").to_number, "+442071239999");

  EXPECT_EQ(read("[plan]\nfew = { ext = [\"41\", \"57\"], e164 = \"+442071230017\" }\n"),
            "test.toml:46: [plan] few ext: has 2, and e164 1: as many of both are wanted, in the same order");
}

TEST_F(PlacesTest, ADayHasSeveralHoursAndAYearItsHolidays) {
  ASSERT_EQ(read("[schedule]\noffice = { days = \"Mon-Fri\", hours = [\"08:00-12:00\", \"13:00-17:00\"], except = "
                 "[\"12-25\", \"2026-04-03\"] }\n" +
                 std::string(kOut) + "when = \"office\"\n"),
            "good");
  auto is_open = [&](std::string at) { return decide("ldn", "+33155555555", "", std::move(at)).route == "out"; };

  EXPECT_TRUE(is_open("Tue 11:59"));
  EXPECT_FALSE(is_open("Tue 12:30"));
  EXPECT_TRUE(is_open("Tue 13:00"));
  EXPECT_FALSE(is_open("2026-12-25 10:00"));
  EXPECT_FALSE(is_open("2028-12-25 10:00"));
  EXPECT_FALSE(is_open("2026-04-03 10:00"));
  EXPECT_TRUE(is_open("2028-04-03 10:00"));

  EXPECT_THAT(read("[schedule]\nx = { except = [\"25.12.\"] }\n"),
              HasSubstr("\"25.12.\" is no date such as \"2026-12-25\", nor of every year such as \"12-25\""));
}

struct RatesTest : PlacesTest {
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder);
    file = (folder / "test.toml").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void put(const std::string& name, std::string_view text) { std::ofstream(folder / name) << text; }
  std::string read_with_rates() {
    std::string text(kPlaces);
    for (std::string_view trunk : {"a", "b"}) {
      const std::string head = fmt::format("[trunk.{}]\n", trunk);
      text.replace(text.find(head), head.size(), fmt::format("{}rates = \"{}.csv\"\n", head, trunk));
    }
    auto parsed = conf::parse(text + std::string(kOut) + "pick = \"cost\"\n", file);
    if (!parsed) return parsed.error().message;
    settings = std::make_unique<conf::Settings>(std::move(*parsed));
    plan = std::make_unique<Plan>(Plan::make(*settings).value());
    return "good";
  }

  std::filesystem::path folder;
};

TEST_F(RatesTest, TheCheapestSheetOfTheDayWins) {
  put("a.csv",
      "Country,Prefix,Price,From\nFrance,33,0.020,\nFrance mobile,336,0.10,\nFrance,33,0.005,2027-01-01\n*,*,1,\n");
  put("b.csv",
      "\xEF\xBB\xBF"
      "code,rate\n+33,0.01\n\"+1\",0.3\n");
  ASSERT_EQ(read_with_rates(), "good");
  struct Row {
    const char *number, *at, *order;
  };
  for (const Row& row : {
           Row{"+33155555555", "2026-12-31 12:00", "b>a"},
           {"+33155555555", "2027-01-01 12:00", "a>b"},
           {"+33155555555", "Tue 12:00", "a>b"},         // no day: the newest
           {"+33612345678", "2027-01-01 12:00", "b>a"},  // the longest prefix, dear at a
           {"+12125550101", "2027-01-01 12:00", "b>a"},
           {"+4930123456", "2027-01-01 12:00", "a>b"},  // b has no price
       }) {
    EXPECT_EQ(decide("ldn", row.number, "", row.at).outcome(), row.order) << row.number << " at " << row.at;
  }
}

TEST_F(RatesTest, AWrongSheetIsToldWithItsLine) {
  put("b.csv", "prefix,price\n1,1\n");
  struct Row {
    const char *text, *fault;
  };
  for (const Row& row : {
           Row{"number,price\n1,1\n", "a.csv:1: there is no column \"prefix\""},
           {"prefix,price\n33,cheap\n", "a.csv:2: \"cheap\" is no price such as \"0.012\""},
           {"prefix,price\nFrance,1\n", "a.csv:2: \"France\" is no prefix such as \"4420\""},
           {"prefix,price\n33\n", "a.csv:2: prefix or price is missing"},
           {"prefix,price,from\n33,1,1.1.2027\n", "a.csv:2: \"1.1.2027\" is no date such as \"2026-12-25\""},
           {"prefix,price\n", "a.csv has no rows below its heading"},
       }) {
    put("a.csv", row.text);
    EXPECT_THAT(read_with_rates(), HasSubstr(row.fault)) << row.text;
  }
}

}  // namespace
}  // namespace sg::route
