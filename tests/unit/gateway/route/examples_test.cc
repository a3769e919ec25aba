#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gateway/route/loose_ends.h"
#include "gateway/route/plan.h"

// Every file in conf/examples, and every example in docs/dialplan.md, is a plan that is accepted, its tests included.
namespace sg::route {
namespace {

std::string fault_of(const Result<conf::Settings>& settings) {
  if (!settings) return settings.error().message;
  auto plan = Plan::make(*settings);
  return plan ? "none" : plan.error().message;
}

std::vector<std::string> loose_ends_of(const conf::Settings& settings) {
  auto plan = Plan::make(settings);
  return plan ? loose_ends(settings, *plan) : std::vector<std::string>();
}

TEST(Examples, AreAcceptedWithTheirTests) {
  size_t examples = 0;
  for (const auto& file : std::filesystem::directory_iterator(SG_SOURCE_DIR "/conf/examples")) {
    if (file.path().extension() != ".toml") continue;
    auto settings = conf::load(file.path());
    EXPECT_EQ(fault_of(settings), "none");
    EXPECT_THAT(settings ? loose_ends_of(*settings) : std::vector<std::string>{}, testing::IsEmpty());
    if (settings && file.path().filename() != "spangate.sample.toml") {
      EXPECT_GE(settings->tests.size(), 7u) << file.path();
    }
    ++examples;
  }
  EXPECT_GE(examples, 4u);
}

// The indented blocks of the page that begin with a table, each after the trunks that the page's first one sets up.
TEST(Examples, OfTheManualAreAccepted) {
  std::ifstream file(SG_SOURCE_DIR "/docs/dialplan.md");
  std::vector<std::string> blocks;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    bool is_code = line.starts_with("    ");
    if (is_code && !is_inside && line.starts_with("    [")) blocks.emplace_back();
    is_inside = is_code ? is_inside || line.starts_with("    [") : line.empty() && is_inside;
    if (is_code && is_inside) blocks.back() += line.substr(4) + "\n";
  }
  ASSERT_GE(blocks.size(), 4u);
  for (size_t i = 0; i < blocks.size(); ++i) {
    auto settings = conf::parse(i == 0 ? blocks[0] : blocks[0] + blocks[i], "docs/dialplan.md");
    EXPECT_EQ(fault_of(settings), "none") << blocks[i];
  }
}

}  // namespace
}  // namespace sg::route
