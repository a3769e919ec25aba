#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "conf/settings.h"

namespace sg::conf {
namespace {

TEST(Sample, IsTheCommittedOne) {
  std::ifstream file(SG_SOURCE_DIR "/conf/examples/spangate.sample.toml");
  std::ostringstream committed;
  committed << file.rdbuf();

  EXPECT_EQ(committed.str(), sample()) << "renew it with: spangated --sample > conf/examples/spangate.sample.toml";
}

TEST(Sample, IsAConfigurationThatWorks) {
  auto settings = parse(sample(), "sample");

  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_NE(settings->trunk("pstn"), nullptr);
  EXPECT_NE(settings->trunk("pbx"), nullptr);
  EXPECT_EQ(settings->routes.size(), 3u);
}

TEST(Sample, ShowsDefaultsThatAreAcceptedWhenTheCommentSignIsTakenOff) {
  std::string text = std::regex_replace(sample(), std::regex("\n#([a-z])"), "\n$1");

  auto settings = parse(text, "sample");

  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->sip.t1, milliseconds(500));
}

}  // namespace
}  // namespace sg::conf
