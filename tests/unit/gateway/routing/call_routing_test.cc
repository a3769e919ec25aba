#include "gateway/routing/call_routing.h"

#include <gmock/gmock.h>

#include "base/manual_reactor.h"
#include "gateway/call/diversion.h"
#include "gateway/route/normalise.h"
#include "tests/unit/gateway/trunk/fake_signalling.h"

namespace sg::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using trunk::testing::FakeSignalling;

constexpr const char* kFile = R"([sip]
listen = "udp:127.0.0.1:5060"
[site]
country = "1"
area = "212"
intl_prefix = "011"
trunk_prefix = "1"
emergency = ["112"]
most_forwards = 2
[span.1]
type = "E1"
local = "127.0.0.1:4000"
remote = "127.0.0.1:4001"
[trunk.pstn]
kind = "pri"
spans = [1]
[trunk.pbx]
kind = "sip"
peer = "sip:127.0.0.1:5070"
[trunk.fax]
kind = "sip"
peer = "sip:127.0.0.1:5071"
[[route]]
name = "out"
called = "3XX"
to = ["pstn", "fax"]
[[route]]
name = "no way"
called = "39X"
reject = 21
[[route]]
name = "help"
called = "112"
to = "pstn"
emergency = true
)";

// The dial plan of a file, on trunks that have as many lines as the test says.
class CallRoutingTest : public ::testing::Test {
 protected:
  CallRoutingTest() {
    for (const char* name : {"pbx", "fax"}) add(name, 100);
    line = &add("pstn", 10);
  }

  FakeSignalling& add(const char* name, uint8_t lines) {
    auto interface = std::make_unique<FakeSignalling>(reactor, static_cast<uint16_t>(trunks.tdm().size() + 1), lines);
    FakeSignalling& kept = *interface;
    trunk::TdmTrunk::Options options;
    options.name = name;
    options.interfaces.push_back(std::move(interface));
    trunks.add(
        std::make_unique<trunk::TdmTrunk>(std::move(options), reactor, counters,
                                          [](trunk::TdmTrunk&, std::unique_ptr<call::Leg>, const call::Setup&) {}));
    return kept;
  }
  std::shared_ptr<const DialPlan> plan_with(const std::string& more = "", const std::string& of_pbx = "") {
    std::string text = kFile;
    text.insert(text.find("[trunk.fax]"), of_pbx);
    auto settings = conf::parse(text + more, "test.toml");
    EXPECT_TRUE(settings) << settings.error().message;
    auto plan = settings ? DialPlan::make(std::move(*settings)) : tl::unexpected(settings.error());
    EXPECT_TRUE(plan) << plan.error().message;
    return plan ? *plan : nullptr;
  }
  void go_by(const std::string& more, const std::string& of_pbx = "") { routing.change(plan_with(more, of_pbx)); }

  call::Routing ask(const std::string& called, const char* from = "pbx") {
    call::Setup setup;
    setup.called = route::number_of(called);
    return routing.route(*trunks.find(from), setup);
  }
  // So many calls from one trunk that have gone out by another.
  void stand(int calls, const char* from, const char* to) {
    for (int i = 0; i < calls; ++i) {
      places.emplace_back(trunks.find(from)->calls(), CallId{++last}, media::Side::A);
      places.emplace_back(trunks.find(to)->calls(), CallId{last}, media::Side::B);
    }
  }
  std::string refusal_of(const call::Target& target) {
    auto refused = routing.admit(target);
    return refused ? fmt::format("{}: {}", refused->cause.q850, refused->limit) : "none";
  }
  uint64_t count(const char* counter) { return counters.get(counter).value(); }

  ManualReactor reactor;
  Counters counters;
  trunk::Trunks trunks;
  FakeSignalling* line = nullptr;
  CallRouting routing{plan_with(), {trunks, nullptr, reactor, counters}};
  std::vector<call::CallsOnTrunk::Place> places;
  uint64_t last = 0;
};

TEST_F(CallRoutingTest, ARouteGivesItsTargetsInOrderUnderTheRightsOfWhoCalls) {
  auto answer = ask("300");

  ASSERT_THAT(answer.targets, SizeIs(2));
  EXPECT_EQ(answer.targets[0].trunk, trunks.find("pstn"));
  EXPECT_EQ(answer.targets[1].trunk, trunks.find("fax"));
  EXPECT_EQ(answer.targets[0].setup.called.digits, "300");
  EXPECT_EQ(answer.targets[0].from, "pbx");
  EXPECT_FALSE(answer.targets[0].clears_lower);
  EXPECT_EQ(answer.plan.route, "out");
  EXPECT_EQ(refusal_of(answer.targets[0]), "none");
}

