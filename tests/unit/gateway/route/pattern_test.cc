#include "gateway/route/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "gateway/route/pattern_tree.h"

namespace sg::route {
namespace {

using testing::ElementsAre;

TEST(Pattern, MatchesPlaceByPlace) {
  auto pattern = Pattern::parse("+1NZX[2-46]*").value();

  EXPECT_TRUE(pattern.matches("+12103"));
  EXPECT_TRUE(pattern.matches("+121069999"));
  EXPECT_FALSE(pattern.matches("+11103"));
  EXPECT_FALSE(pattern.matches("+12003"));
  EXPECT_FALSE(pattern.matches("+12105"));
  EXPECT_FALSE(pattern.matches("+1210"));
  EXPECT_FALSE(pattern.matches("+12a03"));
}

TEST(Pattern, CapturesWhatParenthesesHold) {
  auto pattern = Pattern::parse("9(0(XX))1(*)").value();

  EXPECT_THAT(pattern.captures("90231456"), ElementsAre("023", "23", "456"));
  EXPECT_THAT(pattern.captures("90231"), ElementsAre("023", "23", ""));
}

TEST(Pattern, SetsCoverTheirWholeRange) {
  auto pattern = Pattern::parse("[3-7*#]").value();

  for (char c : std::string("34567*#")) EXPECT_TRUE(pattern.matches(std::string(1, c))) << c;
  for (char c : std::string("01289+A")) EXPECT_FALSE(pattern.matches(std::string(1, c))) << c;
}

TEST(Pattern, ExpandsCaptures) {
  EXPECT_EQ(expand("+49$2-$1", {"a", "b"}).value(), "+49b-a");
  EXPECT_FALSE(expand("$3", {"a", "b"}));
  EXPECT_FALSE(expand("$", {"a"}));
}

// Random patterns over few signs, so that they meet often.
struct RandomPatterns {
  explicit RandomPatterns(unsigned seed) : random(seed) {}

  std::string pattern() {
    static constexpr std::string_view kPlaces[] = {"0", "1", "2", "X", "N", "Z", "[12]", "[0-1]"};
    std::string text = random() % 4 == 0 ? "+" : "";
    for (size_t n = random() % 6; n > 0; --n) text += kPlaces[random() % (random() % 2 ? 3 : 8)];
    if (text.empty() || random() % 2) text += "*";
    return text;
  }
  std::string number() {
    std::string text = random() % 4 == 0 ? "+" : "";
    for (size_t n = random() % 8; n > 0; --n) text += static_cast<char>('0' + random() % 4);
    return text;
  }

  std::mt19937 random;
};

class PatternTreeAgainstAScan : public testing::TestWithParam<unsigned> {};

TEST_P(PatternTreeAgainstAScan, FindsTheSamePatterns) {
  RandomPatterns some(GetParam());
  std::vector<Pattern> patterns;
  PatternTree tree;
  for (uint32_t i = 0; i < 300; ++i) {
    patterns.push_back(Pattern::parse(some.pattern()).value());
    tree.add(patterns.back(), i);
  }
  tree.build();

  for (int i = 0; i < 500; ++i) {
    std::string number = some.number();
    std::vector<uint32_t> found, expected;
    tree.match(number, [&](uint32_t value) { found.push_back(value); });
    for (uint32_t k = 0; k < patterns.size(); ++k) {
      if (patterns[k].matches(number)) expected.push_back(k);
    }
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected) << number;
  }
}

TEST_P(PatternTreeAgainstAScan, FindsTheSameOverlaps) {
  RandomPatterns some(GetParam());
  std::vector<Pattern> patterns;
  PatternTree tree;
  for (uint32_t i = 0; i < 200; ++i) {
    patterns.push_back(Pattern::parse(some.pattern()).value());
    tree.add(patterns.back(), i);
  }
  tree.build();

  for (const Pattern& pattern : patterns) {
    std::vector<uint32_t> found, expected;
    tree.overlapping(pattern, [&](uint32_t value) { found.push_back(value); });
    for (uint32_t k = 0; k < patterns.size(); ++k) {
      bool is_alike = patterns[k].places.size() == pattern.places.size() && patterns[k].is_open == pattern.is_open;
      if (is_alike && patterns[k].overlaps(pattern)) expected.push_back(k);
    }
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PatternTreeAgainstAScan, testing::Range(1u, 21u));

}  // namespace
}  // namespace sg::route
