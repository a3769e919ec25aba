#include "tests/unit/tdm/cas/wires.h"

namespace sg::tdm::cas {
namespace {

using State = Signalling::SlotState;

struct EmTest : testing::TestWithParam<LineStart> {
  Wires wires{LineKind::EAndM, GetParam()};
  Side& near = wires.a;
  Side& far = wires.b;

  EmTest() {
    auto config = Wires::config(LineKind::EAndM);
    config.ring_limit = 30s;
    wires.make_a(config);
    config.hunt = HuntOrder::Descending;
    wires.make_b(config);
  }
  void ring_through() {
    near.place("5550100");
    ASSERT_TRUE(wires.until_heard(far, "setup 5550100", 15s)) << far.detail() << ", near " << near.detail();
  }
};

TEST_P(EmTest, ACallCrossesIsAnsweredAndEnds) {
  ring_through();
  EXPECT_TRUE(wires.until_heard(near, "progress in band", 2s));
  EXPECT_FALSE(near.has_heard("answered"));

  far.group->answer(far.call);
  ASSERT_TRUE(wires.until_heard(near, "answered", 2s));
  far.group->release(far.call, 16);
  EXPECT_TRUE(wires.until_heard(near, "released 16", 2s));
  wires.pass(2s);

  EXPECT_EQ(near.state(), State::Idle) << near.detail();
  EXPECT_EQ(far.state(), State::Idle) << far.detail();
}

TEST_P(EmTest, TheCallerGivesUp) {
  ring_through();

  near.group->release(near.call, 16);
  EXPECT_TRUE(wires.until_heard(far, "released 16", 2s));
  wires.pass(2s);

  EXPECT_EQ(near.state(), State::Idle) << near.detail();
  EXPECT_EQ(far.state(), State::Idle) << far.detail();
}

TEST_P(EmTest, NobodyAnswers) {
  ring_through();

  wires.pass(32s);

  EXPECT_TRUE(near.has_heard("released 19"));
  EXPECT_TRUE(far.has_heard("released 16"));
  EXPECT_EQ(near.state(), State::Idle) << near.detail();
}

TEST_P(EmTest, ARefusedCallClearsWhenTheCallerHangsUp) {
  ring_through();

  far.group->release(far.call, 21);
  wires.pass(1s);
  EXPECT_EQ(far.detail(), "clearing");
  near.group->release(near.call, 16);
  wires.pass(3s);

  EXPECT_EQ(far.state(), State::Idle) << far.detail();
}

TEST_P(EmTest, AChannelThatTheFarEndHasSeizedTakesNoCallOut) {
  // Both hunt for the same channel.
  wires.b.group.reset();
  auto config = Wires::config(LineKind::EAndM);
  config.ports = {{.slot = {2, 1}, .number = ""}};
  wires.make_b(config);
  near.place("555");

  far.place("556");
  wires.pass(10s);

  EXPECT_TRUE(far.has_heard("released 44")) << far.detail();
  EXPECT_TRUE(far.has_heard("setup 555")) << far.detail();
}

TEST_P(EmTest, TheCardIsPulledInACall) {
  ring_through();

  wires.pair.remove(SpanPair::End::B);
  wires.pass(1s);

  EXPECT_TRUE(far.has_heard("released 27"));
  EXPECT_EQ(far.state(), State::OutOfService);
}

INSTANTIATE_TEST_SUITE_P(Starts, EmTest, testing::Values(LineStart::Wink, LineStart::Immediate));

TEST(EmWink, AFarEndThatDoesNotWinkIsOutOfOrder) {
  Wires wires(LineKind::EAndM, LineStart::Wink);
  wires.make_a(Wires::config(LineKind::EAndM));

  wires.a.place("555");
  wires.pass(6s);

  EXPECT_TRUE(wires.a.has_heard("released 27"));
  EXPECT_EQ(wires.a.state(), State::Idle) << wires.a.detail();
}

TEST(EmWink, WhereBothEndsSeizeOurCallTakesAnotherChannel) {
  Wires wires(LineKind::EAndM, LineStart::Wink);
  auto config = Wires::config(LineKind::EAndM);
  config.hunt = HuntOrder::Ascending;
  wires.make_a(config);
  auto far = wires.pair.b().open_line({2, 1}).value(), other = wires.pair.b().open_line({2, 2}).value();
  wires.a.place("555");

  ASSERT_TRUE(far->seize());
  wires.pass(1s);

  EXPECT_FALSE(wires.a.has_heard("released 44"));
  EXPECT_EQ(wires.a.detail(), "clearing");
  EXPECT_EQ(wires.a.detail(1), "waiting for wink");
  EXPECT_TRUE(other->is_far_end_off_hook());
}

TEST(EmWink, WhereBothEndsSeizeTheOnlyChannelWeBackOff) {
  Wires wires(LineKind::EAndM, LineStart::Wink);
  auto config = Wires::config(LineKind::EAndM);
  config.ports = {{.slot = {1, 1}, .number = ""}};
  wires.make_a(config);
  auto far = wires.pair.b().open_line({2, 1}).value();
  wires.a.place("555");

  ASSERT_TRUE(far->seize());
  wires.pass(2s);
  EXPECT_TRUE(wires.a.has_heard("released 44"));
  EXPECT_EQ(wires.a.detail(), "clearing");
  ASSERT_TRUE(far->release());
  wires.pass(2s);

  EXPECT_EQ(wires.a.state(), State::Idle);
}

TEST(EmWink, ASeizureWithoutDigitsIsGivenUp) {
  Wires wires(LineKind::EAndM, LineStart::Wink);
  auto config = Wires::config(LineKind::EAndM);
  config.first_digit = 5s;
  wires.make_a(config);
  auto far = wires.pair.b().open_line({2, 1}).value();
  ASSERT_TRUE(far->seize());

  wires.pass(7s);
  EXPECT_EQ(wires.a.detail(), "clearing");
  ASSERT_TRUE(far->release());
  wires.pass(2s);

  EXPECT_EQ(wires.a.state(), State::Idle);
  EXPECT_TRUE(wires.a.setups.empty());
}

}  // namespace
}  // namespace sg::tdm::cas
