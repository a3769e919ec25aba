#include "gateway/route/normalise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sg::route {
namespace {

using conf::NumberForm;
using testing::HasSubstr;

constexpr auto kUnknown = TypeOfNumber::Unknown;
constexpr auto kInternational = TypeOfNumber::International;
constexpr auto kNational = TypeOfNumber::National;
constexpr auto kSubscriber = TypeOfNumber::Subscriber;

conf::Settings london() {
  conf::Settings settings;
  settings.file = "test.toml";
  settings.site = {"44", "20", "0", "00", {"999", "112"}};
  settings.plan = {{"pbx", "2XX", "+4420794602XX", 1}};
  conf::Line line;
  line.ext = "401";
  line.did = "+442079461111";
  settings.lines = {line};
  return settings;
}

conf::Settings new_york() {
  conf::Settings settings;
  settings.site = {"1", "212", "1", "011", {"911"}};
  return settings;
}

Numbering in(NumberForm form, int digits = 0, bool has_types = true) {
  return {{form, digits}, {}, has_types};
}
Numbering out(NumberForm form, int digits = 0, bool has_types = true) {
  return {{}, {form, digits}, has_types};
}

struct Inward {
  const char* name;
  conf::Settings (*site)();
  Numbering from;
  std::string digits;
  TypeOfNumber type;
  std::string plan;

  friend void PrintTo(const Inward& row, std::ostream* os) { *os << row.name << " " << row.digits; }
};

class ToPlan : public testing::TestWithParam<Inward> {};

TEST_P(ToPlan, GivesTheOneForm) {
  const Inward& row = GetParam();
  auto normaliser = Normaliser::make(row.site()).value();

  EXPECT_EQ(normaliser.to_plan({row.digits, row.type}, row.from), row.plan);
}

conf::Settings nowhere() {
  return {};
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ToPlan,
    testing::Values(
        Inward{"ton", london, in(NumberForm::Ton), "33199001234", kInternational, "+33199001234"},
        Inward{"ton", london, in(NumberForm::Ton), "2079460223", kNational, "+442079460223"},
        Inward{"ton", london, in(NumberForm::Ton), "79460223", kSubscriber, "+442079460223"},
        Inward{"ton", london, in(NumberForm::Ton), "79460223", kUnknown, "79460223"},
        Inward{"ton", london, in(NumberForm::Ton), "999", kNational, "999"},
        Inward{"ton", nowhere, in(NumberForm::Ton), "2079460223", kNational, "2079460223"},
        Inward{"ton", nowhere, in(NumberForm::Ton), "4711", kInternational, "+4711"},
        Inward{"ton", london, in(NumberForm::Ton), "alice", kUnknown, "alice"},
        Inward{"ton", london, in(NumberForm::Ton), "", kUnknown, ""},
        Inward{"dialled", london, in(NumberForm::Dialled), "02079460999", kUnknown, "+442079460999"},
        Inward{"dialled", london, in(NumberForm::Dialled), "0033199001234", kUnknown, "+33199001234"},
        Inward{"dialled", london, in(NumberForm::Dialled), "79460999", kUnknown, "+442079460999"},
        Inward{"dialled", london, in(NumberForm::Dialled), "223", kUnknown, "+442079460223"},
        Inward{"dialled", london, in(NumberForm::Dialled), "401", kUnknown, "+442079461111"},
        Inward{"dialled", london, in(NumberForm::Dialled), "323", kUnknown, "323"},
        Inward{"dialled", london, in(NumberForm::Dialled), "112", kUnknown, "112"},
        Inward{"dialled", london, in(NumberForm::Dialled), "0", kUnknown, "0"},
        Inward{"dialled", london, in(NumberForm::Dialled), "*21", kUnknown, "*21"},
        Inward{"dialled", new_york, in(NumberForm::Dialled), "5550199", kUnknown, "+12125550199"},
        Inward{"dialled", new_york, in(NumberForm::Dialled), "4155550199", kUnknown, "+14155550199"},
        Inward{"dialled", new_york, in(NumberForm::Dialled), "19005551234", kUnknown, "+19005551234"},
        Inward{"dialled", new_york, in(NumberForm::Dialled), "011442079460123", kUnknown, "+442079460123"},
        Inward{"e164", london, in(NumberForm::E164, 0, false), "442079460223", kUnknown, "+442079460223"},
        Inward{"e164", london, in(NumberForm::E164, 0, false), "442079460223", kInternational, "+442079460223"},
        Inward{"e164", london, in(NumberForm::E164, 0, false), "4711", kUnknown, "4711"},
        Inward{"national", london, in(NumberForm::National), "2079460223", kUnknown, "+442079460223"},
        Inward{"national", london, in(NumberForm::National), "02079460223", kUnknown, "+442079460223"},
        Inward{"national", nowhere, in(NumberForm::National), "2079460223", kUnknown, "2079460223"},
        Inward{"extension", london, in(NumberForm::Extension, 3), "223", kUnknown, "+442079460223"},
        Inward{"extension", london, in(NumberForm::Extension, 4), "223", kUnknown, "223"},
        Inward{"as-is", london, in(NumberForm::AsIs), "2079460223", kNational, "2079460223"},
        Inward{"as-is", london, in(NumberForm::AsIs, 0, false), "2079460223", kInternational, "+2079460223"}));

struct Outward {
  const char* name;
  conf::Settings (*site)();
  Numbering to;
  std::string plan;
  std::string digits;  // or what is wrong, after a "!"
  TypeOfNumber type = kUnknown;

