#include "gateway/call/hunt.h"

#include <gtest/gtest.h>

#include "fakes.h"
#include "gateway/call/diversion.h"

namespace sg::call {
namespace {

using namespace testing;

class NotedReservation final : public Reservation {
 public:
  explicit NotedReservation(std::vector<std::string>& notes) : notes_(notes) {}
  ~NotedReservation() override { notes_.push_back("over"); }
  void on_answered() override { notes_.push_back("answered"); }

 private:
  std::vector<std::string>& notes_;
};

// A route from "from" to "a" and then "b".
class HuntTest : public ::testing::Test, public Router, public Hunt::Actions {
 protected:
  HuntTest() {
    setup.called.digits = "200";
    for (FakeTrunk* trunk : {&a, &b}) routing.targets.push_back(target_on(*trunk));
  }
  Target target_on(FakeTrunk& trunk) {
    Target target;
    target.trunk = &trunk;
    target.setup = setup;
    return target;
  }
  void start() {
    hunt.ask_plan();
    hunt.start();
  }

  Routing route(const Trunk& trunk, const call::Setup& asked) override {
    asked_of.push_back(trunk.name() + " " + asked.called.digits);
    return std::move(routing);
  }
  std::optional<Cause> place_call(const Target& target, OutgoingLeg) override {
    placed.push_back(target.trunk->name() + " " + target.setup.called.digits);
    return std::nullopt;
  }
  void leave_target(Cause why) override { left.push_back(why.q850); }
  bool is_open() const override { return open; }
  bool make_room(const Trunk& on) override { return &on == makes_room; }
  void on_forwarded() override { ++forwarded; }
  void on_exhausted(Cause why) override { exhausted = why.q850; }

