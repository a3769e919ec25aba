#include <gmock/gmock.h>

#include <random>
#include <set>

#include "tests/unit/tdm/pri/exchange_line.h"

using namespace sg;
using namespace sg::tdm;
using namespace sg::tdm::pri;
using testing::ElementsAre;
using SlotState = Signalling::SlotState;

namespace {

struct UpLine : ExchangeLine {
  explicit UpLine(const Config& both = {}) : ExchangeLine(both) { come_up(); }
  UpLine(const Config& for_network, const Config& for_user) : ExchangeLine(for_network, for_user) { come_up(); }

  SignallingCallId talk() {
    auto out = user.interface->setup(call_to("100"));
    EXPECT_TRUE(out);
    reactor.settle();
    network.interface->answer(network.call);
    reactor.settle();
    EXPECT_TRUE(user.has_heard("answered"));
    return out->call;
  }
};

}  // namespace

TEST(PriInterface, ComesUpOnBothSides) {
  ExchangeLine line;
  EXPECT_EQ(line.user.interface->refusal_cause(), 27);

  line.come_up();

  EXPECT_TRUE(line.user.interface->status().is_up);
  EXPECT_TRUE(line.network.interface->status().is_up);
  EXPECT_EQ(line.user.interface->refusal_cause(), 0);
  EXPECT_EQ(line.user.interface->status().slots.size(), 30u);
}

TEST(PriInterface, TakesEveryTimeslotAndRefusesTheNextWithCause34) {
  for (auto [config, bearers] : {std::pair{euroisdn(), 30u}, std::pair{ni2(), 23u}, std::pair{bri(), 2u}}) {
    UpLine line(config);
    line.network.on_call = [&](SignallingCallId call) { line.network.interface->answer(call); };
    std::set<Timeslot> slots;
    for (unsigned i = 0; i < bearers; ++i) {
      auto out = line.user.interface->setup(ExchangeLine::call_to("100"));
      ASSERT_TRUE(out) << i << out.error().message;
      slots.insert(out->slot);
      line.reactor.settle();
    }

    EXPECT_EQ(slots.size(), bearers);
    EXPECT_EQ(line.user.interface->refusal_cause(), 34);
    EXPECT_FALSE(line.user.interface->setup(ExchangeLine::call_to("100")));
    EXPECT_EQ(line.network.count(SlotState::InUse), bearers);
  }
}

TEST(PriInterface, LosesNoTimeslotInAThousandCalls) {
  UpLine line;
  int step = 0;
  // Ended by either side, at once, after alerting, or after answer.
  line.network.on_call = [&](SignallingCallId call) {
    switch (step % 5) {
      case 0:
        return line.network.interface->release(call, 17);
      case 1:
        line.network.interface->alerting(call, false);
        return;
      case 2:
        line.network.interface->answer(call);
        return line.network.interface->release(call, 16);
      default:
        return line.network.interface->answer(call);
    }
  };
  for (; step < 1000; ++step) {
    auto out = line.user.interface->setup(ExchangeLine::call_to("100"));
    ASSERT_TRUE(out) << step << " " << out.error().message;
    if (step % 5 != 4) line.reactor.settle();
    line.user.interface->release(out->call, 16);
    line.reactor.settle();
  }

  EXPECT_EQ(line.user.released, 1000);
  EXPECT_EQ(line.network.released, static_cast<int>(line.network.setups.size()));
  EXPECT_EQ(line.user.interface->calls(), 0u);
  EXPECT_EQ(line.network.interface->calls(), 0u);
  EXPECT_EQ(line.user.count(SlotState::Idle), 30u);
  EXPECT_EQ(line.network.count(SlotState::Idle), 30u);
}

