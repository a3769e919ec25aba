#include "call_fixture.h"

// Transfers: who ends up with whom, what each side is told, and what is left behind.
namespace sg::call {
namespace {

using namespace testing;
using media::Side;

class TransferTest : public CallTest {
 protected:
  Routing route(const Trunk& from, const call::Setup& setup) override {
    routed_from = from.name();
    routed = setup;
    return CallTest::route(from, setup);
  }

  struct Ends {
    LegScript& caller;
    LegScript& called;
  };
  Ends answered(FakeTrunk& from, FakeTrunk& to) {
    targets = {&to};
    auto offer = &from == &pri ? std::nullopt : std::optional(audio_at("192.0.2.1:4000"));
    LegScript& caller = incoming(from, offer);
    LegScript& answering = *to.legs.back();
    if (&to == &pri) answering.listener->on_timeslot({1, 3});
    answer(answering, to);
    return {caller, answering};
  }
  void answer(LegScript& leg, const FakeTrunk& trunk) {
    leg.listener->on_answered(&trunk == &pri ? std::nullopt : std::optional(audio_at("192.0.2.9:5000")));
    reactor.settle();
  }
  // `by` transfers to this number on this trunk; the leg that is called then.
  LegScript& transfers(LegScript& by, FakeTrunk& to) {
    targets = {&to};
    TransferRequest request;
    request.to.digits = "300";
    request.referred_by = "<sip:by@x>";
    EXPECT_TRUE(by.listener->on_transfer(request));
    reactor.settle();
    return *to.legs.back();
  }
  static TransferRequest request_to(const std::string& dialog) {
    TransferRequest request;
    request.replaces = Replaces{dialog, "to", "from"};
    return request;
  }
  void hangs_up(LegScript& leg) {
    leg.listener->on_released(kNormalClearing);
    reactor.settle();
  }
  // The peer takes what it was offered in place of what stood.
  void agrees(LegScript& leg) {
    ASSERT_EQ(leg.heard_command("offer"), true);
    leg.listener->on_offer_answered(audio_at("192.0.2.1:4000"));
    reactor.settle();
  }
  LegScript& arrives_with_replaces(const Replaces& replaces) {
    call::Setup setup;
    setup.replaces = replaces;
    auto leg = third.incoming_leg();
    LegScript& joins = *third.legs.back();
    manager.on_incoming({std::move(leg), setup, audio_at("192.0.2.5:4000"), &third, third.policy});
    reactor.settle();
    return joins;
  }
  void expect_nothing_left() {
    EXPECT_TRUE(manager.calls().empty());
    EXPECT_TRUE(media.open_sessions.empty());
    EXPECT_EQ(reactor.armed_timers(), 0u);
  }

