#include <gmock/gmock.h>

#include "call_fixture.h"

// Conferences: who hears whom, who is told, and what is left when one after the other leaves.
namespace sg::call {
namespace {

using namespace testing;
using media::Bridging;
using media::Side;

constexpr tdm::Timeslot kPhone{1, 1}, kLine{1, 3};

class ConferenceTest : public CallTest {
 protected:
  // A telephone calls one trunk, holds, calls another: in each call it has a leg of its own.
  struct Two {
    LegScript &held, &far_held, &active, &far_active;
    CallId held_id, active_id;
  };
  LegScript& phone_calls(FakeTrunk& to) {
    targets = {&to};
    LegScript& leg = incoming(pri, std::nullopt);
    leg.listener->on_timeslot(kPhone);
    LegScript& far = *to.legs.back();
    if (&to == &carrier) far.listener->on_timeslot(kLine);
    far.listener->on_answered(&to == &carrier ? std::nullopt : std::optional(audio_at("192.0.2.9:5000")));
    reactor.settle();
    return leg;
  }
  void hold(LegScript& leg) {
    leg.listener->on_timeslot_left();
    leg.listener->on_held();
    reactor.settle();
  }
  Two two_calls(FakeTrunk& first, FakeTrunk& second) {
    LegScript& held = phone_calls(first);
    LegScript& far_held = *first.legs.back();
    CallId held_id = id;
    hold(held);
    LegScript& active = phone_calls(second);
    return {held, far_held, active, *second.legs.back(), held_id, id};
  }
  bool confer(Two& two) {
    bool is_taken = two.active.listener->on_conference(*two.held.leg);
    reactor.settle();
    return is_taken;
  }
  void agrees(LegScript& leg) {
    ASSERT_TRUE(leg.heard_command("offer"));
    leg.listener->on_offer_answered(audio_at("192.0.2.9:5000"));
    reactor.settle();
  }
  void hangs_up(LegScript& leg) {
    leg.listener->on_released(kNormalClearing);
    reactor.settle();
  }
  void expect_nothing_left() {
    EXPECT_TRUE(manager.calls().empty());
    EXPECT_TRUE(media.open_sessions.empty());
    EXPECT_EQ(reactor.armed_timers(), 0u);
  }
};

TEST_F(ConferenceTest, AHeldCallIsWithoutATimeslotAndGetsItBack) {
  LegScript& phone = phone_calls(sip);

  hold(phone);
  EXPECT_EQ(media.log.at(media.log.size() - 2), "a no bearer");
  EXPECT_EQ(media.tones[Side::B], media::Tone::Music);
  EXPECT_TRUE(sip.legs.back()->heard_command("hold"));

  phone.listener->on_timeslot(kPhone);
  phone.listener->on_retrieved();

  EXPECT_EQ(std::ranges::count(media.log, fmt::format("a bearer {}", kPhone)), 2);
  EXPECT_EQ(media.tones[Side::B], media::Tone::None);
  EXPECT_TRUE(sip.legs.back()->heard_command("retrieve"));
  hangs_up(phone);
  expect_nothing_left();
}

TEST_F(ConferenceTest, BringsThreeIntoOneSessionAndTellsThem) {
  auto two = two_calls(sip, carrier);

  ASSERT_TRUE(confer(two));

  EXPECT_EQ(media.bridging, Bridging::Conference);
  agrees(two.far_held);
  EXPECT_TRUE(media.did(Side::C, "rtp 192.0.2.9:5000"));
  EXPECT_EQ(media.tones[Side::C], media::Tone::None);
  for (const LegScript* leg : {&two.active, &two.far_active, &two.far_held})
    EXPECT_TRUE(leg->heard_command("conference"));
  EXPECT_TRUE(two.held.destroyed) << "the telephone's leg of the first call";
  ASSERT_EQ(manager.calls().size(), 1u);
  EXPECT_EQ(manager.calls()[0]->id(), two.active_id);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].released_by, ReleasedBy::Conference);
  EXPECT_EQ(records[0].caller.trunk, "pri");
  EXPECT_EQ(records[0].called.back().trunk, "sip");

  hangs_up(two.active);
  hangs_up(two.far_active);
  expect_nothing_left();
}