TEST(PriInterface, TriesAnotherTimeslotAfterCause44AndRestartsTheRefusedOne) {
  UpLine line;
  int refusals = 0;
  line.network.on_call = [&](SignallingCallId call) {
    if (refusals++ == 0) return line.network.interface->release(call, 44);
    line.network.interface->answer(call);
  };

  auto out = line.user.interface->setup(ExchangeLine::call_to("100"));
  ASSERT_TRUE(out);
  line.reactor.settle();

  EXPECT_EQ(out->slot.number, 1);
  EXPECT_THAT(line.user.heard, ElementsAre("timeslot 2", "proceeding", "answered"));
  EXPECT_EQ(line.user.state_of(1), SlotState::Idle) << "restarted, and acknowledged";
  EXPECT_EQ(line.user.state_of(2), SlotState::InUse);
  EXPECT_EQ(line.user.released, 0);
}

namespace {

// What the far end says when a call of ours comes, and whether that is about the timeslot, so that another is tried.
struct Refusal {
  const char* name;
  int cause;
  enum { AtOnce, AfterProceeding, AfterAlerting, ByDisconnect } when;
  bool is_tried_again;
  bool is_restarted = false;  // the timeslot refused
};
struct PriRefusal : testing::TestWithParam<Refusal> {};

}  // namespace

TEST_P(PriRefusal, IsAboutTheTimeslotOrTheCall) {
  const Refusal& row = GetParam();
  UpLine line;
  bool has_restarted = false;
  line.user.dchannel->change = [&](Bytes& frame) { has_restarted |= frame.size() > 8 && frame[8] == 0x46; };
  int refusals = 0;
  line.network.on_call = [&](SignallingCallId call) {
    auto& network = *line.network.interface;
    if (refusals++ != 0) return network.answer(call);
    if (row.when == Refusal::AfterProceeding) network.proceeding(call);
    if (row.when == Refusal::AfterAlerting) network.alerting(call, false);
    if (row.when == Refusal::ByDisconnect) {
      // The RELEASE COMPLETE becomes a DISCONNECT.
      line.network.dchannel->change = [is_first = true](Bytes& frame) mutable {
        if (frame.size() > 8 && frame[8] == 0x5a && std::exchange(is_first, false)) frame[8] = 0x45;
      };
    }
    network.release(call, row.cause);
  };

  ASSERT_TRUE(line.user.interface->setup(ExchangeLine::call_to("100")));
  line.reactor.settle();

  EXPECT_EQ(line.network.setups.size(), row.is_tried_again ? 2u : 1u);
  EXPECT_EQ(line.user.heard.back(), row.is_tried_again ? "answered" : fmt::format("released {}", row.cause));
  EXPECT_EQ(line.user.has_heard("timeslot 2"), row.is_tried_again);
  EXPECT_EQ(line.user.released, row.is_tried_again ? 0 : 1);
  EXPECT_EQ(has_restarted, row.is_restarted);
}

INSTANTIATE_TEST_SUITE_P(
    Causes, PriRefusal,
    testing::Values(Refusal{"ChannelUnacceptable", 6, Refusal::AtOnce, true},
                    Refusal{"NoCircuit", 34, Refusal::AtOnce, true},
                    Refusal{"NoCircuitByDisconnect", 34, Refusal::ByDisconnect, true},
                    Refusal{"ChannelUnavailable", 44, Refusal::AtOnce, true, true},
                    Refusal{"ChannelUnavailableAfterProceeding", 44, Refusal::AfterProceeding, true, true},
                    Refusal{"ChannelUnavailableAfterAlerting", 44, Refusal::AfterAlerting, false},
                    Refusal{"NoCircuitAfterProceeding", 34, Refusal::AfterProceeding, false},
                    Refusal{"UserBusy", 17, Refusal::AtOnce, false}, Refusal{"Congestion", 42, Refusal::AtOnce, false}),
    [](const auto& each) { return each.param.name; });

namespace {

struct Patience {
  int cause;
  size_t setups;
};
struct PriRefusedAlways : testing::TestWithParam<Patience> {};

}  // namespace

