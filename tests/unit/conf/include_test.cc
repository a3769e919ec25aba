#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "conf/settings.h"

namespace sg::conf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kSip = "[sip]\nlisten = \"udp:127.0.0.1:5060\"\n";

std::string sip_trunk(std::string_view name, int port) {
  return fmt::format("[trunk.{}]\nkind = \"sip\"\npeer = \"sip:127.0.0.1:{}\"\n", name, port);
}

struct IncludeTest : testing::Test {
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder / "sites");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void put(const std::string& name, std::string_view text) { std::ofstream(folder / name) << text; }
  Result<Settings> read(std::string_view text) {
    put("main.toml", text);
    return load((folder / "main.toml").string());
  }
  // What is wrong, without the folder.
  std::string fault(std::string_view text) {
    auto settings = read(text);
    if (settings) return "good";
    std::string message = settings.error().message;
    const std::string place = folder.string() + "/";
    for (size_t at; (at = message.find(place)) != std::string::npos;) message.erase(at, place.size());
    return message;
  }

  std::filesystem::path folder;
};

TEST_F(IncludeTest, SectionsOfFilesAndDirectoriesStandAsIfWrittenInOne) {
  put("sites/20-paris.toml", sip_trunk("paris", 5072) +
                                 "[lists]\ndear = [\"+339*\"]\n[[route]]\nname = \"p\"\ncalled "
                                 "= \"+33*\"\nto = \"paris\"\n");
  put("sites/10-london.toml",
      sip_trunk("london", 5071) + "[[route]]\nname = \"l\"\ncalled = \"+44*\"\nto = \"london\"\n");
  put("sites/notes.txt", "no TOML");
  put("cases.toml", "[test]\ncases = [{ from = \"paris\", dial = \"+441\", want = \"london\" }]\n");

  auto settings =
      read("include = [\"sites\", \"cases.toml\"]\n" + std::string(kSip) +
           "[lists]\nfar = [\"+1*\"]\n[test]\ncases = [{ from = \"london\", dial = \"+331\", want = \"paris\" }]\n");

  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->sip_trunks.size(), 2u);
  ASSERT_EQ(settings->routes.size(), 2u);
  EXPECT_EQ(settings->routes[0].name, "l");  // of a directory by name
  EXPECT_EQ(settings->lists.size(), 2u);
  EXPECT_EQ(settings->tests.size(), 2u);
  EXPECT_EQ(settings->where(settings->routes[1].line), (folder / "sites/20-paris.toml:6").string());
}

TEST_F(IncludeTest, FaultsNameTheFileAndItsLine) {
  put("sites/a.toml", "# a\n" + sip_trunk("a", 5071) + "wrong = 1\n");
  EXPECT_THAT(fault("include = \"sites\"\n" + std::string(kSip)), HasSubstr("sites/a.toml:5: [trunk.a] wrong: "));

  put("sites/a.toml", "# a\n[trunk.a]\nkind = sip\n");
  EXPECT_THAT(fault("include = \"sites\"\n" + std::string(kSip)),
              HasSubstr("sites/a.toml:3: kind: a text needs quotes"));
}

TEST_F(IncludeTest, WhatStandsInTwoFilesNamesBoth) {
  put("sites/a.toml", sip_trunk("a", 5071));
  EXPECT_EQ(fault("include = \"sites\"\n" + std::string(kSip) + sip_trunk("a", 5072)),
            "sites/a.toml:1: [trunk.a]: stands twice: first at main.toml:4");

  put("sites/a.toml", kSip);
  EXPECT_EQ(fault("include = \"sites\"\n" + std::string(kSip)),
            "sites/a.toml:1: [sip]: stands twice: first at main.toml:2");

  put("sites/a.toml", "[[route]]\nname = \"x\"\ncalled = \"1\"\nreject = 1\n");
  EXPECT_THAT(
      fault("include = \"sites\"\n" + std::string(kSip) + "[[route]]\nname = \"x\"\ncalled = \"2\"\nreject = 1\n"),
      HasSubstr("sites/a.toml:1: [[route]] \"x\" name: is that of the [[route]] at main.toml:4 already"));
}

TEST_F(IncludeTest, WhatCannotBeReadIsTold) {
  EXPECT_EQ(fault("include = \"none.toml\"\n" + std::string(kSip)),
            "main.toml:1: include: none.toml: cannot be read: No such file or directory");
  EXPECT_EQ(fault("include = 7\n" + std::string(kSip)),
            "main.toml:1: include: must be a list of files and directories: [\"sites\", \"lists.toml\"]");
  put("sites/a.toml", "include = \"b.toml\"\n");
  EXPECT_EQ(fault("include = \"sites\"\n" + std::string(kSip)),
            "sites/a.toml:1: include: stands in the first file only");
}

TEST_F(IncludeTest, TablesAndListsAreLookedForBesideTheFileThatNamesThem) {
  put("sites/a.toml", sip_trunk("a", 5071) +
                          "[lists]\ndear = { file = \"dear.csv\" }\n[[route]]\nname = \"r\"\ntable = "
                          "\"rows.csv\"\nto = \"a\"\n");
  put("sites/dear.csv", "+1900*\n");
  put("sites/rows.csv", "called\n+44*\n+33*\n");

  auto settings = read("include = \"sites\"\n" + std::string(kSip));

  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_THAT(settings->lists.front().patterns, ElementsAre("+1900*"));
  EXPECT_EQ(settings->routes.front().rows.size(), 2u);
}

}  // namespace
}  // namespace sg::conf
