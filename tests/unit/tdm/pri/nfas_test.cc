// Several spans on one D-channel, and its backup.
#include <gmock/gmock.h>

#include <set>

#include "tests/unit/tdm/pri/exchange_line.h"

using namespace sg;
using namespace sg::tdm;
using namespace sg::tdm::pri;
using testing::ElementsAre;
using testing::HasSubstr;
using SlotState = Signalling::SlotState;

namespace {

struct NfasLine : ExchangeLine {
  explicit NfasLine(const Config& both = nfas()) : NfasLine(both, both) {}
  NfasLine(const Config& for_network, const Config& for_user) : ExchangeLine(for_network, for_user) {
    come_up();
    network.on_call = [this](SignallingCallId call) { network.interface->answer(call); };
    user.on_call = [this](SignallingCallId call) { user.interface->answer(call); };
  }

  Signalling::OutgoingCall talk(Side& from) {
    from.heard.clear();
    auto out = from.interface->setup(call_to("100"));
    EXPECT_TRUE(out) << (out ? "" : out.error().message);
    reactor.settle();
    EXPECT_TRUE(from.has_heard("answered"));
    return out.value_or(Signalling::OutgoingCall{});
  }
  // Nobody tells of it but the silence.
  void lose_primary() {
    cut(true);
    reactor.advance(30s);
  }
  bool backup_is_active() {
    auto is_active = [](Side& side) { return side.counters.get("pri.dchannel_changeovers").value() % 2 == 1; };
    return is_active(network) && is_active(user);
  }
};

Config descending() {
  Config config = nfas();
  config.hunt = HuntOrder::Descending;
  return config;
}

}  // namespace

TEST(PriNfas, CallsGoEachWayOnATimeslotOfTheSecondSpan) {
  NfasLine line(descending());
  for (auto [from, to] : {std::pair{&line.user, &line.network}, std::pair{&line.network, &line.user}}) {
    auto out = line.talk(*from);

    EXPECT_EQ(out.slot, (Timeslot{2, 23}));
    EXPECT_EQ(to->slot, (Timeslot{2, 23}));
    EXPECT_EQ(to->state_of(Timeslot{2, 23}), SlotState::InUse);
    EXPECT_EQ(to->state_of(Timeslot{1, 23}), SlotState::Idle);
    from->interface->release(out.call, 16);
    line.reactor.settle();
    EXPECT_EQ(to->heard.back(), "released 16");
    EXPECT_EQ(to->state_of(Timeslot{2, 23}), SlotState::Idle);
  }
}

TEST(PriNfas, EveryTimeslotOfBothSpansIsTakenAndTheNextCallRefusedWithCause34) {
  Config no_backup = nfas(), e1 = nfas(), e1_alone = nfas();
  no_backup.backup.reset();
  e1.switch_type = e1_alone.switch_type = SwitchType::EuroIsdnE1;
  e1.spans = e1_alone.spans = {{1, SpanType::E1}, {2, SpanType::E1}};
  e1.backup = Timeslot{2, 16};
  e1_alone.backup.reset();
  for (auto [config, bearers] :
       {std::pair{nfas(), 46u}, std::pair{no_backup, 47u}, std::pair{e1, 60u}, std::pair{e1_alone, 61u}}) {
    NfasLine line(config);
    std::set<Timeslot> slots;
    for (unsigned i = 0; i < bearers; ++i) {
      auto out = line.user.interface->setup(ExchangeLine::call_to("100"));
      ASSERT_TRUE(out) << i << out.error().message;
      slots.insert(out->slot);
      line.reactor.settle();
      ASSERT_EQ(line.network.slot, out->slot);
    }

    EXPECT_EQ(slots.size(), bearers);
    EXPECT_EQ(line.network.count(SlotState::InUse), bearers);
    EXPECT_EQ(line.user.interface->refusal_cause(), 34);
    EXPECT_FALSE(line.user.interface->setup(ExchangeLine::call_to("100")));
    EXPECT_EQ(line.user.released, 0);
  }
}

