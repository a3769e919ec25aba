// Two groups on one span of one backend, as on a card that has ports of both kinds.
#include "tests/unit/tdm/cas/wires.h"

namespace sg::tdm::cas {
namespace {

using State = Signalling::SlotState;

// End A is the card: telephones' ports 1 and 2, and ports 3 and 4 for lines of the exchange that is at end B.
struct SharedSpanTest : testing::Test {
  Wires wires{LineKind::Fxs, LineStart::Kewl, {{3, LineKind::Fxo}, {4, LineKind::Fxo}}};
  Side& phones = wires.a;
  Side lines;
  Side& exchange = wires.b;

  SharedSpanTest() {
    lines.backend = wires.a.backend;
    auto of_lines = Wires::config(LineKind::Fxo);
    of_lines.ports = {{.slot = {1, 3}, .number = "0"}, {.slot = {1, 4}, .number = "0"}};
    auto of_exchange = Wires::config(LineKind::Fxs);
    of_exchange.ports = {{.slot = {2, 3}, .number = "503"}, {.slot = {2, 4}, .number = "504"}};

    wires.make(phones, Wires::config(LineKind::Fxs), 1);
    wires.make(lines, std::move(of_lines), 1);
    wires.make(exchange, std::move(of_exchange), 2);
  }
};

TEST_F(SharedSpanTest, EachGroupOpensItsOwnPortsOnly) {
  auto telephones = phones.group->status().slots, trunks = lines.group->status().slots;

  ASSERT_EQ(telephones.size(), 2u);
  ASSERT_EQ(trunks.size(), 2u);
  EXPECT_EQ(telephones[1].slot, (Timeslot{1, 2}));
  EXPECT_EQ(trunks[0].slot, (Timeslot{1, 3}));
  for (size_t port : {0u, 1u}) {
    EXPECT_EQ(phones.state(port), State::Idle) << phones.detail(port);
    EXPECT_EQ(lines.state(port), State::Idle) << lines.detail(port);
  }
}

TEST_F(SharedSpanTest, CallsOfBothGroupsGoOnAtOnceAndApart) {
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());
  wires.pass(1s);
  telephone.dial("5550100#");
  ASSERT_TRUE(wires.until_heard(phones, "setup 5550100")) << phones.detail();

  lines.place("2079460123");
  ASSERT_TRUE(wires.until_heard(lines, "answered", 10s)) << lines.detail();
  ASSERT_TRUE(wires.until_heard(exchange, "setup 2079460123", 10s)) << exchange.detail();

  EXPECT_TRUE(phones.media);
  EXPECT_TRUE(lines.media);
  EXPECT_EQ(phones.detail(), "calling");
  EXPECT_EQ(phones.heard, (std::vector<std::string>{"up", "setup 5550100"}));
  EXPECT_EQ(lines.heard, (std::vector<std::string>{"up", "timeslot 3", "answered"}));
}

TEST_F(SharedSpanTest, TheEndOfACallOfOneGroupIsNothingToTheOther) {
  lines.place("2079460123");
  ASSERT_TRUE(wires.until_heard(lines, "answered", 10s)) << lines.detail();
  phones.place("401");
  ASSERT_TRUE(wires.until_heard(phones, "alerting")) << phones.detail();

  lines.group->release(lines.call, 16);
  ASSERT_TRUE(wires.pass_until([&] { return lines.state() == State::Idle; })) << lines.detail();

  EXPECT_EQ(phones.state(), State::InUse);
  EXPECT_EQ(phones.detail(), "ringing");
}

// The card is pulled: both know.
TEST_F(SharedSpanTest, BothGroupsAreDownWhenTheCardIsGone) {
  wires.pair.remove(SpanPair::End::A);

  EXPECT_TRUE(wires.until_heard(phones, "down"));
  EXPECT_TRUE(wires.until_heard(lines, "down"));
}

TEST_F(SharedSpanTest, APortInTheGroupOfTheOtherKindIsOutOfServiceAndSaysWhy) {
  lines.group.reset();
  auto config = Wires::config(LineKind::Fxs);
  config.ports = {{.slot = {1, 4}, .number = "404"}};

  wires.make(lines, std::move(config), 1);

  EXPECT_EQ(lines.state(), State::OutOfService);
  EXPECT_NE(lines.detail().find("put it into a trunk of its own kind"), std::string::npos) << lines.detail();
}

}  // namespace
}  // namespace sg::tdm::cas
