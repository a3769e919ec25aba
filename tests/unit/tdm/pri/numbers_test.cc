#include "tests/unit/tdm/pri/exchange_line.h"

// Which numbers ISDN carries, and how (Q.931 4.5.8, 4.5.10). One row a case.
namespace sg::tdm::pri {
namespace {

using namespace std::string_literals;

struct UpLine : ExchangeLine {
  explicit UpLine(const Config& both = {}) : ExchangeLine(both) { come_up(); }
  // What the network hears of a SETUP of the user's. Not set: nothing.
  std::optional<Setup> heard(const Setup& setup) {
    size_t before = network.setups.size();
    user.heard.clear();
    auto placed = user.interface->setup(setup);
    reactor.settle();
    if (!placed || network.setups.size() == before) return std::nullopt;
    user.interface->release(placed->call, 16);
    network.interface->release(network.call, 16);
    reactor.advance(1s);
    return network.setups.back();
  }
};

const std::string k31 = "1234567890123456789012345678901";

TEST(PriNumbers, ACalledNumberGoesOutWholeOrNotAtAll) {
  struct Row {
    std::string digits;
    bool goes_out;
  };
  const Row kRows[] = {
      {"0", true},
      {"4930123456789", true},
      {"*21*5550100#", true},
      {"+4930123", true},
      {k31, true},
      {k31 + "2", false},
      {k31 + k31, false},
      {"+", false},
      {"300,,1900", false},
      {"30+1", false},
      {"555-0100", false},
      {"12 34", false},
      {"12A", false},
      {"john.doe", false},
      {std::string(300, 'x'), false},
      {"301\r\n", false},
      {"301\0"s, false},
      {"٣٠١", false},
  };
  for (const Config& config : {euroisdn(), ni2(), bri()}) {
    UpLine line(config);
    for (const auto& row : kRows) {
      auto heard = line.heard(ExchangeLine::call_to(row.digits));
      ASSERT_EQ(heard.has_value(), row.goes_out) << row.digits;
      if (heard) {
        EXPECT_EQ(heard->called.digits, row.digits);
      }
      if (!heard) {
        EXPECT_EQ(line.user.heard, std::vector<std::string>{"released 28"}) << row.digits;
      }
      EXPECT_EQ(line.user.count(Signalling::SlotState::InUse), 0u) << row.digits;
    }
  }
}

TEST(PriNumbers, OverlapSendingMayBeginWithoutADigit) {
  UpLine line;
  auto setup = ExchangeLine::call_to("");
  setup.called_complete = false;

  EXPECT_TRUE(line.heard(setup));
}

TEST(PriNumbers, WhoCallsIsADigitStringOrNotAvailable) {
  struct Row {
    std::string digits;
    Presentation presentation;
    const char* heard;
    Presentation heard_presentation;
  };
  constexpr auto kAllowed = Presentation::Allowed, kRestricted = Presentation::Restricted,
                 kUnavailable = Presentation::Unavailable;
  const Row kRows[] = {
      {"5550100", kAllowed, "5550100", kAllowed}, {"5550100", kRestricted, "5550100", kRestricted},
      {k31, kAllowed, k31.c_str(), kAllowed},     {k31 + "2", kAllowed, "", kUnavailable},
      {"asterisk", kAllowed, "", kUnavailable},   {"john.doe", kAllowed, "", kUnavailable},
      {"john.doe", kRestricted, "", kRestricted}, {"100-2", kAllowed, "", kUnavailable},
      {"200\r\n", kAllowed, "", kUnavailable},    {"", kAllowed, "", kUnavailable},
      {"", kRestricted, "", kRestricted},         {"", kUnavailable, "", kUnavailable},
  };
  UpLine line;
  for (const auto& row : kRows) {
    auto setup = ExchangeLine::call_to("100");
    setup.calling = {{row.digits}, row.presentation, ScreeningIndicator::UserNotScreened, "Ann\r\n\x1b Ott"};
    setup.redirection = party::Redirection{.from = {row.digits}, .presentation = row.presentation, .reason = 1};

    auto heard = line.heard(setup);

    ASSERT_TRUE(heard) << row.digits;
    EXPECT_EQ(heard->calling.number.digits, row.heard) << row.digits;
    EXPECT_EQ(heard->calling.presentation, row.heard_presentation) << row.digits;
    // Who diverted is told as a PartyNumber, which has 20 digits at most.
    const std::string diverted = row.digits.size() > 20 ? "" : row.heard;
    EXPECT_EQ(heard->redirection ? heard->redirection->from.digits : "", diverted) << row.digits;
    if (row.presentation != kRestricted) {
      EXPECT_EQ(heard->calling.name, "Ann    Ott") << row.digits << " " << static_cast<int>(row.presentation);
    }
  }
}

}  // namespace
}  // namespace sg::tdm::pri