TEST(PriNfas, TheBackupTakesOverAndTheCallGoesOn) {
  NfasLine line;
  auto call = line.talk(line.user);
  auto other = line.talk(line.network);

  line.lose_primary();

  EXPECT_TRUE(line.backup_is_active());
  EXPECT_THAT(line.user.interface->status().name, HasSubstr("2/24 active"));
  EXPECT_FALSE(line.user.has_heard("down"));
  EXPECT_EQ(line.user.released + line.network.released, 0);
  EXPECT_EQ(line.user.interface->refusal_cause(), 0);
  // New calls, and the end of the old ones from the side that had them and from the other.
  line.talk(line.user);
  line.talk(line.network);
  line.user.interface->release(call.call, 16);
  line.network.interface->release(other.call, 16);
  line.reactor.settle();
  EXPECT_EQ(line.user.released, 2);
  EXPECT_EQ(line.network.released, 2);
  EXPECT_EQ(line.user.count(SlotState::InUse), 2u);
  EXPECT_EQ(line.network.count(SlotState::InUse), 2u);
}

TEST(PriNfas, AnAlarmOfThePrimarysSpanChangesOverAtOnce) {
  NfasLine line;
  auto call = line.talk(line.user);
  line.cut(true);

  line.user.interface->on_alarms_changed(1, kAlarmRed);
  line.network.interface->on_alarms_changed(1, kAlarmYellow);

  EXPECT_TRUE(line.backup_is_active());
  line.user.interface->release(call.call, 16);
  line.reactor.settle();
  EXPECT_EQ(line.network.heard.back(), "released 16");
  EXPECT_EQ(line.talk(line.user).slot.span, 2) << "span 1 is in alarm";
}

TEST(PriNfas, ACallThatIsBeingSetUpEndsWhenTheBackupTakesOver) {
  NfasLine line;
  auto up = line.talk(line.user);
  line.network.on_call = [&](SignallingCallId call) { line.network.interface->alerting(call, false); };
  ASSERT_TRUE(line.user.interface->setup(ExchangeLine::call_to("200")));
  line.reactor.settle();
  ASSERT_TRUE(line.user.has_heard("alerting"));

  line.lose_primary();

  EXPECT_EQ(line.user.released, 1);
  EXPECT_EQ(line.network.released, 1);
  EXPECT_EQ(line.user.state_of(up.slot), SlotState::InUse);
  EXPECT_EQ(line.user.count(SlotState::Idle), 45u);
  EXPECT_EQ(line.network.count(SlotState::Idle), 45u);
}

// Q.931 5.3.4: DISCONNECT went out on the primary, and nobody has heard it.
TEST(PriNfas, AReleaseThatThePrimaryLostIsSentAgainOnTheBackup) {
  NfasLine line;
  auto call = line.talk(line.user);
  line.cut(true);
  line.user.interface->release(call.call, 16);
  line.reactor.settle();
  EXPECT_EQ(line.network.released, 0);

  line.reactor.advance(70s);

  EXPECT_EQ(line.user.released, 1);
  EXPECT_EQ(line.network.released, 1);
  EXPECT_EQ(line.user.count(SlotState::Idle), 46u);
  EXPECT_EQ(line.network.count(SlotState::Idle), 46u);
}

// Q.931 5.3.3 by T305 would take half a minute.
TEST(PriNfas, AReleaseThatThePrimaryLostGoesOutOnTheBackupAsSoonAsThatTakesOver) {
  for (bool is_ours : {true, false}) {
    NfasLine line;
    auto call = line.talk(is_ours ? line.user : line.network);
    auto& ends_it = line.user;
    line.cut(true);
    ends_it.interface->release(is_ours ? call.call : line.user.call, 16);
    line.reactor.settle();
    ASSERT_EQ(line.network.released, 0);

    line.user.interface->on_alarms_changed(1, kAlarmRed);
    line.network.interface->on_alarms_changed(1, kAlarmYellow);
    line.reactor.advance(100ms);

    EXPECT_EQ(line.user.released, 1) << is_ours;
    EXPECT_EQ(line.network.released, 1) << is_ours;
    EXPECT_EQ(line.network.heard.back(), "released 16");
    EXPECT_EQ(line.user.count(SlotState::InUse), 0u);
    EXPECT_EQ(line.network.count(SlotState::InUse), 0u);
    line.reactor.advance(120s);
    EXPECT_EQ(line.user.released + line.network.released, 2) << "and once only";
  }
}