TEST_P(PriRefusedAlways, GivesUpWithCause34) {
  UpLine line;
  line.network.on_call = [&](SignallingCallId call) { line.network.interface->release(call, GetParam().cause); };

  ASSERT_TRUE(line.user.interface->setup(ExchangeLine::call_to("100")));
  line.reactor.settle();

  EXPECT_EQ(line.network.setups.size(), GetParam().setups);
  EXPECT_EQ(line.user.heard.back(), "released 34");
  EXPECT_EQ(line.user.released, 1);
  EXPECT_EQ(line.user.count(SlotState::Idle), 30u);
}

INSTANTIATE_TEST_SUITE_P(Causes, PriRefusedAlways, testing::Values(Patience{6, 4}, Patience{34, 2}, Patience{44, 4}));

TEST(PriInterface, ReleaseThatTheDChannelLosesIsSentAgain) {
  UpLine line;
  auto call = line.talk();

  line.cut(true);
  line.user.interface->release(call, 16);
  line.reactor.settle();
  line.cut(false);
  line.reactor.advance(5s);

  EXPECT_EQ(line.user.heard.back(), "released 16");
  EXPECT_EQ(line.network.heard.back(), "released 16");
  EXPECT_EQ(line.user.count(SlotState::Idle), 30u);
}

TEST(PriInterface, RestartOfOursIsAcknowledgedAndFreesTheTimeslot) {
  UpLine line;
  line.user.interface->restart({1, 5});
  EXPECT_EQ(line.user.state_of(5), SlotState::Restarting);

  line.reactor.settle();

  EXPECT_EQ(line.user.state_of(5), SlotState::Idle);
}

TEST(PriInterface, RestartFromTheFarEndEndsTheCall) {
  UpLine line;
  line.talk();
  ASSERT_EQ(line.user.state_of(1), SlotState::InUse);
  // What the network says next becomes a RESTART of channels 1 and 2, with the global call reference.
  line.network.dchannel->change = [&](Bytes& frame) {
    if (frame.size() <= 4 || frame[2] & 1) return;
    frame.resize(4);
    frame.insert(frame.end(), {0x08, 0x02, 0x00, 0x00, 0x46, 0x18, 0x04, 0xa9, 0x83, 0x01, 0x82, 0x79, 0x01, 0x80});
    line.network.dchannel->change = nullptr;
  };

  line.network.interface->notify(line.network.call, 0x79);
  line.reactor.settle();

  EXPECT_EQ(line.user.heard.back(), "released 41");
  EXPECT_EQ(line.user.state_of(1), SlotState::Idle);
}

TEST(PriInterface, RestartNobodyAcknowledgesLeavesTheTimeslotOutOfService) {
  UpLine line;
  int restart_acknowledges = 0;
  line.network.dchannel->change = [&](Bytes& frame) {
    if (frame.size() <= 8 || frame[2] & 1 || frame[8] != 0x4e) return;
    ++restart_acknowledges;
    frame[4] = 0xff;  // no protocol discriminator: layer 2 acknowledges it, layer 3 never sees it
  };

  line.user.interface->restart({1, 5});
  line.reactor.advance(30s);
  EXPECT_EQ(line.user.state_of(5), SlotState::Restarting);
  line.reactor.advance(11s);

  EXPECT_EQ(restart_acknowledges, 2);
  EXPECT_EQ(line.user.state_of(5), SlotState::OutOfService);
  EXPECT_EQ(line.user.count(SlotState::Idle), 29u);
}

TEST(PriInterface, AnsweredCallsOutliveADChannelLossShorterThanT309) {
  Config config;
  config.t309 = 90s;
  UpLine line(config);
  line.talk();
  line.cut(true);

  line.reactor.advance(30s);
  EXPECT_TRUE(line.user.has_heard("down"));
  EXPECT_TRUE(line.network.has_heard("down"));
  EXPECT_EQ(line.user.interface->refusal_cause(), 27);
  EXPECT_FALSE(line.user.interface->setup(ExchangeLine::call_to("100")));
  line.cut(false);
  line.reactor.advance(30s);

  EXPECT_TRUE(line.user.has_heard("up"));
  EXPECT_EQ(line.user.released, 0);
  EXPECT_EQ(line.network.released, 0);
  EXPECT_EQ(line.user.state_of(1), SlotState::InUse);
  // And the line still works.
  line.network.interface->release(line.network.call, 16);
  line.reactor.settle();
  EXPECT_EQ(line.user.released, 1);
  EXPECT_EQ(line.user.count(SlotState::Idle), 30u);
}