  FakeTrunk third{"third", MediaKind::Ip, reactor};
  std::string routed_from;
  call::Setup routed;
};

TEST_F(TransferTest, BlindJoinsTheOtherPartyWithTheNewOneAcrossAnyTwoLegs) {
  struct Row {
    const char* name;
    FakeTrunk &from, &to, &target;
    bool caller_transfers;
  };
  for (const Row& row :
       {Row{"sip leaves, pri to sip", sip, pri, third, true}, Row{"sip leaves, sip to pri", sip, third, pri, true},
        Row{"called sip leaves, pri to sip", pri, sip, third, false},
        Row{"called sip leaves, sip to sip", third, sip, third, false},
        Row{"called sip leaves, pri to pri", pri, sip, pri, false}}) {
    SCOPED_TRACE(row.name);
    auto ends = answered(row.from, row.to);
    LegScript& by = row.caller_transfers ? ends.caller : ends.called;
    LegScript& stays = row.caller_transfers ? ends.called : ends.caller;

    LegScript& next = transfers(by, row.target);

    EXPECT_EQ(routed_from, "sip") << "under the rights of the one who transfers";
    EXPECT_EQ(routed.called.digits, "300");
    EXPECT_EQ(routed.referred_by, "<sip:by@x>");
    EXPECT_EQ(routed.calling.number.digits, row.caller_transfers ? "100" : "200");
    ASSERT_TRUE(routed.shown) << "who is transferred";
    EXPECT_EQ(routed.shown->trunk, row.caller_transfers ? row.to.name() : row.from.name());
    EXPECT_EQ(routed.shown->party.number.digits, row.caller_transfers ? "200" : "100");
    next.listener->on_alerting(false, std::nullopt);
    reactor.settle();
    EXPECT_EQ(by.heard.back(), "transfer 180");

    answer(next, row.target);

    EXPECT_TRUE(by.heard_command("transfer 200"));
    EXPECT_TRUE(by.heard_command("release 16"));
    EXPECT_TRUE(by.destroyed);
    EXPECT_FALSE(stays.destroyed);
    EXPECT_EQ(manager.calls().size(), 1u);
    EXPECT_EQ(media.bridging, media::Bridging::Both);
    if (&row.from != &pri && &stays == &ends.caller) agrees(stays);

    hangs_up(stays);
    EXPECT_TRUE(next.heard_command("release 16"));
    expect_nothing_left();
    pri.legs.clear();
  }
}

TEST_F(TransferTest, BothRecordsTellOfIt) {
  auto ends = answered(sip, pri);
  LegScript& next = transfers(ends.caller, third);
  answer(next, third);
  hangs_up(ends.called);

  ASSERT_EQ(records.size(), 2u);
  const Record &old = records[0], &now = records[1];
  EXPECT_EQ(old.released_by, ReleasedBy::Transfer);
  ASSERT_EQ(old.called.size(), 1u);
  EXPECT_EQ(old.called[0].trunk, "pri");
  ASSERT_EQ(old.transfers.size(), 1u);
  EXPECT_EQ(old.transfers[0].how, "blind");
  EXPECT_EQ(old.transfers[0].with, now.call);
  EXPECT_EQ(old.transfers[0].left.trunk, "pri");
  ASSERT_EQ(now.transfers.size(), 1u);
  EXPECT_EQ(now.transfers[0].with, old.call);
  EXPECT_EQ(now.caller.trunk, "pri") << "who took the place";
  EXPECT_EQ(now.called.back().trunk, "third");
}

TEST_F(TransferTest, WhenTheTargetRefusesTheOldCallStands) {
  auto ends = answered(sip, pri);
  LegScript& next = transfers(ends.caller, third);
  next.listener->on_alerting(false, std::nullopt);
  reactor.settle();
  EXPECT_EQ(media.tones[Side::B], media::Tone::Ringback);

  next.listener->on_released(kUserBusy);
  reactor.settle();

  EXPECT_EQ(ends.caller.heard.back(), "transfer 486");
  EXPECT_EQ(media.tones[Side::B], media::Tone::None);
  EXPECT_FALSE(ends.called.heard_command("release 16"));
  EXPECT_EQ(manager.calls().size(), 1u);
  hangs_up(ends.caller);
  EXPECT_TRUE(ends.called.heard_command("release 16"));
  expect_nothing_left();
}

TEST_F(TransferTest, ANumberWithoutARouteIsToldAndTheOldCallStands) {
  auto ends = answered(sip, pri);
  targets.clear();
  TransferRequest request;
  request.to.digits = "200";

  EXPECT_TRUE(ends.caller.listener->on_transfer(request));
  reactor.settle();

  EXPECT_EQ(ends.caller.heard.back(), "transfer 404");
  EXPECT_EQ(manager.calls().size(), 1u);
}

TEST_F(TransferTest, WhoTransfersMayHangUpAtOnceAndTheOtherPartyWaitsForTheTarget) {
  for (bool is_answered : {true, false}) {
    auto ends = answered(sip, pri);
    LegScript& next = transfers(ends.caller, third);

    hangs_up(ends.caller);

    EXPECT_FALSE(ends.called.destroyed);
    EXPECT_EQ(manager.calls().size(), 1u);
    next.listener->on_alerting(false, std::nullopt);
    EXPECT_EQ(media.tones[Side::A], media::Tone::Ringback);
    if (is_answered) {
      answer(next, third);
      EXPECT_EQ(media.tones[Side::A], media::Tone::None);
      hangs_up(next);
    } else {
      next.listener->on_released(kUserBusy);
      reactor.settle();
    }
    EXPECT_TRUE(ends.called.destroyed);
    expect_nothing_left();
  }
}

TEST_F(TransferTest, WhenTheOtherPartyHangsUpTheNewCallIsGivenUp) {
  auto ends = answered(sip, pri);
  LegScript& next = transfers(ends.caller, third);

  hangs_up(ends.called);

  EXPECT_TRUE(next.heard_command("release 16"));
  EXPECT_TRUE(ends.caller.destroyed);
  expect_nothing_left();
}

TEST_F(TransferTest, AttendedJoinsTheFarEndsOfBothCalls) {
  auto first = answered(sip, pri);
  pri.legs.back()->listener->on_timeslot({1, 3});
  auto second = answered(sip, third);
  second.caller.dialog = "second";
  first.caller.listener->on_held();

  EXPECT_TRUE(first.caller.listener->on_transfer(request_to("second")));
  reactor.settle();

  EXPECT_TRUE(first.caller.heard_command("transfer 200"));
  EXPECT_TRUE(first.caller.destroyed);
  EXPECT_TRUE(second.caller.destroyed);
  EXPECT_FALSE(first.called.destroyed);
  EXPECT_EQ(first.called.heard.back(), "connected 200");
  EXPECT_TRUE(first.called.heard_command("retrieve")) << "the one who held it is gone";
  EXPECT_EQ(second.called.heard.back(), "connected 200");
  EXPECT_EQ(manager.calls().size(), 1u);
  hangs_up(second.called);
  EXPECT_TRUE(first.called.destroyed);
  expect_nothing_left();
}

TEST_F(TransferTest, AttendedWhileTheTargetRings) {
  auto first = answered(third, sip);
  targets = {&pri};
  LegScript& asks = incoming(sip, audio_at("192.0.2.1:4000"));
  asks.dialog = "second";
  LegScript& rings = *pri.legs.back();
  rings.listener->on_alerting(false, std::nullopt);

  EXPECT_TRUE(first.called.listener->on_transfer(request_to("second")));
  reactor.settle();

  EXPECT_TRUE(asks.destroyed);
  EXPECT_TRUE(first.called.destroyed);
  EXPECT_EQ(media.tones[Side::A], media::Tone::Ringback);
  agrees(first.caller);
  answer(rings, pri);
  EXPECT_EQ(media.bridging, media::Bridging::Both);
  hangs_up(first.caller);
  EXPECT_TRUE(rings.destroyed);
  expect_nothing_left();
}

TEST_F(TransferTest, AnInviteWithReplacesTakesTheDialogOver) {
  auto ends = answered(pri, sip);
  ends.called.dialog = "old";
  call::Setup setup;
  setup.replaces = Replaces{"old", "to", "from"};
  auto leg = third.incoming_leg();
  LegScript& joins = *third.legs.back();
  joins.dialog = "new";

  manager.on_incoming({std::move(leg), setup, audio_at("192.0.2.5:4000"), &third, third.policy});
  reactor.settle();

  EXPECT_TRUE(joins.heard_command("answer"));
  EXPECT_TRUE(ends.called.destroyed);
  EXPECT_FALSE(ends.caller.destroyed);
  EXPECT_TRUE(media.did(Side::B, "rtp 192.0.2.5:4000"));
  EXPECT_EQ(manager.calls().size(), 1u);
  hangs_up(joins);
  EXPECT_TRUE(ends.caller.destroyed);
  expect_nothing_left();
}

TEST_F(TransferTest, AnInviteWithReplacesPicksUpWhatRings) {
  for (bool alerts : {true, false}) {
    targets = {&sip};
    LegScript& caller = incoming(pri, std::nullopt);
    caller.listener->on_timeslot({1, 3});
    LegScript& rings = *sip.legs.back();
    rings.dialog = "ringing";
    if (alerts) rings.listener->on_alerting(false, std::nullopt);
    LegScript& joins = arrives_with_replaces({"ringing", "to", "from", true});

    EXPECT_TRUE(joins.heard_command("answer"));
    EXPECT_TRUE(caller.heard_command("answer"));
    EXPECT_TRUE(rings.destroyed);
    EXPECT_EQ(media.bridging, media::Bridging::Both);
    EXPECT_EQ(media.tones[Side::A], media::Tone::None);
    EXPECT_EQ(std::ranges::count(caller.heard, "answer"), 1);
    ASSERT_EQ(manager.calls().size(), 1u);
    hangs_up(joins);
    EXPECT_TRUE(caller.destroyed);
    expect_nothing_left();
    EXPECT_EQ(records.back().called.back().trunk, "third");
    EXPECT_EQ(records.back().transfers.at(0).how, "pick-up");
  }
}

// RFC 3891 section 3: 481 for an early dialog that we did not begin, and for one that never was; 603 for what is over.
TEST_F(TransferTest, AnInviteWithReplacesForWhatCannotBeReplacedAnyMore) {
  targets = {&pri};
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));
  caller.dialog = "calling";
  LegScript& rings = *pri.legs.back();
  rings.listener->on_timeslot({1, 3});
  EXPECT_EQ(arrives_with_replaces({"calling", "to", "from", false}).released_with.sip_status, 481);
  answer(rings, pri);

