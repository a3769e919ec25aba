#include <gtest/gtest.h>

#include "fakes.h"

// Whole calls along the targets of a route.
namespace sg::call {
namespace {

using namespace testing;

// A call from "from" to "a" and then "b", as a route says.
class RoutedCall : public ::testing::Test, public Router {
 protected:
  RoutedCall() {
    for (FakeTrunk* trunk : {&a, &b}) routing.targets.emplace_back().trunk = trunk;
  }
  Routing route(const Trunk&, const call::Setup&) override { return std::move(routing); }
  std::optional<Refusal> admit(const Target& target) override { return admits ? admits(target) : std::nullopt; }

  void call() {
    call::Setup setup;
    setup.called.digits = "200";
    manager.on_incoming({from.incoming_leg(), setup, std::nullopt, &from, from.policy});
    reactor.settle();
  }
  LegScript& caller() { return *from.legs.back(); }

  ManualReactor reactor;
  Counters counters;
  FakeMedia media{reactor};
  FakeTrunk from{"from", MediaKind::Tdm, reactor};
  FakeTrunk a{"a", MediaKind::Tdm, reactor};
  FakeTrunk b{"b", MediaKind::Tdm, reactor};
  Routing routing;
  std::function<std::optional<Refusal>(const Target&)> admits;  // null: all
  std::vector<Record> records;
  CallManager manager{{media, reactor, counters}, *this, [this](const Record& record) { records.push_back(record); }};
};

TEST_F(RoutedCall, ARouteThatHuntsOnBusyGoesOn) {
  routing.hunt.causes = {17};
  call();

  a.legs.back()->listener->on_released(kUserBusy);
  reactor.settle();

  ASSERT_EQ(b.legs.size(), 1u);
  b.legs.back()->listener->on_released(kUserBusy);
  reactor.settle();
  EXPECT_TRUE(caller().heard_command("release 17"));
}

TEST_F(RoutedCall, RingsAsLongAsTheRouteSaysAtEachTarget) {
  for (Target& target : routing.targets) target.ring = 20s;
  call();
  a.legs.back()->listener->on_alerting(false, std::nullopt);

  reactor.advance(19s);
  EXPECT_TRUE(b.legs.empty());
  reactor.advance(1s);
  ASSERT_EQ(b.legs.size(), 1u);
  EXPECT_TRUE(a.legs.back()->heard_command("release 19"));
  reactor.advance(20s);

  EXPECT_TRUE(caller().heard_command("release 19"));
  EXPECT_EQ(counters.get("call.rung_out").value(), 2u);
  EXPECT_TRUE(manager.calls().empty());
}

TEST_F(RoutedCall, AnAnswerEndsTheTimeToRing) {
  routing.targets[0].ring = 20s;
  call();

  a.legs.back()->listener->on_answered(std::nullopt);
  reactor.advance(60s);

  EXPECT_EQ(manager.calls().size(), 1u);
}

TEST_F(RoutedCall, ATargetAtItsLimitIsPassedOverAndTheRecordSaysWhich) {
  admits = [this](const Target& target) -> std::optional<Refusal> {
    if (target.trunk != &a) return std::nullopt;
    return Refusal{kNoCircuit, "max_cps = 1 of trunk a"};
  };
  routing.hunt.has_default = false;
  call();

  EXPECT_TRUE(a.legs.empty());
  ASSERT_EQ(b.legs.size(), 1u);
  b.legs.back()->listener->on_released(kUserBusy);
  reactor.settle();
  ASSERT_EQ(records.at(0).called.size(), 2u);
  EXPECT_EQ(records[0].called[0].limit, "max_cps = 1 of trunk a");
}

TEST_F(RoutedCall, ARefusedCallTriesNoTarget) {
  routing.refusal = Refusal{kCallRejected, "limit = 2 of route out"};
  routing.plan.limit = routing.refusal->limit;
  call();

  EXPECT_TRUE(a.legs.empty());
  EXPECT_TRUE(caller().heard_command("release 21"));
  EXPECT_EQ(records.at(0).plan.limit, "limit = 2 of route out");
}

// A call for an emergency number, where other calls have taken all of "b".
class EmergencyCall : public RoutedCall {
 protected:
  // An answered call from "from" to "b".
  LegScript& lower_call(tdm::Timeslot slot, bool is_emergency = false) {
    Routing lower;
    lower.targets.emplace_back().trunk = &b;
    lower.plan.is_emergency = is_emergency;
    std::swap(routing, lower);
    call();
    std::swap(routing, lower);
    LegScript& leg = *b.legs.back();
    leg.listener->on_timeslot(slot);
    leg.listener->on_answered(std::nullopt);
    reactor.settle();
    return leg;
  }
  void fill(FakeTrunk& trunk) {
    trunk.is_full = true;
    trunk.refuses_with = kNoCircuit;
  }
  void make_free(FakeTrunk& trunk) {
    trunk.is_full = false;
    trunk.refuses_with.reset();
  }
  void call_for_help() {
    for (Target& target : routing.targets) target.is_emergency = target.clears_lower = true;
    routing.plan.is_emergency = true;
    call();
  }
};

TEST_F(EmergencyCall, WaitsForTheRoomThatTheNewestLowerCallMakes) {
  LegScript& older = lower_call({1, 1});
  LegScript& newer = lower_call({1, 2});
  a.refuses_with = kDestinationOutOfOrder;
  fill(b);
  const size_t before = b.legs.size();
  call_for_help();
  EXPECT_TRUE(newer.destroyed);
  EXPECT_FALSE(older.destroyed);
  EXPECT_EQ(records.at(0).cause.q850, 47);
  EXPECT_EQ(counters.get("route.emergency_cleared").value(), 1u);

  reactor.advance(1s);
  EXPECT_EQ(b.legs.size(), before);
  make_free(b);
  reactor.advance(100ms);

  ASSERT_EQ(b.legs.size(), before + 1);
  b.legs.back()->listener->on_answered(std::nullopt);
  EXPECT_TRUE(caller().heard_command("answer"));
}

TEST_F(EmergencyCall, ThatFindsNoRoomInTimeIsRefusedInTheEnd) {
  lower_call({1, 1});
  fill(a);
  fill(b);
  call_for_help();

  reactor.advance(6s);

  EXPECT_TRUE(caller().heard_command("release 34"));
  EXPECT_TRUE(manager.calls().empty());
  EXPECT_EQ(reactor.armed_timers(), 0u);
}

TEST_F(EmergencyCall, FindsRoomAlsoWhenTheLastTargetFailsLater) {
  lower_call({1, 1});
  fill(b);
  const size_t before = b.legs.size();
  call_for_help();
  make_free(b);
  b.is_full = true;  // as far as its state tells
  a.legs.back()->listener->on_released(kDestinationOutOfOrder);

  reactor.advance(100ms);

  EXPECT_EQ(b.legs.size(), before + 1);
}

TEST_F(EmergencyCall, ClearsNoOtherEmergencyCallNorOneOnABlockedTimeslot) {
  LegScript& lower = lower_call({1, 1});
  LegScript& on_blocked = lower_call({1, 2});
  LegScript& help = lower_call({1, 3}, true);
  b.blocked = tdm::Timeslot{1, 2};
  a.refuses_with = kDestinationOutOfOrder;
  fill(b);

  call_for_help();

  EXPECT_TRUE(lower.destroyed);
  EXPECT_FALSE(on_blocked.destroyed);
  EXPECT_FALSE(help.destroyed);
}

TEST_F(EmergencyCall, ClearsNothingWhereTheTrunkIsOnlyDown) {
  LegScript& lower = lower_call({1, 1});
  a.refuses_with = b.refuses_with = kDestinationOutOfOrder;

  call_for_help();

  EXPECT_FALSE(lower.destroyed);
  EXPECT_TRUE(caller().heard_command("release 27"));
}

class NotedReservation final : public Reservation {
 public:
  explicit NotedReservation(std::vector<std::string>& notes) : notes_(notes) {}
  ~NotedReservation() override { notes_.push_back("over"); }
  void on_answered() override { notes_.push_back("answered"); }

 private:
  std::vector<std::string>& notes_;
};

TEST_F(RoutedCall, TellsTheLimitsWhenItIsAnsweredAndWhenItIsOver) {
  std::vector<std::string> notes;
  routing.reservation = std::make_unique<NotedReservation>(notes);
  call();

  a.legs.back()->listener->on_answered(std::nullopt);
  EXPECT_EQ(notes, (std::vector<std::string>{"answered"}));
  caller().listener->on_released(kNormalClearing);
  reactor.settle();

  EXPECT_EQ(notes, (std::vector<std::string>{"answered", "over"}));
}

TEST_F(RoutedCall, ALineThatIsAFaxIsAFaxFromTheStart) {
  routing.is_fax = true;
  call();

  EXPECT_EQ(media.profile, media::Profile::Fax);
}

}  // namespace
}  // namespace sg::call