TEST(PriInterface, AnsweredCallsEndWithCause27WhenT309RunsOut) {
  UpLine line;
  line.talk();

  line.cut(true);
  line.reactor.advance(60s);

  EXPECT_EQ(line.user.heard.back(), "released 27");
  EXPECT_EQ(line.network.heard.back(), "released 27");
  EXPECT_EQ(line.user.count(SlotState::Idle), 30u);
}

TEST(PriInterface, ACallHearsThatItsLineFailedAndThatItIsWellAgain) {
  Config config;
  config.t309 = config.alarm_release = 90s;
  UpLine line(config);
  line.user.interface->on_alarms_changed(1, kAlarmYellow);
  line.user.interface->on_alarms_changed(1, kNoAlarm);
  line.reactor.advance(10s);
  EXPECT_TRUE(line.user.line.empty()) << "there is no call";
  line.talk();

  line.cut(true);
  while (!line.user.has_heard("down")) line.reactor.advance(10ms);
  line.reactor.settle();
  EXPECT_EQ(line.user.line, std::vector<std::string>{"OK, no D-channel"});
  line.cut(false);
  line.reactor.advance(30s);
  EXPECT_EQ(line.user.line.back(), "OK");

  line.user.interface->on_alarms_changed(1, kAlarmRed);
  line.reactor.settle();
  EXPECT_EQ(line.user.line.back(), "RED, no D-channel");
  line.user.interface->on_alarms_changed(1, kNoAlarm);
  line.reactor.settle();
  EXPECT_EQ(line.user.line.back(), "OK");
  EXPECT_EQ(line.user.released, 0);
}

// libpri would count from its own first failure to bring layer 2 up again, four seconds later.
TEST(PriInterface, T309RunsFromTheLossOfLayer2) {
  Config config;
  config.t309 = 3s;
  UpLine line(config);
  line.talk();
  line.cut(true);
  while (!line.user.has_heard("down")) line.reactor.advance(10ms);

  line.reactor.advance(2900ms);
  EXPECT_EQ(line.user.released, 0);
  line.reactor.advance(200ms);

  EXPECT_EQ(line.user.heard.back(), "released 27");
  EXPECT_EQ(line.user.count(SlotState::Idle), 30u);
}

TEST(PriInterface, T309RunsFromTheAlarmOfTheDChannelsSpan) {
  Config config;
  config.t309 = 3s;
  config.alarm_release = 60s;
  UpLine line(config);
  line.talk();

  line.cut(true);
  line.user.interface->on_alarms_changed(1, kAlarmRed);
  line.reactor.advance(2900ms);
  EXPECT_EQ(line.user.released, 0);
  line.user.interface->on_alarms_changed(1, kAlarmRed | kAlarmYellow);
  line.reactor.advance(200ms);

  EXPECT_EQ(line.user.heard.back(), "released 27");
}

TEST(PriInterface, AnAlarmShorterThanItsReleaseTimeEndsNoCall) {
  Config config;
  config.alarm_release = 5s;
  UpLine line(config);
  line.talk();

  line.user.interface->on_alarms_changed(1, kAlarmRed);
  line.reactor.advance(4900ms);
  line.user.interface->on_alarms_changed(1, kNoAlarm);
  line.reactor.advance(60s);

  EXPECT_EQ(line.user.released, 0);
  EXPECT_EQ(line.user.count(SlotState::InUse), 1u);
}