TEST_F(CallRoutingTest, ANumberWithoutARouteIsRefusedByNobodyAndARejectedOneByItsRoute) {
  auto nowhere = ask("500"), rejected = ask("390");

  EXPECT_THAT(nowhere.targets, IsEmpty());
  EXPECT_FALSE(nowhere.refusal);
  ASSERT_TRUE(rejected.refusal);
  EXPECT_EQ(rejected.refusal->cause.q850, 21);
  EXPECT_EQ(rejected.refusal->limit, "");
  EXPECT_EQ(count("route.refused"), 1u);
}

TEST_F(CallRoutingTest, WhereOnlyARestartWouldBringTheTrunksTheWayIsOutOfOrder) {
  go_by(R"([trunk.new]
kind = "sip"
peer = "sip:127.0.0.1:5079"
[[route]]
name = "new"
called = "8XX"
to = "new"
)");

  EXPECT_EQ(ask("800").refusal->cause, call::kDestinationOutOfOrder);
}

TEST_F(CallRoutingTest, ATrunkTakesAndGivesAsManyCallsAsItsMaxCalls) {
  go_by("", "max_calls = 3\n");
  auto early = ask("300");
  stand(2, "pbx", "fax");
  EXPECT_FALSE(ask("300").refusal);
  stand(1, "fax", "pbx");

  auto refused = ask("300").refusal;
  early.targets[0].trunk = trunks.find("pbx");

  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->cause.q850, 34);
  EXPECT_TRUE(refused->cause.is_for_now);
  EXPECT_EQ(refused->limit, "max_calls = 3 of trunk pbx");
  EXPECT_EQ(refusal_of(early.targets[0]), "34: max_calls = 3 of trunk pbx");
  EXPECT_EQ(count("refused.max_calls"), 2u);

  places.clear();
  EXPECT_FALSE(ask("300").refusal);
}

TEST_F(CallRoutingTest, CallsThatComeTooFastMeetCongestion) {
  go_by("", "max_cps = 1\n");
  ask("300"), ask("300");

  auto refused = ask("300").refusal;

  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->cause.q850, 42);
  EXPECT_EQ(refused->limit, "max_cps = 1 of trunk pbx");
  EXPECT_EQ(count("refused.max_cps"), 1u);
  reactor.advance(1s);
  EXPECT_FALSE(ask("300").refusal);
}

TEST_F(CallRoutingTest, ALimitOfARouteIsFullAndOneOfItsSpendingForbids) {
  go_by(R"([[route]]
name = "one"
called = "32X"
to = "pstn"
limit = 1
[[route]]
name = "dear"
called = "33X"
to = "pstn"
spend = { per_line_calls_hour = 1 }
)");
  auto first = ask("320"), dear = ask("330");
  ASSERT_FALSE(first.refusal || dear.refusal);

  auto full = ask("320").refusal, spent = ask("330").refusal;

  ASSERT_TRUE(full && spent);
  EXPECT_EQ(full->cause.q850, 34);
  EXPECT_EQ(full->limit, "limit = 1 of route one");
  EXPECT_EQ(spent->cause.q850, 21);
  EXPECT_EQ(spent->limit, "per_line_calls_hour = 1 of route dear");
  EXPECT_EQ(count("refused.limit") + count("refused.per_line_calls_hour"), 2u);

  first.reservation.reset();  // the call is over
  EXPECT_FALSE(ask("320").refusal);
}

TEST_F(CallRoutingTest, OfLinesThatOthersReachTooATrunkHoldsItsShare) {
  auto target = ask("300").targets[0];
  stand(7, "pbx", "pstn");
  EXPECT_EQ(refusal_of(target), "none");
  stand(1, "pbx", "pstn");

  EXPECT_EQ(refusal_of(target), "34: share = 90 of trunk pbx on pstn");
  EXPECT_EQ(refusal_of(ask("300", "fax").targets[0]), "none") << "another trunk has its own";
  EXPECT_EQ(count("refused.share"), 1u);

  line->slots.resize(9);  // lines that are out of service are shared by nobody
  places.resize(places.size() - 2);
  EXPECT_EQ(refusal_of(target), "34: share = 90 of trunk pbx on pstn");
}