// Whoever leaves: the other two talk on, and when one of them goes, nothing is left.
TEST_F(ConferenceTest, OneAfterTheOtherLeaves) {
  struct Row {
    const char* name;
    int first, second;  // 0 the telephone, 1 the second call's far end, 2 the third
    FakeTrunk &held, &active;
  };
  for (const Row& row : {Row{"telephone, called", 0, 1, sip, carrier}, Row{"telephone, third", 0, 2, sip, carrier},
                         Row{"called, telephone", 1, 0, sip, carrier}, Row{"called, third", 1, 2, carrier, sip},
                         Row{"third, telephone", 2, 0, carrier, sip}, Row{"third, called", 2, 1, sip, other_sip}}) {
    SCOPED_TRACE(row.name);
    records.clear();
    auto two = two_calls(row.held, row.active);
    ASSERT_TRUE(confer(two));
    if (&row.held == &sip) agrees(two.far_held);
    LegScript* legs[] = {&two.active, &two.far_active, &two.far_held};

    hangs_up(*legs[row.first]);

    EXPECT_EQ(media.bridging, Bridging::Both);
    ASSERT_EQ(manager.calls().size(), 1u);
    EXPECT_FALSE(manager.calls()[0]->is_conference());
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(legs[i]->heard_command("release 16"), false);
      if (i != row.first) {
        EXPECT_EQ(legs[i]->heard_command("no conference"), true);
      }
    }

    hangs_up(*legs[row.second]);

    expect_nothing_left();
    ASSERT_EQ(records.size(), 2u);
    const Record& record = records[1];
    EXPECT_EQ(record.caller.trunk, "pri");
    std::vector<std::string> trunks;
    for (const LegRecord& leg : record.called) trunks.push_back(leg.trunk);
    EXPECT_THAT(trunks, ::testing::UnorderedElementsAre(row.held.name(), row.active.name()));
    EXPECT_EQ(record.transfers.at(0).how, "conference");
  }
}

TEST_F(ConferenceTest, WhoDisconnectsLeavesAndIsReleased) {
  auto two = two_calls(sip, carrier);
  ASSERT_TRUE(confer(two));

  two.far_active.listener->on_disconnected(kNormalClearing, true);
  reactor.settle();

  EXPECT_TRUE(two.far_active.heard_command("release 16"));
  EXPECT_EQ(manager.calls().size(), 1u);
  EXPECT_EQ(media.bridging, Bridging::Both);
  hangs_up(two.active);
  expect_nothing_left();
}

TEST_F(ConferenceTest, StaysVoice) {
  auto two = two_calls(sip, carrier);
  ASSERT_TRUE(confer(two));
  agrees(two.far_held);

  media.tell(media::ToneHeard{Side::C, media::HeardTone::Ced});
  two.far_held.listener->on_offer(t38_at("192.0.2.9:5002"));

  EXPECT_TRUE(two.far_held.heard_command("refuse_offer 488"));
  EXPECT_EQ(media.profile, media::Profile::Voice);
  EXPECT_EQ(std::ranges::count(two.far_held.heard, "offer"), 1) << "its new address, and nothing after it";
  hangs_up(two.active);
  hangs_up(two.far_active);
  expect_nothing_left();
}

TEST_F(ConferenceTest, DigitsOfOneGoToTheOthers) {
  auto two = two_calls(sip, carrier);
  ASSERT_TRUE(confer(two));

  two.far_held.listener->on_digits("5");

  EXPECT_TRUE(media.did(Side::A, "digit 5"));
  EXPECT_TRUE(media.did(Side::B, "digit 5"));
  EXPECT_FALSE(media.did(Side::C, "digit 5"));
}

TEST_F(ConferenceTest, NobodyIsHeldOrTransferredInIt) {
  auto two = two_calls(sip, carrier);
  ASSERT_TRUE(confer(two));
  TransferRequest request;
  request.to.digits = "300";

  two.far_held.listener->on_held();

  EXPECT_FALSE(two.active.heard_command("hold"));
  EXPECT_EQ(media.tones[Side::A], media::Tone::None);
  EXPECT_FALSE(two.far_held.listener->on_transfer(request));
  EXPECT_FALSE(two.active.listener->on_conference(*two.far_held.leg));
  // When two are left the hold counts.
  hangs_up(two.far_active);
  EXPECT_EQ(media.tones[Side::A], media::Tone::Music);
  hangs_up(two.active);
  expect_nothing_left();
}

TEST_F(ConferenceTest, IsRefusedWhereItMakesNoSense) {
  auto two = two_calls(sip, carrier);
  EXPECT_FALSE(two.active.listener->on_conference(*two.far_active.leg)) << "its own call";

  media.hear(Side::A, media::HeardTone::Ced);
  EXPECT_FALSE(confer(two)) << "a fax";

  EXPECT_EQ(counters.get("call.conference_refused").value(), 2u);
  EXPECT_EQ(manager.calls().size(), 2u);
  targets = {&carrier};
  LegScript& early = incoming(pri, std::nullopt);
  EXPECT_FALSE(early.listener->on_conference(*two.held.leg)) << "not answered";
}