TEST(PriInterface, AnAlarmThatLastsEndsTheCallsWithCause27) {
  Config config;
  config.alarm_release = 5s;
  config.t309 = 60s;
  UpLine line(config);
  line.talk();

  line.user.interface->on_alarms_changed(1, kAlarmRed);
  line.reactor.advance(5100ms);

  EXPECT_EQ(line.user.heard.back(), "released 27");
  EXPECT_EQ(line.user.count(SlotState::InAlarm), 30u);
}

// T309 has run out here and not at the network, which has the call still when layer 2 is back.
TEST(PriInterface, RestartClearsCallsThatTheFarEndKept) {
  Config for_network, for_user;
  for_network.t309 = 90s;
  for_user.t309 = 3s;
  for_user.restart_when_up = true;
  UpLine line(for_network, for_user);
  line.talk();
  line.cut(true);
  while (line.user.released == 0) line.reactor.advance(100ms);
  EXPECT_EQ(line.network.released, 0);

  line.cut(false);
  line.reactor.advance(10s);

  EXPECT_EQ(line.network.heard.back(), "released 41");
  EXPECT_EQ(line.user.count(SlotState::Idle), 30u);
  EXPECT_EQ(line.network.count(SlotState::Idle), 30u);
}

TEST(PriInterface, RestartsNoTimeslotThatHasACall) {
  Config for_network, for_user;
  for_network.t309 = for_user.t309 = 90s;
  for_user.restart_when_up = true;
  UpLine line(for_network, for_user);
  line.talk();
  line.cut(true);
  while (!line.user.has_heard("down")) line.reactor.advance(100ms);

  line.cut(false);
  line.reactor.advance(20s);

  EXPECT_TRUE(line.user.has_heard("up"));
  EXPECT_EQ(line.user.released + line.network.released, 0);
  EXPECT_EQ(line.user.count(SlotState::Idle), 29u);
}

TEST(PriInterface, AnExchangeThatDoesNotAnswerRestartIsUsedAllTheSame) {
  Config for_user;
  for_user.restart_when_up = true;
  ExchangeLine line(Config{}, for_user);
  line.network.dchannel->change = [](Bytes& frame) {
    bool acknowledges = frame.size() > 8 && !(frame[2] & 1) && frame[8] == 0x4e;
    if (acknowledges) frame[4] = 0xff;  // layer 3 never sees it
  };
  line.come_up();

  EXPECT_EQ(line.user.interface->refusal_cause(), 34);
  line.reactor.advance(6s);

  EXPECT_EQ(line.user.count(SlotState::Idle), 30u);
}

TEST(PriInterface, ABlockedTimeslotIsTakenOutAtTheFarEndByServiceAndStaysOut) {
  for (auto type : {SwitchType::Ni2, SwitchType::Dms100, SwitchType::Lucent5e, SwitchType::Att4ess}) {
    Config config = ni2();
    config.switch_type = type;
    UpLine line(config);

    ASSERT_TRUE(line.network.interface->set_blocked({1, 1}, true));
    line.reactor.settle();
    EXPECT_EQ(line.network.state_of(1), SlotState::Blocked) << name_of(type);
    EXPECT_EQ(line.user.state_of(1), SlotState::OutOfService) << name_of(type);
    EXPECT_EQ(line.user.interface->setup(ExchangeLine::call_to("100"))->slot.number, 2);
    line.cut(true);
    line.reactor.advance(30s);
    line.cut(false);
    line.reactor.advance(30s);
    EXPECT_EQ(line.user.state_of(1), SlotState::OutOfService) << name_of(type);
    ASSERT_TRUE(line.network.interface->set_blocked({1, 1}, false));
    line.reactor.settle();

    EXPECT_EQ(line.user.state_of(1), SlotState::Idle) << name_of(type);
    EXPECT_EQ(line.network.state_of(1), SlotState::Idle) << name_of(type);
  }
}