TEST_F(CallRoutingTest, AnEmergencyCallIsUnderNoLimitAndClearsLowerOnes) {
  go_by("", "max_calls = 1\nmax_cps = 1\n");
  stand(10, "pbx", "pstn");
  for (int i = 0; i < 5; ++i) ask("112");

  auto answer = ask("112");

  ASSERT_FALSE(answer.refusal);
  EXPECT_TRUE(answer.plan.is_emergency);
  EXPECT_TRUE(answer.targets[0].clears_lower);
  EXPECT_EQ(refusal_of(answer.targets[0]), "none");
  EXPECT_EQ(count("route.emergency"), 6u);
  call::Setup setup;
  setup.called.digits = "112";
  EXPECT_TRUE(routing.is_emergency("pbx", setup));
  setup.called.digits = "300";
  EXPECT_FALSE(routing.is_emergency("pbx", setup));
}

TEST_F(CallRoutingTest, ACallIsAskedOfThePlanOfTheMoment) {
  auto before = routing.change(plan_with("[[route]]\nname = \"new\"\ncalled = \"5XX\"\nto = \"fax\"\n"));

  EXPECT_EQ(ask("500").plan.route, "new");
  routing.change(before);
  EXPECT_EQ(ask("500").plan.route, "");
}

TEST_F(CallRoutingTest, TellsHowManyCallsATrunkHas) {
  stand(2, "pbx", "pstn");

  EXPECT_EQ(routing.calls_on("pbx"), 2u);
  EXPECT_EQ(routing.calls_on("pstn"), 2u);
  EXPECT_EQ(routing.calls_on("fax"), 0u);
  EXPECT_EQ(routing.calls_on("nobody"), 0u);
}

// Lines that send their calls on.
class ForwardingTest : public CallRoutingTest {
 protected:
  ForwardingTest() {
    go_by(R"([[line]]
ext = "401"
did = "+12125550401"
forward_busy = "+442079460300"
forward_no_answer = "+442079460301"
forward_after = "9s"
[[line]]
ext = "402"
did = "+12125550402"
forward_always = "401"
[[line]]
ext = "403"
did = "+12125550403"
forward_busy = "404"
[[line]]
ext = "404"
did = "+12125550404"
forward_busy = "403"
[[route]]
name = "lines"
called = "+1212555040X"
to = "fax"
[[route]]
name = "abroad"
called = "+44*"
to = "pstn"
)");
  }
};

TEST_F(ForwardingTest, ALineThatForwardsAllItsCallsIsPassedOver) {
  auto answer = ask("+12125550402");

  ASSERT_THAT(answer.targets, SizeIs(1));
  EXPECT_EQ(answer.plan.route, "lines");
  EXPECT_THAT(answer.plan.forwards, ElementsAre("402 always 401"));
  ASSERT_TRUE(answer.targets[0].setup.redirection);
  EXPECT_EQ(answer.targets[0].setup.redirection->reason, call::kDivertedUnconditional);
}

TEST_F(ForwardingTest, ABusyLineAndOneThatDoesNotAnswerAreAskedForWhenItHasComeToThat) {
  auto answer = ask("+12125550401");

  EXPECT_EQ(answer.forward.after, Duration(9s));
  ASSERT_TRUE(answer.forward.busy && answer.forward.no_answer);
  auto busy = answer.forward.busy(), silent = answer.forward.no_answer();
  EXPECT_EQ(busy.targets.at(0).setup.called.digits, "442079460300");
  EXPECT_THAT(busy.plan.forwards, ElementsAre("401 busy +442079460300"));
  EXPECT_EQ(silent.targets.at(0).setup.called.digits, "442079460301");
  EXPECT_EQ(busy.targets[0].from, "fax") << "by the rights of where the line is";
}

TEST_F(ForwardingTest, ACallThatGoesRoundEndsAfterAsManyTimesAsTheSiteAllows) {
  auto answer = ask("+12125550403");
  int times = 0;
  while (answer.forward.busy && times < 10) {
    answer = answer.forward.busy();
    ++times;
  }

  EXPECT_EQ(times, 3);
  ASSERT_TRUE(answer.refusal);
  EXPECT_EQ(answer.refusal->cause, call::kExchangeRoutingError);
  EXPECT_THAT(answer.plan.forwards, ElementsAre("403 busy 404", "404 busy 403", "403 busy 404"));
  EXPECT_EQ(count("call.forward_loops"), 1u);
}

TEST_F(ForwardingTest, AForwardedCallComesFromNoTrunkOnceMore) {
  auto answer = ask("+12125550401");
  stand(1000, "fax", "pbx");

  EXPECT_FALSE(answer.forward.busy().refusal);
}

}  // namespace
}  // namespace sg::routing