  rings.listener->on_released(kNormalClearing);
  EXPECT_EQ(arrives_with_replaces({"calling", "to", "from", false}).released_with.sip_status, 603);
  EXPECT_EQ(arrives_with_replaces({"calling", "other", "from", false}).released_with.sip_status, 481);
  EXPECT_TRUE(manager.calls().empty());
  EXPECT_EQ(arrives_with_replaces({"calling", "to", "from", true}).released_with.sip_status, 603);

  reactor.advance(1min);
  EXPECT_EQ(arrives_with_replaces({"calling", "to", "from", false}).released_with.sip_status, 481) << "forgotten";
}

// What a flood of calls leaves goes, also where no call ends after it.
TEST_F(TransferTest, ManyDialogsThatEndedAreForgottenByAClock) {
  targets = {};
  for (int i = 0; i < 90; ++i) incoming(sip, audio_at("192.0.2.1:4000"));
  EXPECT_EQ(reactor.armed_timers(), 0u) << "few wait for the next call that ends";

  for (int i = 0; i < 90; ++i) incoming(sip, audio_at("192.0.2.1:4000"));
  ASSERT_TRUE(manager.calls().empty());

  EXPECT_EQ(reactor.armed_timers(), 1u);
  reactor.advance(32s);
  EXPECT_EQ(reactor.armed_timers(), 0u);
}