// EuroISDN has no SERVICE: the far end learns of it by our refusals.
TEST(PriInterface, ABlockedTimeslotTakesNoCallOfEitherSide) {
  UpLine line;
  for (const auto& entry : line.user.interface->status().slots) {
    if (entry.slot.number == 31) continue;
    ASSERT_TRUE(line.user.interface->set_blocked(entry.slot, true));
  }
  EXPECT_FALSE(line.user.interface->set_blocked({1, 16}, true)) << "the D-channel";
  EXPECT_FALSE(line.user.interface->set_blocked({2, 1}, true));

  // Ours: the last one that is left, then none.
  auto out = line.user.interface->setup(ExchangeLine::call_to("100"));
  EXPECT_EQ(out->slot.number, 31);
  EXPECT_EQ(line.user.interface->refusal_cause(), 34);
  line.reactor.settle();
  line.user.interface->release(out->call, 16);
  line.reactor.settle();
  // The network's, which hunts from 1 and names the timeslot as the only one.
  ASSERT_TRUE(line.network.interface->setup(ExchangeLine::call_to("200")));
  line.reactor.settle();

  EXPECT_TRUE(line.user.setups.empty());
  EXPECT_EQ(line.network.heard.back(), "released 34") << "as all that it tried were refused with cause 44";
  EXPECT_GE(line.network.counters.get("pri.rx.channel_unavailable").value(), 3u);
  ASSERT_TRUE(line.user.interface->set_blocked({1, 1}, false));
  ASSERT_TRUE(line.user.interface->set_blocked({1, 2}, false));
  EXPECT_EQ(line.user.count(SlotState::Blocked), 27u);
}

TEST(PriInterface, ACallGoesOnThoughItsTimeslotIsBlockedAndBlocksItAfterwards) {
  UpLine line;
  line.network.on_call = [&](SignallingCallId call) { line.network.interface->answer(call); };
  auto out = line.user.interface->setup(ExchangeLine::call_to("100"));
  line.reactor.settle();
  ASSERT_TRUE(line.user.has_heard("answered"));

  ASSERT_TRUE(line.user.interface->set_blocked(out->slot, true));
  line.reactor.advance(60s);
  EXPECT_EQ(line.user.state_of(out->slot), SlotState::InUse);
  EXPECT_TRUE(line.user.interface->status().slots.front().is_blocked);
  line.network.interface->release(line.network.call, 16);
  line.reactor.settle();

  EXPECT_TRUE(line.user.has_heard("released 16"));
  EXPECT_EQ(line.user.state_of(out->slot), SlotState::Blocked);
}

TEST(PriInterface, ADChannelThatFailsOneWayIsDownAtBothEnds) {
  for (bool network_is_deaf : {true, false}) {
    UpLine line;
    auto& deaf = network_is_deaf ? line.network : line.user;
    auto& hears = network_is_deaf ? line.user : line.network;
    hears.dchannel->cut_sending = true;

    line.reactor.advance(60s);
    EXPECT_EQ(hears.interface->refusal_cause(), 27);
    EXPECT_EQ(deaf.interface->refusal_cause(), 27);
    EXPECT_EQ(std::ranges::count(hears.heard, "down"), 1) << "and does not come and go";
    hears.dchannel->cut_sending = false;
    line.reactor.advance(30s);

    EXPECT_EQ(hears.interface->refusal_cause(), 0);
    EXPECT_EQ(deaf.interface->refusal_cause(), 0);
  }
}

// The network's SETUP crosses the RESTARTs of ours: what is still to be restarted is idle at the far end for sure.
TEST(PriInterface, ACallMayComeOnATimeslotThatWaitsForItsRestart) {
  Config for_network, for_user;
  for_network.hunt = HuntOrder::Descending;
  for_user.restart_when_up = true;
  ExchangeLine line(for_network, for_user);
  while (!line.network.has_heard("up")) line.reactor.advance(1ms);
  line.user.on_call = [&](SignallingCallId call) { line.user.interface->answer(call); };

  ASSERT_TRUE(line.network.interface->setup(ExchangeLine::call_to("200")));
  line.reactor.advance(10s);

  EXPECT_TRUE(line.network.has_heard("answered"));
  EXPECT_EQ(line.user.state_of(31), SlotState::InUse);
  EXPECT_EQ(line.user.count(SlotState::Idle), 29u);
}

