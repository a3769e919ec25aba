#include <gmock/gmock.h>

#include "tests/unit/tdm/pri/exchange_line.h"

using namespace sg;
using namespace sg::tdm;
using namespace sg::tdm::pri;
using testing::ElementsAre;
using SlotState = Signalling::SlotState;

namespace {

struct UpLine : ExchangeLine {
  UpLine() { come_up(); }
  explicit UpLine(const Config& both) : ExchangeLine(both) { come_up(); }
  UpLine(const Config& for_network, const Config& for_user) : ExchangeLine(for_network, for_user) { come_up(); }

  SignallingCallId dial(Side& from, const std::string& digits) {
    auto out = from.interface->setup(call_to(digits));
    EXPECT_TRUE(out) << out.error().message;
    reactor.settle();
    return out ? out->call : SignallingCallId{};
  }
  // A call from the user that the network has answered.
  SignallingCallId talk() {
    auto call = dial(user, "100");
    network.interface->answer(network.call);
    reactor.settle();
    EXPECT_TRUE(user.has_heard("answered"));
    return call;
  }
  void expect_all_idle() {
    EXPECT_EQ(network.count(SlotState::InUse), 0u);
    EXPECT_EQ(user.count(SlotState::InUse), 0u);
    EXPECT_EQ(network.interface->calls(), 0u);
    EXPECT_EQ(user.interface->calls(), 0u);
  }
};

void call_each_way(const Config& config) {
  UpLine line(config);
  for (auto [from, to] : {std::pair{&line.user, &line.network}, std::pair{&line.network, &line.user}}) {
    from->heard.clear();
    to->heard.clear();
    auto call = line.dial(*from, "4930123");
    to->interface->proceeding(to->call);
    line.reactor.settle();
    to->interface->alerting(to->call, false);
    line.reactor.settle();
    to->interface->answer(to->call);
    line.reactor.settle();
    EXPECT_EQ(from->count(SlotState::InUse), 1u);
    EXPECT_EQ(to->count(SlotState::InUse), 1u);

    from->interface->release(call, 16);
    line.reactor.settle();

    EXPECT_THAT(from->heard, ElementsAre("proceeding", "alerting", "answered", "released 16"));
    EXPECT_THAT(to->heard, ElementsAre("setup 4930123", "disconnected 16", "released 16"));
    line.expect_all_idle();
  }
}

}  // namespace

TEST(PriCalls, GoEachWayOnEuroIsdnE1) {
  call_each_way(euroisdn());
}

TEST(PriCalls, GoEachWayOnNi2T1) {
  call_each_way(ni2());
}

TEST(PriCalls, GoEachWayOnEverySwitchTypeOfT1) {
  for (auto type :
       {SwitchType::EuroIsdnT1, SwitchType::Ni1, SwitchType::Dms100, SwitchType::Lucent5e, SwitchType::Att4ess}) {
    SCOPED_TRACE(name_of(type));
    Config config = ni2();
    config.switch_type = type;
    call_each_way(config);
  }
}

TEST(PriCalls, GoEachWayOnQsig) {
  Config config;
  config.switch_type = SwitchType::Qsig;
  call_each_way(config);
}

TEST(PriCalls, ToABusySubscriberEndWithCause17) {
  UpLine line;
  line.network.on_call = [&](SignallingCallId call) { line.network.interface->release(call, 17); };

  line.dial(line.user, "100");

  EXPECT_EQ(line.user.heard.back(), "released 17");
  EXPECT_EQ(line.network.heard.back(), "released 17");
  line.expect_all_idle();
}

TEST(PriCalls, ToAnUnknownNumberEndWithCause1) {
  UpLine line;
  line.network.on_call = [&](SignallingCallId call) { line.network.interface->release(call, 1); };

  line.dial(line.user, "999");

  EXPECT_THAT(line.user.heard, ElementsAre("released 1"));
  EXPECT_THAT(line.network.heard, ElementsAre("setup 999", "released 1"));
  line.expect_all_idle();
}

TEST(PriCalls, NobodyAnswersEndWithCause19WhenT301RunsOut) {
  UpLine line;
  line.dial(line.user, "100");
  line.network.interface->alerting(line.network.call, false);

  line.reactor.advance(179s);
  EXPECT_FALSE(line.user.has_heard("released 19"));
  line.reactor.advance(2s);

  EXPECT_TRUE(line.user.has_heard("released 19"));
  EXPECT_TRUE(line.network.has_heard("disconnected 19"));
  line.expect_all_idle();
}

TEST(PriCalls, NothingAfterProceedingEndsWithCause102WhenT310RunsOut) {
  UpLine line;
  line.dial(line.user, "100");
  line.network.interface->proceeding(line.network.call);

  line.reactor.advance(31s);

  EXPECT_EQ(line.user.heard.back(), "released 102");
  line.expect_all_idle();
}