  ManualReactor reactor;
  Counters counters;
  FakeMedia media{reactor};
  FakeTrunk from{"from", MediaKind::Tdm, reactor};
  FakeTrunk a{"a", MediaKind::Tdm, reactor}, b{"b", MediaKind::Tdm, reactor}, c{"c", MediaKind::Tdm, reactor};
  call::Setup setup;
  Routing routing;
  Record record;
  bool open = true;
  const Trunk* makes_room = nullptr;
  std::vector<std::string> placed, asked_of;
  std::vector<int> left;
  int forwarded = 0, exhausted = 0;
  Hunt hunt{*this, from, setup, record, {media, reactor, counters}, Log(), *this};
};

using Names = std::vector<std::string>;

TEST_F(HuntTest, PassesOverWhatCannotBeTriedAndTellsOfIt) {
  a.refuses_with = kNoCircuit;
  start();

  EXPECT_EQ(placed, Names{"b 200"});
  ASSERT_EQ(record.called.size(), 1u);
  EXPECT_EQ(record.called[0].trunk, "a");
  EXPECT_EQ(record.called[0].cause, kNoCircuit);
}

TEST_F(HuntTest, IsOverWhenNothingCanBeTried) {
  a.refuses_with = kDestinationOutOfOrder;
  b.refuses_with = kNoCircuit;
  start();

  EXPECT_EQ(exhausted, 34) << "of the last one";
}

TEST_F(HuntTest, DataGoesOnlyWhereItCanBeCarried) {
  setup.bearer = BearerCapability::Unrestricted;
  a.takes_data = false;
  start();

  EXPECT_EQ(placed, Names{"b 200"});
  EXPECT_EQ(record.called.at(0).cause, kBearerNotImplemented);
}

TEST_F(HuntTest, ABlockedWayLeadsToTheNextTargetFromTheLoop) {
  start();

  EXPECT_TRUE(hunt.on_released(kNoCircuit));
  EXPECT_EQ(left, std::vector{34});
  EXPECT_EQ(placed, Names{"a 200"}) << "the leg that has failed is still on the stack";
  reactor.settle();

  EXPECT_EQ(placed, (Names{"a 200", "b 200"}));
  EXPECT_FALSE(hunt.on_released(kNoCircuit)) << "that was the last one";
}

TEST_F(HuntTest, WhoSaysNoHasTheLastWord) {
  start();

  EXPECT_FALSE(hunt.on_released(kUserBusy));
  EXPECT_TRUE(left.empty());
}

TEST_F(HuntTest, WhoeverHasAnsweredIsNotGivenUpForAnother) {
  start();
  open = false;

  EXPECT_FALSE(hunt.on_released(kNoCircuit));
}

TEST_F(HuntTest, ASilentTargetLosesItsTurnAndOneThatSpeaksHasLonger) {
  a.patience_ = {.first_response = 4s, .first_progress = 20s};
  start();
  reactor.advance(3999ms);
  hunt.on_proceeding();
  reactor.advance(19999ms);
  EXPECT_TRUE(left.empty());

  reactor.advance(1ms);

  EXPECT_EQ(left, std::vector{102});
  EXPECT_EQ(placed, (Names{"a 200", "b 200"}));
}

TEST_F(HuntTest, ATargetThatProgressesMayTakeItsTime) {
  a.patience_ = {.first_response = 4s, .first_progress = 20s};
  start();

  hunt.on_progress();
  reactor.advance(1h);

  EXPECT_TRUE(left.empty());
}

TEST_F(HuntTest, TheLastTargetMayBeSilent) {
  b.patience_ = {.first_response = 4s, .first_progress = {}};
  a.refuses_with = kNoCircuit;
  start();

  reactor.advance(1h);

  EXPECT_EQ(exhausted, 0);
}

TEST_F(HuntTest, RingsNoLongerThanTheRouteSays) {
  for (Target& target : routing.targets) target.ring = 20s;
  start();

  reactor.advance(20s);
  EXPECT_EQ(placed, (Names{"a 200", "b 200"}));
  reactor.advance(20s);

  EXPECT_EQ(exhausted, 19);
}

TEST_F(HuntTest, AnAnswerEndsAllWaiting) {
  routing.targets[0].ring = 20s;
  a.patience_ = {.first_response = 4s, .first_progress = {}};
  routing.forward = {.busy = {}, .no_answer = [] { return Routing{}; }, .after = 5s};
  start();
  hunt.on_alerting();

  hunt.on_answered();

  EXPECT_EQ(reactor.armed_timers(), 0u);
}

TEST_F(HuntTest, ALineForwardsWhenItIsBusy) {
  routing.forward.busy = [this] {
    Routing next;
    next.targets.push_back(target_on(c));
    next.plan.forwards = {"200 busy 300"};
    return next;
  };
  routing.is_fax = true;
  start();

  EXPECT_TRUE(hunt.on_disconnected(kUserBusy));
  reactor.settle();

  EXPECT_EQ(forwarded, 1);
  EXPECT_EQ(placed, (Names{"a 200", "c 200"}));
  EXPECT_EQ(record.plan.forwards, Names{"200 busy 300"});
  EXPECT_TRUE(hunt.routing().is_fax) << "who calls a fax calls one still";
}

TEST_F(HuntTest, ALineForwardsAfterItsTimeOfRinging) {
  routing.forward = {.busy = {},
                     .no_answer =
                         [this] {
                           Routing next;
                           next.targets.push_back(target_on(c));
                           next.plan.forwards = {"200 no answer 300"};
                           return next;
                         },
                     .after = 20s};
  start();
  hunt.on_alerting();

  reactor.advance(20s);

  EXPECT_EQ(placed.back(), "c 200");
}

TEST_F(HuntTest, WhereForwardingLeadsNowhereTheCauseStands) {
  routing.forward.busy = [] { return Routing{}; };
  start();

  EXPECT_FALSE(hunt.on_released(kUserBusy));
  EXPECT_EQ(counters.get("call.forward_failed").value(), 1u);
}

TEST_F(HuntTest, WhereATargetSendsUsComesBeforeTheOthers) {
  start();

  hunt.on_redirected({{.called = {"300"}, .uri = "sip:300@there"}});
  EXPECT_TRUE(hunt.on_released(cause_of_sip(302)));
  reactor.settle();

  EXPECT_EQ(placed, (Names{"a 200", "a 300"}));
  EXPECT_EQ(forwarded, 1);
}

TEST_F(HuntTest, NoMoreRedirectsAreFollowedThanOneCallMayHave) {
  start();
  for (int i = 0; i < 5; ++i) {
    hunt.on_redirected({{.called = {"300"}, .uri = "sip:300@there"}});
    ASSERT_TRUE(hunt.on_released(cause_of_sip(302)));
    reactor.settle();
  }

  hunt.on_redirected({{.called = {"300"}, .uri = "sip:300@there"}});

  EXPECT_FALSE(hunt.on_released(cause_of_sip(302)));
}

TEST_F(HuntTest, ATargetThatSendsUsToOurselvesAsksThePlanAgain) {
  start();
  routing = {};
  routing.targets.push_back(target_on(c));

  hunt.on_redirected({{.called = {"300"}, .uri = "", .is_own = true}});
  hunt.on_released(cause_of_sip(302));
  reactor.settle();

  EXPECT_EQ(asked_of.back(), "a 300");
  EXPECT_EQ(placed.back(), "c 200");
  EXPECT_EQ(record.plan.forwards, Names{"200 redirects 300"});
}

TEST_F(HuntTest, RoomIsMadeOnceAllHaveFailedAndLookedForUntilItIsThere) {
  a.refuses_with = b.refuses_with = kNoCircuit;
  routing.targets[0].clears_lower = true;
  makes_room = &a;
  start();
  reactor.advance(1s);
  EXPECT_TRUE(placed.empty());
  EXPECT_EQ(record.called.size(), 2u) << "one for each target, however often it was tried for room";

  a.refuses_with.reset();
  reactor.advance(50ms);

  EXPECT_EQ(placed, Names{"a 200"});
}

TEST_F(HuntTest, RoomThatDoesNotComeIsWaitedForNoLongerThanItMay) {
  a.refuses_with = b.refuses_with = kNoCircuit;
  routing.targets[1].clears_lower = true;
  makes_room = &b;
  start();

  reactor.advance(6s);

  EXPECT_EQ(exhausted, 34);
  EXPECT_EQ(reactor.armed_timers(), 0u);
}

TEST_F(HuntTest, OnceStoppedItGoesNowhere) {
  routing.targets[0].ring = 20s;
  start();
  hunt.on_released(kNoCircuit);

  hunt.stop();
  reactor.advance(1h);

  EXPECT_EQ(placed, Names{"a 200"});
}

TEST_F(HuntTest, HoldsTheLimitsUntilTheyAreFreed) {
  std::vector<std::string> notes;
  routing.reservation = std::make_unique<NotedReservation>(notes);
  start();

  hunt.on_answered();
  EXPECT_EQ(notes, Names{"answered"});
  hunt.free_limits();

  EXPECT_EQ(notes, (Names{"answered", "over"}));
}

TEST_F(HuntTest, TakesOverWhatAnotherCallHolds) {
  std::vector<std::string> notes;
  {
    Hunt other(*this, from, setup, record, {media, reactor, counters}, Log(), *this);
    routing.reservation = std::make_unique<NotedReservation>(notes);
    other.ask_plan();

    hunt.take_limits(other);
  }
  EXPECT_TRUE(notes.empty());
  hunt.free_limits();

  EXPECT_EQ(notes, Names{"over"});
}

}  // namespace
}  // namespace sg::call