  friend void PrintTo(const Outward& row, std::ostream* os) { *os << row.name << " " << row.plan; }
};

class ToTrunk : public testing::TestWithParam<Outward> {};

TEST_P(ToTrunk, GivesWhatTheTrunkWants) {
  const Outward& row = GetParam();
  auto normaliser = Normaliser::make(row.site()).value();

  auto sent = normaliser.to_trunk(row.plan, row.to, {"777", kUnknown});

  if (row.digits.starts_with('!')) {
    ASSERT_FALSE(sent);
    EXPECT_THAT(sent.error().message, HasSubstr(row.digits.substr(1)));
  } else {
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(sent->digits, row.digits);
    EXPECT_EQ(sent->type, row.type);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ToTrunk,
    testing::Values(
        Outward{"ton", london, out(NumberForm::Ton), "+442079460223", "442079460223", kInternational},
        Outward{"ton", london, out(NumberForm::Ton), "4711", "4711"},
        Outward{"e164", london, out(NumberForm::E164), "+33199001234", "33199001234", kInternational},
        Outward{"e164", london, out(NumberForm::E164), "999", "999"},
        Outward{"e164", london, out(NumberForm::E164), "4711", "!no +E.164 number"},
        Outward{"national", london, out(NumberForm::National), "+442079460223", "2079460223", kNational},
        Outward{"national", london, out(NumberForm::National), "+33199001234", "33199001234", kInternational},
        Outward{"national on SIP", london, out(NumberForm::National, 0, false), "+442079460223", "2079460223"},
        Outward{"national on SIP", london, out(NumberForm::National, 0, false), "+33199001234", "!is abroad"},
        Outward{"dialled", london, out(NumberForm::Dialled), "+442079460223", "02079460223"},
        Outward{"dialled", london, out(NumberForm::Dialled), "+33199001234", "0033199001234"},
        Outward{"dialled", nowhere, out(NumberForm::Dialled), "+33199001234", "!no intl_prefix"},
        Outward{"extension", london, out(NumberForm::Extension, 3), "+442079460223", "223"},
        Outward{"extension", london, out(NumberForm::Extension, 2), "+442079460223", "23"},
        Outward{"extension", london, out(NumberForm::Extension, 3), "+442079461111", "401"},
        Outward{"extension", london, out(NumberForm::Extension, 3), "+33199001234", "!in no block of [plan]"},
        Outward{"extension", london, out(NumberForm::Extension, 4), "+442079460223", "!fewer than 4"},
        Outward{"extension", nowhere, out(NumberForm::Extension, 3), "+33199001234", "234"},
        Outward{"as-is", london, out(NumberForm::AsIs), "+33199001234", "33199001234", kInternational}));

TEST(Normaliser, KeepsTheTypeOfANumberThatNobodyTouched) {
  auto normaliser = Normaliser::make(nowhere()).value();
  party::Number received{"30123", kNational};

  EXPECT_EQ(normaliser.to_trunk("30123", out(NumberForm::Ton), received)->type, kNational);
  EXPECT_EQ(normaliser.to_trunk("4930123", out(NumberForm::Ton), received)->type, kUnknown);
}

TEST(Normaliser, CutsNoForeignCallingNumberToAnExtension) {
  auto normaliser = Normaliser::make(london()).value();

  auto own = normaliser.calling_to_trunk("+442079460223", out(NumberForm::Extension, 3), {});
  auto foreign = normaliser.calling_to_trunk("+33199001234", out(NumberForm::Extension, 3), {});

  EXPECT_EQ(own.digits, "223");
  EXPECT_EQ(text_of(foreign), "+33199001234");
}

TEST(Normaliser, ShowsATelephoneTheCallingNumberAsItWouldDialIt) {
  auto normaliser = Normaliser::make(london()).value(), without_prefixes = Normaliser::make(nowhere()).value();
  auto telephones = out(NumberForm::Extension, 3, false);
  telephones.is_analog = true;
  auto shown = [&](const Normaliser& by, const char* number) {
    return text_of(by.calling_to_trunk(number, telephones, {}));
  };

  EXPECT_EQ(shown(normaliser, "+442079460223"), "223");
  EXPECT_EQ(shown(normaliser, "+442079469999"), "02079469999");
  EXPECT_EQ(shown(normaliser, "+33199001234"), "0033199001234");
  EXPECT_EQ(shown(normaliser, "4711"), "4711");
  EXPECT_EQ(shown(without_prefixes, "+33199001234"), "+33199001234");
}

TEST(Normaliser, FindsLinesByExtensionAndByPublicNumber) {
  auto normaliser = Normaliser::make(london()).value();

  ASSERT_NE(normaliser.line("401"), nullptr);
  EXPECT_EQ(normaliser.line("+442079461111"), normaliser.line("401"));
  EXPECT_EQ(normaliser.line("402"), nullptr);
}

TEST(Normaliser, RefusesBlocksAndLinesThatCannotBe) {
  auto settings = london();
  settings.plan[0].e164 = "+4420794602X";
  EXPECT_THAT(Normaliser::make(settings).error().message, HasSubstr("test.toml:1: [plan] pbx: \"2XX\""));

  settings = london();
  settings.lines.push_back(settings.lines[0]);
  EXPECT_THAT(Normaliser::make(settings).error().message,
              HasSubstr("[[line]] ext: \"401\" is that of the [[line]] at line "));

  settings = london();
  settings.lines[0].did = "442079461111";
  EXPECT_THAT(Normaliser::make(settings).error().message, HasSubstr("no number with +"));
}

}  // namespace
}  // namespace sg::route