// Who still hears sees only that layer 2 is asked for again and again, and libpri takes it to be up each time.
TEST(PriNfas, ADChannelThatFailsOneWayIsLeftByBothSides) {
  for (bool network_is_deaf : {true, false}) {
    NfasLine line;
    auto call = line.talk(line.user);
    auto& deaf = network_is_deaf ? line.network : line.user;
    auto& hears = network_is_deaf ? line.user : line.network;
    hears.dchannel->cut_sending = true;

    line.reactor.advance(60s);

    EXPECT_TRUE(line.backup_is_active()) << network_is_deaf;
    EXPECT_EQ(hears.counters.get("pri.dchannel_one_way").value(), 1u);
    EXPECT_EQ(deaf.counters.get("pri.dchannel_one_way").value(), 0u);
    EXPECT_EQ(line.user.released + line.network.released, 0);
    line.talk(line.user);
    line.talk(line.network);
    line.user.interface->release(call.call, 16);
    line.reactor.settle();
    EXPECT_EQ(line.network.released, 1);
    // It is whole again, and takes over in its turn.
    hears.dchannel->cut_sending = false;
    line.reactor.advance(30s);
    line.cut_backup(true);
    line.reactor.advance(30s);
    EXPECT_FALSE(line.backup_is_active());
    EXPECT_FALSE(line.user.has_heard("down"));
    line.talk(line.user);
  }
}

// The side that has something to send notices the loss long before the other.
TEST(PriNfas, AReleaseIsHeardThoughOneSideHasChangedOverAndTheOtherHasNot) {
  for (bool network_is_late : {true, false}) {
    NfasLine line;
    auto& early = network_is_late ? line.user : line.network;
    auto& late = network_is_late ? line.network : line.user;
    line.talk(line.user);
    auto call = line.talk(late);
    auto other = line.talk(early);
    line.cut(true);
    early.interface->release(other.call, 16);
    line.reactor.advance(5s);
    ASSERT_EQ(early.counters.get("pri.dchannel_changeovers").value(), 1u);
    ASSERT_EQ(late.counters.get("pri.dchannel_changeovers").value(), 0u);

    late.interface->release(call.call, 16);
    line.reactor.advance(50s);

    EXPECT_TRUE(line.backup_is_active());
    EXPECT_EQ(early.released, 2);
    EXPECT_EQ(late.released, 2);
    EXPECT_EQ(early.count(SlotState::InUse), 1u);
    EXPECT_EQ(late.count(SlotState::InUse), 1u);
  }
}

TEST(PriNfas, WithBothDChannelsLostCallsEndWithCause27WhenT309RunsOut) {
  Config config = nfas();
  config.t309 = 10s;
  NfasLine line(config);
  line.talk(line.user);
  line.lose_primary();
  ASSERT_EQ(line.user.released, 0);
  line.cut_backup(true);
  while (!line.user.has_heard("down")) line.reactor.advance(10ms);

  line.reactor.advance(9900ms);
  EXPECT_EQ(line.user.released, 0);
  EXPECT_EQ(line.user.interface->refusal_cause(), 27);
  line.reactor.advance(10s);

  EXPECT_EQ(line.user.heard.back(), "released 27");
  EXPECT_EQ(line.network.heard.back(), "released 27");
  EXPECT_EQ(line.user.count(SlotState::Idle), 46u);
}

TEST(PriNfas, WithBothDChannelsLostThePrimaryThatComesBackInTimeKeepsTheCalls) {
  Config config = nfas();
  config.t309 = 90s;
  NfasLine line(config);
  auto call = line.talk(line.user);
  line.lose_primary();
  line.cut_backup(true);
  line.reactor.advance(20s);
  ASSERT_TRUE(line.user.has_heard("down"));

  line.cut(false);
  line.reactor.advance(30s);

  EXPECT_TRUE(line.user.has_heard("up"));
  EXPECT_EQ(line.user.released + line.network.released, 0);
  line.network.interface->release(line.network.call, 16);
  line.reactor.settle();
  EXPECT_EQ(line.user.heard.back(), "released 16");
  EXPECT_EQ(line.network.heard.back(), "released 16");
  EXPECT_EQ(line.user.state_of(call.slot), SlotState::Idle);
  line.talk(line.user);
}