TEST_F(TransferTest, AnInviteWithReplacesIsRefusedWithItsReason) {
  auto ends = answered(pri, sip);
  ends.called.dialog = "old";
  // RFC 3891 section 3: 486 for a dialog that was to be taken over only while it rang.
  struct Row {
    const char* dialog;
    bool early_only, may;
    int status;
  };
  for (const auto& [dialog, early_only, may, status] :
       {Row{"other", false, true, 481}, Row{"other", true, true, 481}, Row{"old", true, true, 486},
        Row{"old", false, false, 403}, Row{"old", true, false, 403}}) {
    third.may_transfer = may;
    call::Setup setup;
    setup.replaces = Replaces{dialog, "to", "from", early_only};
    auto leg = third.incoming_leg();
    manager.on_incoming({std::move(leg), setup, audio_at("192.0.2.5:4000"), &third, third.policy});
    reactor.settle();
    EXPECT_EQ(third.legs.back()->released_with.sip_status, status);
  }
  EXPECT_EQ(manager.calls().size(), 1u);
}

TEST_F(TransferTest, AttendedComesTooLateForACallThatWasToBeJoinedOnlyWhileItRang) {
  auto first = answered(third, sip), second = answered(sip, pri);
  second.caller.dialog = "second";
  auto request = request_to("second");
  request.replaces->early_only = true;

  EXPECT_FALSE(first.called.listener->on_transfer(request));
  reactor.settle();

  EXPECT_EQ(manager.calls().size(), 2u);
  hangs_up(first.caller);
  hangs_up(second.caller);
  expect_nothing_left();
}

