#include "tdm/cas/caller_id.h"

#include <gtest/gtest.h>

#include <vector>

namespace sg::tdm::cas {
namespace {

std::tm new_year() {
  std::tm at{};
  at.tm_mday = 1;
  at.tm_hour = 12;
  return at;
}

std::optional<CallerId> across(CallerIdStandard standard, const CallerId& caller, int16_t hum = 0) {
  CallerIdSender sender(standard, caller, new_year());
  CallerIdReceiver receiver;
  std::vector<int16_t> block(160);
  for (int blocks = 0, trailing = 5; trailing > 0 && blocks < CallerIdSender::kMostMs / 20; ++blocks) {
    if (!sender.generate(block)) --trailing;
    for (size_t i = 0; i < block.size(); ++i) block[i] = static_cast<int16_t>(block[i] + (i % 2 ? hum : -hum));
    if (auto heard = receiver.feed(block)) return heard;
  }
  return std::nullopt;
}

struct CallerIdTest : testing::TestWithParam<CallerIdStandard> {};

TEST_P(CallerIdTest, NumberAndNameCross) {
  CallerId caller{"02079460123", "Accounts", Presentation::Allowed};

  EXPECT_EQ(across(GetParam(), caller), caller);
}

TEST_P(CallerIdTest, AWithheldNumberIsToldAsSuch) {
  CallerId caller{"02079460123", "Accounts", Presentation::Restricted};

  EXPECT_EQ(across(GetParam(), caller), (CallerId{"", "", Presentation::Restricted}));
}

TEST_P(CallerIdTest, AnUnknownNumberIsToldAsSuch) {
  EXPECT_EQ(across(GetParam(), {"", "", Presentation::Unavailable}), (CallerId{"", "", Presentation::Unavailable}));
}

TEST_P(CallerIdTest, ANumberWithPlusAndALongNameAreMadeToFit) {
  CallerId caller{"+442079460123", "Zoë of the Accounts Department", Presentation::Allowed};

  EXPECT_EQ(across(GetParam(), caller), (CallerId{"442079460123", "Zo? of the Acco", Presentation::Allowed}));
}

TEST_P(CallerIdTest, ANumberIsToldWholeOrNotAtAll) {
  struct Row {
    std::string number, name;
    CallerId heard;
  };
  const Row kRows[] = {
      {"12345678901234567890", "Ann", {"12345678901234567890", "Ann", Presentation::Allowed}},
      {"123456789012345678901", "Ann", {"", "Ann", Presentation::Unavailable}},
      {"*21#", "", {"*21#", "", Presentation::Allowed}},
      {"asterisk", "Ann", {"", "Ann", Presentation::Unavailable}},
      {"john.doe.4", "", {"", "", Presentation::Unavailable}},
      {"200\r\n1", "A\r\n\x1b[2J\x7f\u009b", {"", "A???[2J??", Presentation::Unavailable}},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(across(GetParam(), {row.number, row.name, Presentation::Allowed}), row.heard) << row.number;
  }
}

INSTANTIATE_TEST_SUITE_P(Standards, CallerIdTest, testing::Values(CallerIdStandard::Bell202, CallerIdStandard::V23));

TEST(CallerIdSdmf, CarriesTheNumberOnly) {
  EXPECT_EQ(across(CallerIdStandard::Sdmf, {"5550100", "Accounts", Presentation::Allowed}),
            (CallerId{"5550100", "", Presentation::Allowed}));
  EXPECT_EQ(across(CallerIdStandard::Sdmf, {"5550100", "", Presentation::Restricted}),
            (CallerId{"", "", Presentation::Restricted}));
}

TEST(CallerIdReceiver, HearsNothingInSilence) {
  CallerIdReceiver receiver;
  std::vector<int16_t> silence(8000 * 4);

  EXPECT_FALSE(receiver.feed(silence));
}

}  // namespace
}  // namespace sg::tdm::cas