TEST(PriNfas, ThePrimaryThatComesBackDoesNotTakeTheCallsFromTheBackup) {
  NfasLine line;
  line.talk(line.user);
  line.lose_primary();

  line.cut(false);
  line.reactor.advance(30s);

  EXPECT_TRUE(line.backup_is_active());
  line.talk(line.network);
  line.cut_backup(true);
  line.reactor.advance(30s);
  EXPECT_FALSE(line.backup_is_active());
  EXPECT_EQ(line.user.released + line.network.released, 0);
  line.talk(line.network);
}

TEST(PriNfas, StartsOnTheBackupWhenThePrimaryIsSilent) {
  ExchangeLine line(nfas());
  line.cut(true);

  line.reactor.advance(2s);
  EXPECT_FALSE(line.user.has_heard("up")) << "the primary has three seconds more";
  line.reactor.advance(4s);

  EXPECT_TRUE(line.user.has_heard("up"));
  EXPECT_TRUE(line.network.has_heard("up"));
  EXPECT_THAT(line.user.interface->status().name, HasSubstr("2/24 active"));
}

TEST(PriNfas, TheUserFollowsTheNetworkToTheOtherDChannel) {
  NfasLine line;
  line.talk(line.user);

  line.network.interface->on_alarms_changed(1, kAlarmYellow);
  ASSERT_FALSE(line.backup_is_active());
  line.talk(line.network);

  EXPECT_TRUE(line.backup_is_active());
  EXPECT_EQ(line.user.released + line.network.released, 0);
}

TEST(PriNfas, RestartAndServiceNameTheSpan) {
  Config config = nfas();
  config.restart_when_up = true;
  NfasLine line(Config{nfas()}, config);
  line.reactor.advance(5s);
  ASSERT_EQ(line.user.count(SlotState::Idle), 46u) << "every timeslot restarted, and acknowledged";
  auto first = line.talk(line.user);
  ASSERT_EQ(first.slot, (Timeslot{1, 1}));

  line.user.interface->restart({2, 1});
  line.reactor.settle();
  EXPECT_EQ(line.user.state_of(Timeslot{2, 1}), SlotState::Idle);
  EXPECT_EQ(line.network.released, 0) << "the call is on 1/1";
  for (uint16_t span : {uint16_t{1}, uint16_t{2}}) {
    ASSERT_TRUE(line.network.interface->set_blocked({span, 7}, true));
    line.reactor.settle();
    EXPECT_EQ(line.user.state_of(Timeslot{span, 7}), SlotState::OutOfService);
  }
  EXPECT_EQ(line.user.count(SlotState::OutOfService), 2u);

  // libpri names no interface for the first span, which would be the second's then: it is told when its own D-channel
  // has the calls again.
  line.lose_primary();
  ASSERT_TRUE(line.network.interface->set_blocked({1, 7}, false));
  ASSERT_TRUE(line.network.interface->set_blocked({2, 7}, false));
  line.reactor.settle();
  EXPECT_EQ(line.user.state_of(Timeslot{1, 7}), SlotState::OutOfService);
  EXPECT_EQ(line.user.state_of(Timeslot{2, 7}), SlotState::Idle);
  line.cut(false);
  line.reactor.advance(30s);
  line.cut_backup(true);
  line.reactor.advance(30s);
  ASSERT_FALSE(line.backup_is_active());
  EXPECT_EQ(line.user.state_of(Timeslot{1, 7}), SlotState::Idle);
}