// The REFER is accepted while it rings; that it is answered is known before the calls are joined.
TEST_F(TransferTest, AttendedIsToldThatItCameTooLate) {
  auto first = answered(third, sip);
  targets = {&pri};
  LegScript& asks = incoming(sip, audio_at("192.0.2.1:4000"));
  asks.dialog = "second";
  LegScript& rings = *pri.legs.back();
  rings.listener->on_alerting(false, std::nullopt);
  auto request = request_to("second");
  request.replaces->early_only = true;

  EXPECT_TRUE(first.called.listener->on_transfer(request));
  answer(rings, pri);
  reactor.settle();

  EXPECT_TRUE(first.called.heard_command("transfer 486"));
  EXPECT_EQ(manager.calls().size(), 2u);
  hangs_up(first.caller);
  hangs_up(asks);
  expect_nothing_left();
}

TEST_F(TransferTest, IsRefusedWhereItMayNotBeOrMakesNoSense) {
  TransferRequest request;
  request.to.digits = "300";
  auto ends = answered(sip, pri);

  sip.may_transfer = false;
  EXPECT_FALSE(ends.caller.listener->on_transfer(request));
  sip.may_transfer = true;
  EXPECT_FALSE(ends.caller.listener->on_transfer(request_to("nobody's"))) << "and there is no number to call";
  EXPECT_TRUE(ends.caller.listener->on_transfer(request));
  EXPECT_FALSE(ends.caller.listener->on_transfer(request)) << "the first is not over";
  EXPECT_EQ(counters.get("call.transfer_refused").value(), 3u);

  auto fax = answered(sip, pri);
  media.hear(Side::B, media::HeardTone::Ced);
  EXPECT_FALSE(fax.caller.listener->on_transfer(request)) << "a fax is not led elsewhere";
}

// RFC 3261 section 14.1: who made the call waits for 2.1 to 4 s, who was called for 2 s at most.
TEST_F(TransferTest, AMoveThatMeetsAnOfferOfThePeerIsTriedAgain) {
  for (bool we_called : {true, false}) {
    SCOPED_TRACE(we_called ? "we called" : "we were called");
    auto ends = we_called ? answered(sip, third) : answered(third, sip);
    auto& moves = we_called ? ends.called : ends.caller;
    auto offers = [&] { return std::count(moves.heard.begin(), moves.heard.end(), "offer"); };
    LegScript& next = transfers(we_called ? ends.caller : ends.called, pri);
    answer(next, pri);
    ASSERT_EQ(offers(), 1);

    moves.listener->on_offer_refused(491);
    reactor.advance(2s);
    EXPECT_EQ(offers(), we_called ? 1 : 2);
    reactor.advance(2s);
    EXPECT_EQ(offers(), 2);

    moves.listener->on_offer_answered(audio_at("192.0.2.9:5000"));
    hangs_up(next);
    expect_nothing_left();
  }
}

TEST_F(TransferTest, AnOperatorMayHangUpInTheMiddle) {
  auto ends = answered(sip, pri);
  CallId old = id;
  LegScript& next = transfers(ends.caller, third);

  manager.hang_up(old);
  reactor.settle();

  EXPECT_TRUE(next.destroyed);
  expect_nothing_left();
}

}  // namespace
}  // namespace sg::call
