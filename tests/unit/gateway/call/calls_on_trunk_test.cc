#include "gateway/call/calls_on_trunk.h"

#include "call_fixture.h"

namespace sg::call {
namespace {

using namespace testing;
using media::Side;

TEST(CallsOnTrunk, CountACallOnceHoweverManyLegsItHasThere) {
  CallsOnTrunk calls;
  {
    CallsOnTrunk::Place caller(calls, CallId{1}, Side::A);
    CallsOnTrunk::Place called(calls, CallId{1}, Side::B);
    CallsOnTrunk::Place other(calls, CallId{2}, Side::A);
    EXPECT_EQ(calls.size(), 2u);

    called = {};
    EXPECT_EQ(calls.size(), 2u);
    caller = {};
    EXPECT_EQ(calls.size(), 1u);
  }
  EXPECT_EQ(calls.size(), 0u);
}

TEST(CallsOnTrunk, APlaceThatMovesIsNoneAtWhereItWas) {
  CallsOnTrunk here, there;
  CallsOnTrunk::Place place(here, CallId{1}, Side::A);
  CallsOnTrunk::Place moved = std::move(place);
  EXPECT_EQ(here.size(), 1u);

  moved = {there, CallId{1}, Side::B};

  EXPECT_EQ(here.size(), 0u);
  EXPECT_EQ(there.size(), 1u);
}

TEST(CallsOnTrunk, TellHowManyComeFromAnother) {
  CallsOnTrunk pbx, carrier, line;
  CallsOnTrunk::Place places[] = {{pbx, CallId{1}, Side::A},     {line, CallId{1}, Side::B},
                                  {pbx, CallId{2}, Side::A},     {carrier, CallId{2}, Side::B},
                                  {carrier, CallId{3}, Side::A}, {line, CallId{3}, Side::B},
                                  {line, CallId{4}, Side::A},    {pbx, CallId{4}, Side::B}};

  EXPECT_EQ(line.coming_from(pbx), 1u);
  EXPECT_EQ(line.coming_from(carrier), 1u);
  EXPECT_EQ(pbx.coming_from(line), 1u);
  EXPECT_EQ(carrier.coming_from(line), 0u);
}

// The same of real calls, as their parties come, go and change places.
class CallsOnTrunks : public CallTest {
 protected:
  void expect_calls(size_t on_sip, size_t on_pri, size_t on_carrier) {
    EXPECT_EQ(sip.calls().size(), on_sip);
    EXPECT_EQ(pri.calls().size(), on_pri);
    EXPECT_EQ(carrier.calls().size(), on_carrier);
  }
};

TEST_F(CallsOnTrunks, FromTheSetupToTheEndOfTheCall) {
  LegScript& caller = sip_to_pri();
  expect_calls(1, 1, 0);
  EXPECT_EQ(pri.calls().coming_from(sip.calls()), 1u);

  caller.listener->on_released(kNormalClearing);
  reactor.settle();

  expect_calls(0, 0, 0);
}

TEST_F(CallsOnTrunks, ATargetThatIsGivenUpOnCountsNoMoreThoughItsLegIsStillThere) {
  carrier.patience_ = {3s, 6s};
  carrier.confirms_releases = false;
  targets = {&carrier, &pri};
  incoming(sip, audio_at("192.0.2.1:4000"));
  expect_calls(1, 0, 1);

  reactor.advance(4s);

  EXPECT_FALSE(carrier.legs.back()->destroyed);
  expect_calls(1, 1, 0);
}

TEST_F(CallsOnTrunks, ATransferTakesOnePartyToTheOtherCall) {
  LegScript& by = answered_sip_to_pri();
  targets = {&carrier};
  TransferRequest request;
  request.to.digits = "300";
  ASSERT_TRUE(by.listener->on_transfer(request));
  reactor.settle();
  EXPECT_EQ(sip.calls().size(), 2u) << "the new call goes by its rights";

  carrier.legs.back()->listener->on_answered(std::nullopt);
  reactor.settle();

  expect_calls(0, 1, 1);
  EXPECT_EQ(carrier.calls().coming_from(pri.calls()), 1u);
}

TEST_F(CallsOnTrunks, OneOfThreeLeavesTheConference) {
  LegScript& held = answered_sip_to_pri();
  held.listener->on_held();
  targets = {&carrier};
  LegScript& active = incoming(sip, audio_at("192.0.2.1:4002"));
  carrier.legs.back()->listener->on_timeslot({1, 5});
  carrier.legs.back()->listener->on_answered(std::nullopt);
  reactor.settle();
  expect_calls(2, 1, 1);

  ASSERT_TRUE(active.listener->on_conference(*held.leg));
  reactor.settle();
  expect_calls(1, 1, 1);

  carrier.legs.back()->listener->on_released(kNormalClearing);
  reactor.settle();
  expect_calls(1, 1, 0);
}

}  // namespace
}  // namespace sg::call