TEST(PriInterface, UnansweredCallsEndAtOnceWhenTheDChannelGoesDown) {
  Config config;
  config.t309 = 90s;
  UpLine line(config);
  line.talk();
  ASSERT_TRUE(line.user.interface->setup(ExchangeLine::call_to("200")));
  line.reactor.settle();
  line.network.interface->alerting(line.network.call, false);
  line.reactor.settle();

  line.cut(true);
  line.reactor.advance(30s);

  EXPECT_TRUE(line.user.has_heard("down"));
  EXPECT_EQ(line.user.released, 1);
  EXPECT_EQ(line.user.heard.back(), "released 27");
  EXPECT_EQ(line.user.count(SlotState::InUse), 1u);
}

TEST(PriInterface, GlareLeavesTheNetworksCallAndMovesOurs) {
  UpLine line;
  line.user.on_call = [&](SignallingCallId call) { line.user.interface->answer(call); };
  line.network.on_call = [&](SignallingCallId call) { line.network.interface->answer(call); };

  ASSERT_TRUE(line.user.interface->setup(ExchangeLine::call_to("100")));
  ASSERT_TRUE(line.network.interface->setup(ExchangeLine::call_to("200")));
  line.reactor.settle();

  EXPECT_TRUE(line.network.has_heard("answered"));
  EXPECT_TRUE(line.user.has_heard("answered"));
  EXPECT_EQ(line.user.count(SlotState::InUse), 2u);
  EXPECT_EQ(line.network.count(SlotState::InUse), 2u);
  EXPECT_EQ(line.user.state_of(1), SlotState::InUse);
  EXPECT_EQ(line.user.state_of(2), SlotState::InUse);
}

// What the network chooses for the first of ours is what we chose for the second, which it has not heard of yet.
TEST(PriInterface, GlareMovesEveryCallOfOursThatStandsInTheWay) {
  UpLine line;
  line.user.on_call = [&](SignallingCallId call) { line.user.interface->answer(call); };
  line.network.on_call = [&](SignallingCallId call) { line.network.interface->answer(call); };

  ASSERT_TRUE(line.network.interface->setup(ExchangeLine::call_to("200")));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(line.user.interface->setup(ExchangeLine::call_to("100")));
  line.reactor.settle();

  EXPECT_EQ(std::ranges::count(line.network.heard, "answered"), 1);
  EXPECT_EQ(std::ranges::count(line.user.heard, "answered"), 3);
  EXPECT_EQ(line.user.released, 0);
  EXPECT_EQ(line.user.count(SlotState::InUse), 4u);
  EXPECT_EQ(line.network.count(SlotState::InUse), 4u);
}

TEST(PriInterface, AlarmTakesTimeslotsOutUntilTheHoldEnds) {
  UpLine line;

  line.user.interface->on_alarms_changed(1, kAlarmRed);
  EXPECT_EQ(line.user.count(SlotState::InAlarm), 30u);
  EXPECT_EQ(line.user.interface->refusal_cause(), 27);
  line.user.interface->on_alarms_changed(1, kNoAlarm);
  line.reactor.advance(1s);
  EXPECT_EQ(line.user.count(SlotState::InAlarm), 30u);
  line.reactor.advance(2s);

  EXPECT_EQ(line.user.count(SlotState::Idle), 30u);
}

TEST(PriInterface, HuntsFromOppositeEnds) {
  Config descending;
  descending.hunt = HuntOrder::Descending;
  UpLine line(Config{}, descending);

  auto up = line.network.interface->setup(ExchangeLine::call_to("1"));
  auto down = line.user.interface->setup(ExchangeLine::call_to("1"));

  EXPECT_EQ(up->slot.number, 1);
  EXPECT_EQ(down->slot.number, 31);
}