TEST_F(ConferenceTest, AThirdWhoDoesNotAgreeOnMediaLeavesTheOtherTwo) {
  auto two = two_calls(sip, carrier);
  ASSERT_TRUE(confer(two));

  two.far_held.listener->on_offer_refused(488);
  reactor.settle();

  EXPECT_TRUE(two.far_held.destroyed || two.far_held.heard_command("release 65"));
  EXPECT_EQ(media.bridging, Bridging::Both);
  hangs_up(two.active);
  expect_nothing_left();
}

TEST_F(ConferenceTest, AnOperatorEndsAllThree) {
  auto two = two_calls(sip, carrier);
  ASSERT_TRUE(confer(two));

  manager.hang_up(two.active_id);
  reactor.settle();

  for (const LegScript* leg : {&two.active, &two.far_active, &two.far_held}) EXPECT_TRUE(leg->destroyed);
  expect_nothing_left();
}

// The telephone hangs up between its two calls: the far ends are joined.
TEST_F(ConferenceTest, ATelephoneTransfersByItsOtherCall) {
  for (bool is_answered : {true, false}) {
    SCOPED_TRACE(is_answered);
    LegScript& held = phone_calls(sip);
    LegScript& far_held = *sip.legs.back();
    hold(held);
    targets = {&carrier};
    LegScript& active = incoming(pri, std::nullopt);
    LegScript& far = *carrier.legs.back();
    far.listener->on_timeslot(kLine);
    far.listener->on_alerting(false, std::nullopt);
    if (is_answered) far.listener->on_answered(std::nullopt);
    reactor.settle();
    TransferRequest request;
    request.other_call = active.leg;

    EXPECT_TRUE(held.listener->on_transfer(request));
    reactor.settle();

    EXPECT_TRUE(held.destroyed);
    EXPECT_TRUE(active.destroyed);
    EXPECT_FALSE(far_held.destroyed);
    ASSERT_EQ(manager.calls().size(), 1u);
    agrees(far_held);
    if (!is_answered) {
      EXPECT_EQ(media.tones[Side::A], media::Tone::Ringback);
      far.listener->on_answered(std::nullopt);
      reactor.settle();
    }
    EXPECT_EQ(media.bridging, Bridging::Both);
    EXPECT_EQ(media.tones[Side::A], media::Tone::None);
    hangs_up(far);
    EXPECT_TRUE(far_held.destroyed);
    expect_nothing_left();
  }
}

TEST_F(ConferenceTest, AnInviteWithJoinMakesTwoThree) {
  targets = {&carrier};
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));
  caller.dialog = "old";
  LegScript& far = *carrier.legs.back();
  far.listener->on_timeslot(kLine);
  far.listener->on_answered(std::nullopt);
  reactor.settle();
  call::Setup setup;
  setup.join = Replaces{"old", "to", "from"};
  auto leg = other_sip.incoming_leg();
  LegScript& joins = *other_sip.legs.back();

  manager.on_incoming({std::move(leg), setup, audio_at("192.0.2.5:4000"), &other_sip, other_sip.policy});
  reactor.settle();

  EXPECT_TRUE(joins.heard_command("answer"));
  EXPECT_EQ(media.bridging, Bridging::Conference);
  EXPECT_TRUE(media.did(Side::C, "rtp 192.0.2.5:4000"));
  EXPECT_EQ(manager.calls().size(), 1u);
  hangs_up(joins);
  EXPECT_EQ(media.bridging, Bridging::Both);
  hangs_up(far);
  EXPECT_TRUE(caller.destroyed);
  expect_nothing_left();
}

TEST_F(ConferenceTest, AnInviteWithJoinIsRefusedWithItsReason) {
  targets = {&carrier};
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));
  caller.dialog = "old";
  struct Row {
    const char* dialog;
    bool is_answered, may;
    int status;
  };
  for (const auto& [dialog, is_answered, may, status] :
       {Row{"old", false, true, 488}, Row{"other", true, true, 481}, Row{"old", true, false, 403}}) {
    if (is_answered && manager.calls()[0]->state() != CallState::Answered) {
      carrier.legs.back()->listener->on_answered(std::nullopt);
      reactor.settle();
    }
    other_sip.may_transfer = may;
    call::Setup setup;
    setup.join = Replaces{dialog, "to", "from"};
    auto leg = other_sip.incoming_leg();
    manager.on_incoming({std::move(leg), setup, audio_at("192.0.2.5:4000"), &other_sip, other_sip.policy});
    reactor.settle();
    EXPECT_EQ(other_sip.legs.back()->released_with.sip_status, status);
  }
  EXPECT_EQ(manager.calls().size(), 1u);
}

}  // namespace
}  // namespace sg::call