TEST(PriCalls, ReleasedBeforeAnyAnswerEndOnce) {
  UpLine line;
  auto call = line.dial(line.user, "100");

  line.user.interface->release(call, 16);
  line.user.interface->release(call, 16);
  line.reactor.settle();

  EXPECT_THAT(line.user.heard, ElementsAre("released 16"));
  EXPECT_THAT(line.network.heard, ElementsAre("setup 100", "disconnected 16", "released 16"));
  line.expect_all_idle();
}

TEST(PriCalls, ReleasedByBothAtOnceEndOnceOnEachSide) {
  UpLine line;
  auto call = line.talk();

  line.user.interface->release(call, 16);
  line.network.interface->release(line.network.call, 31);
  line.reactor.settle();

  EXPECT_EQ(line.user.released, 1);
  EXPECT_EQ(line.network.released, 1);
  EXPECT_EQ(line.user.heard.back(), "released 16");
  EXPECT_EQ(line.network.heard.back(), "released 31");
  line.expect_all_idle();
}

TEST(PriCalls, NothingIsToldFromInsideACommand) {
  UpLine line;
  line.network.on_call = [&](SignallingCallId call) {
    auto before = line.network.heard.size();
    line.network.interface->release(call, 1);
    EXPECT_EQ(line.network.heard.size(), before);
  };

  line.dial(line.user, "999");

  EXPECT_EQ(line.network.heard.back(), "released 1");
}

TEST(PriCalls, DisconnectWithAnnouncementLetsTheCallerListen) {
  UpLine line;
  auto call = line.dial(line.user, "999");

  line.network.interface->disconnect_with_announcement(line.network.call, 1);
  line.reactor.settle();
  EXPECT_EQ(line.user.heard.back(), "disconnected 1 in band");
  EXPECT_EQ(line.user.count(SlotState::InUse), 1u);
  EXPECT_EQ(line.network.count(SlotState::InUse), 1u);
  line.user.interface->release(call, 16);
  line.reactor.settle();

  EXPECT_EQ(line.user.heard.back(), "released 16");
  EXPECT_EQ(line.network.heard.back(), "released 1");
  line.expect_all_idle();
}

TEST(PriCalls, AnnouncementThatTheNetworkEndsIsEndedByRelease) {
  UpLine line;
  line.dial(line.user, "999");
  line.network.interface->disconnect_with_announcement(line.network.call, 22);
  line.reactor.advance(1s);

  line.network.interface->release(line.network.call, 16);
  line.reactor.settle();

  EXPECT_EQ(line.user.heard.back(), "released 22") << "as the DISCONNECT said";
  EXPECT_EQ(line.network.heard.back(), "released 22");
  line.expect_all_idle();
}

TEST(PriCalls, AnnouncementNobodyEndsIsEndedByT306) {
  UpLine line;
  line.dial(line.user, "999");
  line.network.interface->disconnect_with_announcement(line.network.call, 1);
  line.reactor.advance(1s);
  EXPECT_EQ(line.user.count(SlotState::InUse), 1u);

  line.reactor.advance(31s);

  EXPECT_EQ(line.user.heard.back(), "released 1");
  EXPECT_EQ(line.user.released, 1);
  line.expect_all_idle();
}

TEST(PriCalls, ProgressAndAlertingSayThatSomethingPlaysInBand) {
  UpLine line;
  line.dial(line.user, "100");

  line.network.interface->progress(line.network.call, {.inband_available = true}, 0);
  line.network.interface->progress(line.network.call, {.inband_available = true}, 17);
  line.network.interface->alerting(line.network.call, true);
  line.reactor.settle();

  EXPECT_THAT(line.user.heard,
              ElementsAre("proceeding", "progress in band", "progress in band 17", "alerting in band"));
}

TEST(PriCalls, NotifyTellsOfHoldBothWays) {
  UpLine line;
  auto call = line.talk();

  line.user.interface->notify(call, 0x79);
  line.network.interface->notify(line.network.call, 0x7a);
  line.reactor.settle();

  EXPECT_EQ(line.network.heard.back(), "notify 121");
  EXPECT_EQ(line.user.heard.back(), "notify 122");
}

TEST(PriCalls, OverlapDigitsArriveAndTheCallGoesOn) {
  Config overlap;
  overlap.overlap_receiving = true;
  UpLine line(overlap, Config{});
  line.network.on_call = [&](SignallingCallId call) { line.network.interface->setup_acknowledge(call, true); };
  auto setup = ExchangeLine::call_to("4");
  setup.called_complete = false;
  auto out = line.user.interface->setup(setup);
  ASSERT_TRUE(out);
  line.reactor.settle();
  ASSERT_FALSE(line.network.setups.front().called_complete);

  line.user.interface->information(out->call, "93");
  line.reactor.settle();
  line.network.interface->alerting(line.network.call, false);
  line.network.interface->answer(line.network.call);
  line.reactor.settle();

  EXPECT_THAT(line.network.heard, ElementsAre("setup 4", "information 9", "information 3"));
  EXPECT_THAT(line.user.heard, ElementsAre("setup acknowledged in band", "proceeding", "alerting", "answered"));
}