TEST(PriInterface, FramesThatAreNoneAreCountedAndDropped) {
  UpLine line;
  auto forge = [&](const Bytes& frame) {
    ::send(line.network.dchannel->fd(), frame.data(), frame.size(), MSG_DONTWAIT);
  };

  forge({0x02});
  forge(Bytes(1024, 0x02));
  forge({0x02, 0x01, 0x00, 0x00, 0x08, 0x0f});
  line.reactor.settle();

  EXPECT_EQ(line.user.counters.get("pri.rx.malformed").value(), 3u);
  EXPECT_TRUE(line.user.interface->status().is_up);
}

namespace {

void exchange_mutated_messages(Config config) {
  config.overlap_receiving = true;
  std::mt19937 random(7);
  UpLine line(config);
  line.network.on_call = [&](SignallingCallId call) { line.network.interface->alerting(call, true); };
  auto mutate = [&](Bytes& frame) {
    if (frame.size() <= 4) return;
    for (unsigned flips = random() % 3 + 1; flips > 0; --flips)
      frame[4 + random() % (frame.size() - 4)] = static_cast<uint8_t>(random());
    if (random() % 4 == 0) frame.resize(4 + random() % (frame.size() - 3));
  };
  for (int round = 0; round < 300; ++round) {
    line.come_up();
    line.user.dchannel->change = mutate;
    line.network.dchannel->change = mutate;
    auto setup = ExchangeLine::call_to("12345");
    setup.calling.name = "somebody";
    setup.redirection = party::Redirection{.from = {"777", TypeOfNumber::National, NumberingPlan::Isdn}};
    auto out = line.user.interface->setup(setup);
    line.network.interface->setup(setup);
    line.reactor.advance(3s);
    line.network.interface->release(line.network.call, 17);
    line.reactor.advance(1s);
    line.user.interface->release(line.user.call, 16);
    if (out) line.user.interface->release(out->call, 16);
    line.reactor.advance(1s);
    line.user.dchannel->change = nullptr;
    line.network.dchannel->change = nullptr;
  }

  // What is left ends with the D-channel.
  line.cut(true);
  if (config.backup) line.cut_backup(true);
  line.reactor.advance(300s);

  EXPECT_EQ(line.user.interface->calls(), 0u);
  EXPECT_EQ(line.network.interface->calls(), 0u);
  EXPECT_EQ(line.user.count(SlotState::InUse), 0u);
  EXPECT_EQ(line.network.count(SlotState::InUse), 0u);
  EXPECT_GT(line.user.counters.get("pri.rx.malformed").value(), 0u);
}

}  // namespace

TEST(PriInterface, SurvivesMutatedMessagesAndLosesNoTimeslot) {
  exchange_mutated_messages(euroisdn());
}

TEST(PriInterface, SurvivesMutatedMessagesAndLosesNoTimeslotOfTwoSpans) {
  exchange_mutated_messages(nfas());
}

TEST(PriInterface, RefusesContradictoryConfigurations) {
  Counters counters;
  ManualReactor reactor;
  auto refused = [&](const Config& config) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    UniqueFd other(ends[1]);
    auto made = Interface::make(config, reactor, std::make_unique<TestDChannel>(ends[0]), counters);
    return !made;
  };
  Config no_span, mixed, twice, qsig, no_such_timer, no_such_slot;
  no_span.spans.clear();
  mixed.spans = {{1, SpanType::E1}, {2, SpanType::T1}};
  twice.spans = {{1, SpanType::E1}, {1, SpanType::E1}};
  qsig.spans = {{1, SpanType::E1}, {2, SpanType::E1}};
  qsig.switch_type = SwitchType::Qsig;
  no_such_timer.timers["T999"] = 1;
  no_such_slot.dchannel = {1, 32};

  EXPECT_TRUE(refused(no_span));
  EXPECT_TRUE(refused(mixed));
  EXPECT_TRUE(refused(twice));
  EXPECT_TRUE(refused(qsig));
  EXPECT_TRUE(refused(no_such_timer));
  EXPECT_TRUE(refused(no_such_slot));
  EXPECT_FALSE(refused(Config{}));
}