// NI-2: out of service (2) without a channel is said of a D-channel.
TEST(PriNfas, ServiceThatTakesTheDChannelOutIsAcknowledgedAndTheBackupTakesOver) {
  NfasLine line;
  line.talk(line.user);
  line.network.dchannel->change = [&](Bytes& frame) {
    if (frame.size() <= 4 || frame[2] & 1) return;
    frame.resize(4);
    frame.insert(frame.end(), {0x43, 0x02, 0x00, 0x00, 0x07, 0x01, 0x01, 0xc2});
    line.network.dchannel->change = nullptr;
  };
  bool acknowledged = false;
  line.user.dchannel->change = [&](Bytes& frame) {
    acknowledged |= frame.size() > 8 && !(frame[2] & 1) && frame[4] == 0x43 && frame[8] == 0x0f;
  };

  line.network.interface->restart({1, 10});
  line.reactor.settle();

  EXPECT_TRUE(acknowledged);
  EXPECT_THAT(line.user.interface->status().name, HasSubstr("2/24 active"));
  EXPECT_FALSE(line.user.has_heard("down"));
  EXPECT_EQ(line.user.released, 0);
  line.talk(line.user);
}

TEST(PriNfas, RestartOfAnInterfaceEndsTheCallsOfThatSpanAlone) {
  struct Row {
    uint8_t identifier, indicator;
    int ended;
  };
  // Interfaces 0 and 1, one that is none, all of them.
  for (Row row : {Row{0x80, 0x86, 1}, Row{0x81, 0x86, 2}, Row{0x85, 0x86, 0}, Row{0x80, 0x87, 3}}) {
    Config config = nfas();
    config.hunt = HuntOrder::RoundRobin;
    NfasLine line(config);
    for (int i = 0; i < 23; ++i) {
      auto out = line.talk(line.user);
      if (out.slot.number != 23) line.user.interface->release(out.call, 16);
      line.reactor.settle();
    }
    line.talk(line.user);
    auto last = line.talk(line.user);
    ASSERT_EQ(last.slot, (Timeslot{2, 2}));
    int before = line.user.released;
    // The network's RESTART of one channel becomes one of an interface.
    line.network.dchannel->change = [&](Bytes& frame) {
      if (frame.size() <= 4 || frame[2] & 1) return;
      frame.resize(4);
      frame.insert(frame.end(), {0x08, 0x02, 0x00, 0x00, 0x46, 0x18, 0x02, 0xe8, row.identifier});
      frame.insert(frame.end(), {0x79, 0x01, row.indicator});
      line.network.dchannel->change = nullptr;
    };

    line.network.interface->restart({1, 10});
    line.reactor.settle();

    EXPECT_EQ(line.user.released - before, row.ended) << int{row.identifier} << " " << int{row.indicator};
    EXPECT_EQ(line.user.count(SlotState::InUse), static_cast<size_t>(3 - row.ended));
  }
}

TEST(PriNfas, LosesNoTimeslotWhileTheDChannelsComeAndGo) {
  NfasLine line;
  bool cut[2] = {false, false};
  for (int round = 0; round < 60; ++round) {
    auto out = line.user.interface->setup(ExchangeLine::call_to("100"));
    auto in = line.network.interface->setup(ExchangeLine::call_to("200"));
    line.reactor.advance(std::chrono::milliseconds(round * 37 % 1000));
    int which = round % 3 == 2 ? 1 : 0;
    cut[which] = !cut[which];
    which ? line.cut_backup(cut[1]) : line.cut(cut[0]);
    line.reactor.advance(std::chrono::seconds(round % 4 * 7));
    if (out) line.user.interface->release(out->call, 16);
    if (in) line.network.interface->release(in->call, 16);
    line.reactor.advance(std::chrono::seconds(round % 5 * 11));
  }

  line.cut(true);
  line.cut_backup(true);
  line.reactor.advance(300s);
  line.cut(false);
  line.cut_backup(false);
  line.reactor.advance(60s);

  EXPECT_EQ(line.user.interface->calls(), 0u);
  EXPECT_EQ(line.network.interface->calls(), 0u);
  EXPECT_EQ(line.user.count(SlotState::InUse), 0u);
  EXPECT_EQ(line.network.count(SlotState::InUse), 0u);
  line.talk(line.user);
}