TEST(PriCalls, OverlapWithoutFurtherDigitsIsToldCompleteByT302AndEndsWithCause28) {
  Config overlap;
  overlap.overlap_receiving = true;
  UpLine line(overlap, Config{});
  line.network.on_call = [&](SignallingCallId call) { line.network.interface->setup_acknowledge(call, true); };
  auto setup = ExchangeLine::call_to("4");
  setup.called_complete = false;
  ASSERT_TRUE(line.user.interface->setup(setup));
  line.reactor.settle();

  line.reactor.advance(13s);
  EXPECT_EQ(line.network.heard.back(), "information ");
  line.reactor.advance(12s);

  EXPECT_EQ(line.user.heard.back(), "released 28");
  line.expect_all_idle();
}

TEST(PriCalls, CompleteNumbersAreNotOverlap) {
  Config overlap;
  overlap.overlap_receiving = true;
  UpLine line(overlap);

  line.dial(line.user, "100");

  EXPECT_TRUE(line.network.setups.front().called_complete);
}

TEST(PriCalls, CarryNumbersNameAndBearer) {
  UpLine line;
  auto setup = ExchangeLine::call_to("123456");
  setup.called.type = TypeOfNumber::Subscriber;
  setup.calling.number = {"4930555", TypeOfNumber::International, NumberingPlan::Isdn};
  setup.calling.screening = ScreeningIndicator::Network;
  setup.calling.name = "Zürich";
  setup.bearer = BearerCapability::Speech;

  ASSERT_TRUE(line.network.interface->setup(setup));
  line.reactor.settle();

  ASSERT_EQ(line.user.setups.size(), 1u);
  EXPECT_EQ(line.user.setups[0].called, setup.called);
  EXPECT_EQ(line.user.setups[0].calling, setup.calling);
  EXPECT_EQ(line.user.setups[0].bearer, BearerCapability::Speech);
  EXPECT_FALSE(line.user.setups[0].redirection);
}

TEST(PriCalls, RestrictedNumberStaysRestricted) {
  UpLine line;
  auto setup = ExchangeLine::call_to("100");
  setup.calling.presentation = Presentation::Restricted;
  setup.calling.screening = ScreeningIndicator::UserPassed;

  ASSERT_TRUE(line.user.interface->setup(setup));
  line.reactor.settle();

  EXPECT_EQ(line.network.setups.at(0).calling.presentation, Presentation::Restricted);
  EXPECT_EQ(line.network.setups.at(0).calling.screening, ScreeningIndicator::UserPassed);
  EXPECT_EQ(line.network.setups.at(0).calling.number.digits, "5550100");
}

TEST(PriCalls, RedirectingNumberTellsWhoWasCalledFirst) {
  for (const Config& config : {euroisdn(), ni2()}) {
    SCOPED_TRACE(name_of(config.switch_type));
    UpLine line(config);
    auto setup = ExchangeLine::call_to("100");
    setup.redirection = party::Redirection{.from = {"200", TypeOfNumber::National, NumberingPlan::Isdn}, .reason = 15};

    ASSERT_TRUE(line.network.interface->setup(setup));
    line.reactor.settle();

    ASSERT_TRUE(line.user.setups.at(0).redirection);
    EXPECT_EQ(line.user.setups[0].redirection->from, setup.redirection->from);
    EXPECT_EQ(line.user.setups[0].redirection->reason, 15);
  }
}

TEST(PriCalls, SubaddressesAndUserUserInformationTravelInTheSetup) {
  UpLine line(euroisdn());
  auto setup = ExchangeLine::call_to("100");
  setup.called_subaddress = party::Subaddress{.is_nsap = true,
                                              .octets =
                                                  "\x50"
                                                  "4711"};
  setup.calling_subaddress = party::Subaddress{.is_nsap = false, .octets = "\x12\x3f", .is_odd = true};
  setup.user_user = party::UserUser{4, "hello"};

  ASSERT_TRUE(line.network.interface->setup(setup));
  line.reactor.settle();

  const auto& heard = line.user.setups.at(0);
  EXPECT_EQ(heard.called_subaddress, setup.called_subaddress);
  EXPECT_EQ(heard.calling_subaddress, setup.calling_subaddress);
  EXPECT_EQ(heard.user_user, setup.user_user);
}
