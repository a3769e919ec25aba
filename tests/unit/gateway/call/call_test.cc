#include "gateway/call/call.h"

#include "call_fixture.h"

namespace sg::call {
namespace {

using namespace testing;
using media::Side;

TEST_F(CallTest, SipToPriRingsAnswersAndIsHungUpByTheCaller) {
  LegScript& caller = sip_to_pri();
  EXPECT_EQ(called->heard, std::vector<std::string>{"setup 200"});
  EXPECT_TRUE(media.did(Side::B, "bearer 1/3"));

  called->listener->on_alerting(false, std::nullopt);
  EXPECT_EQ(caller.heard.back(), "alert");

  called->listener->on_answered(std::nullopt);
  EXPECT_EQ(caller.heard.back(), "answer");
  ASSERT_TRUE(caller.last_media && caller.last_media->audio);
  EXPECT_EQ(caller.last_media->audio->codecs, (std::vector<AudioCodec>{{CodecId::Pcma, 8}}));
  EXPECT_TRUE(media.did(Side::A, "rtp 192.0.2.1:4000"));
  EXPECT_EQ(media.bridging, media::Bridging::Both);

  caller.listener->on_released(kNormalClearing);
  reactor.settle();
  EXPECT_TRUE(called->heard_command("release 16"));
  EXPECT_TRUE(caller.destroyed);
  EXPECT_TRUE(media.open_sessions.empty());
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].released_by, ReleasedBy::Caller);
  EXPECT_EQ(records[0].caller.trunk, "sip");
  ASSERT_EQ(records[0].called.size(), 1u);
  EXPECT_EQ(records[0].called[0].trunk, "pri");
  EXPECT_TRUE(records[0].answered);
}

TEST_F(CallTest, EarlyMediaIsHeardWithTheAnswerInTheProgress) {
  LegScript& caller = sip_to_pri();

  called->listener->on_progress(true, std::nullopt);

  EXPECT_EQ(caller.heard.back(), "progress inband");
  ASSERT_TRUE(caller.last_media);
  EXPECT_EQ(media.bridging, media::Bridging::BToA);
  caller.last_media.reset();
  called->listener->on_answered(std::nullopt);
  EXPECT_FALSE(caller.last_media) << "the answer was given once and stands";
}

TEST_F(CallTest, BusyGoesBackToTheCallerAndEndsTheCall) {
  LegScript& caller = sip_to_pri();

  called->listener->on_released(kUserBusy);
  reactor.settle();

  EXPECT_TRUE(caller.heard_command("release 17"));
  EXPECT_TRUE(manager.calls().empty());
  EXPECT_EQ(records.at(0).cause, kUserBusy);
}

TEST_F(CallTest, NoRouteIsAnUnallocatedNumber) {
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));

  EXPECT_TRUE(caller.heard_command("release 1"));
  EXPECT_TRUE(manager.calls().empty());
}

TEST_F(CallTest, AFullTrunkIsPassedOverAndAlsoOneThatRefusesWithAHuntCause) {
  full.refuses_with = kNoCircuit;
  targets = {&full, &broken, &pri};
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));

  broken.legs.back()->listener->on_released({38});
  reactor.settle();

  ASSERT_EQ(pri.legs.size(), 1u);
  EXPECT_TRUE(pri.legs[0]->heard_command("setup 200"));
  EXPECT_FALSE(caller.heard_command("release 38"));
  pri.legs[0]->listener->on_answered(std::nullopt);
  caller.listener->on_released(kNormalClearing);
  reactor.settle();
  ASSERT_EQ(records.at(0).called.size(), 3u);
  EXPECT_EQ(records[0].called[0].cause, kNoCircuit);
  EXPECT_EQ(records[0].called[1].cause.q850, 38);
}

TEST_F(CallTest, ARedirectionIsFollowedBestContactFirstAndThenThePlanGoesOn) {
  targets = {&carrier, &pri};
  incoming(sip, audio_at("192.0.2.1:4000"));

  auto redirect = [&](size_t leg, const std::vector<Redirect>& to) {
    carrier.legs.at(leg)->listener->on_redirected(to);
    carrier.legs.at(leg)->listener->on_released({23, 302});
    reactor.settle();
  };
  redirect(0, {{{"555"}, "sip:555@x"}, {{"666"}, "sip:666@x"}});
  ASSERT_EQ(carrier.legs.size(), 2u);
  EXPECT_TRUE(carrier.legs[1]->heard_command("setup 555"));
  carrier.legs[1]->listener->on_released({38});
  reactor.settle();

  ASSERT_EQ(carrier.legs.size(), 3u);
  EXPECT_TRUE(carrier.legs[2]->heard_command("setup 666"));
  carrier.legs[2]->listener->on_released({38});
  reactor.settle();
  ASSERT_EQ(pri.legs.size(), 1u);
  EXPECT_TRUE(pri.legs[0]->heard_command("setup 200"));
}

// Two-B-channel transfer.
TEST_F(CallTest, WhatIsOnOneSwitchOnBothSidesIsHandedToItAndStandsUntilItHasIt) {
  struct Row {
    const char* name;
    FakeTrunk &from, &to;
    bool joins, is_asked;
  };
  for (const Row& row : {Row{"ISDN on both sides", pri, other_pri, true, true},
                         Row{"which knows no such thing", pri, other_pri, false, false},
                         Row{"SIP calls", sip, pri, true, false}, Row{"SIP is called", pri, sip, true, false}}) {
    records.clear();
    targets = {&row.to};
    auto media_of = [&](const FakeTrunk& trunk) {
      return &trunk == &sip ? std::optional(audio_at("192.0.2.1:4000")) : std::nullopt;
    };
    LegScript& caller = incoming(row.from, media_of(row.from));
    LegScript& answering = *row.to.legs.back();
    answering.joins = row.joins;
    answering.listener->on_answered(media_of(row.to));
    reactor.advance(500ms);
    EXPECT_FALSE(answering.heard_command("join with fake")) << "not before CONNECT ACKNOWLEDGE";

    reactor.advance(2s);

    EXPECT_EQ(answering.heard_command("join with fake"), row.is_asked) << row.name;
    EXPECT_EQ(media.bridging, media::Bridging::Both) << row.name;
    EXPECT_EQ(manager.calls().size(), 1u) << row.name;
    // The switch takes both over; or they hang up, which looks the same.
    answering.listener->on_released(kNormalClearing);
    reactor.settle();
    EXPECT_TRUE(caller.destroyed) << row.name;
    ASSERT_EQ(records.size(), 1u) << row.name;
    EXPECT_EQ(records[0].handed_to_switch.has_value(), row.is_asked) << row.name;
  }
}

// A contact at our own address: the number is the dial plan's, and the trunk that sent it is answerable.
class RedirectionToUs : public CallTest {
 protected:
  Routing route(const Trunk& from, const call::Setup& setup) override {
    asked.push_back({from.name(), setup});
    // What comes back goes to the line.
    auto first = targets;
    if (asked.size() > 1) targets = {&pri};
    auto routing = CallTest::route(from, setup);
    targets = first;
    if (setup.called.digits == "999") routing.targets.clear();
    if (setup.called.digits == "666") routing.refusal = Refusal{kCallRejected, ""};
    return routing;
  }
  void redirect(std::vector<Redirect> to) {
    sip.legs.back()->listener->on_redirected(to);
    if (sip.legs.back()->listener) sip.legs.back()->listener->on_released({23, 302});
    reactor.settle();
  }
  std::vector<std::pair<std::string, call::Setup>> asked;
};

TEST_F(RedirectionToUs, GoesThroughTheDialPlanAsForwardedByThatTrunk) {
  targets = {&sip, &pri};
  LegScript& caller = incoming(carrier, std::nullopt);

  redirect({{{"300"}, "sip:300@us", true}});

  ASSERT_EQ(asked.size(), 2u);
  const auto& [from, setup] = asked.back();
  EXPECT_EQ(from, "sip");
  EXPECT_EQ(setup.called.digits, "300");
  EXPECT_EQ(setup.request_uri, "");
  EXPECT_EQ(setup.calling.number.digits, "200") << "whose right it is to call there";
  ASSERT_TRUE(setup.shown);
  EXPECT_EQ(setup.shown->trunk, "carrier");
  EXPECT_EQ(setup.shown->party.number.digits, "100");
  ASSERT_TRUE(setup.redirection);
  EXPECT_EQ(setup.redirection->from.digits, "200");
  ASSERT_EQ(pri.legs.size(), 1u);
  EXPECT_TRUE(pri.legs[0]->heard_command("setup 300"));
  EXPECT_EQ(sip.legs.size(), 1u) << "never out to ourselves";
  EXPECT_TRUE(caller.heard_command("forwarded"));
  EXPECT_EQ(manager.find(id)->record().plan.forwards, std::vector<std::string>{"200 redirects 300"});
}

TEST_F(RedirectionToUs, WhatThePlanDoesNotKnowIsPassedOverOrEndsTheCall) {
  struct Row {
    const char* what;
    std::vector<FakeTrunk*> targets;
    std::vector<Redirect> to;
    const char* then;  // setup of the next target; null: the call ends
    int cause;
  };
  for (const Row& row :
       {Row{"no route", {&sip}, {{{"999"}, "", true}}, nullptr, 1},
        Row{"refused", {&sip}, {{{"666"}, "", true}}, nullptr, 21},
        Row{"no route, but the plan has another target", {&sip, &pri}, {{{"999"}, "", true}}, "setup 200", 0},
        Row{"the second contact is one", {&sip}, {{{"999"}, "", true}, {{"300"}, "", true}}, "setup 300", 0}}) {
    SCOPED_TRACE(row.what);
    asked.clear();
    pri.legs.clear();
    targets = row.targets;
    LegScript& caller = incoming(carrier, std::nullopt);

    redirect(row.to);

    EXPECT_EQ(pri.legs.size(), row.then ? 1u : 0u);
    if (row.then) {
      EXPECT_TRUE(pri.legs[0]->heard_command(row.then));
      pri.legs[0]->listener->on_released(kUserBusy);
      reactor.settle();
    } else {
      EXPECT_EQ(caller.released_with.q850, row.cause);
    }
    EXPECT_TRUE(manager.calls().empty());
  }
}

TEST_F(CallTest, PeersThatRedirectInACircleEndTheCall) {
  targets = {&carrier};
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));

  for (size_t leg = 0; leg < carrier.legs.size() && leg < 50; ++leg) {
    carrier.legs[leg]->listener->on_redirected({{{"555"}, "sip:555@x"}});
    carrier.legs[leg]->listener->on_released({23, 302});
    reactor.settle();
  }

  EXPECT_EQ(carrier.legs.size(), 6u);
  EXPECT_TRUE(caller.heard_command("release 23"));
}

TEST_F(CallTest, TheNextTargetDoesNotWaitForTheEndOfASilentOne) {
  sip.patience_ = {3s, 6s};
  carrier.patience_ = {3s, 6s};
  for (FakeTrunk* silent : {&sip, &carrier}) {
    silent->confirms_releases = false;
    auto before = pri.legs.size();
    targets = {silent, &pri};
    LegScript& caller = incoming(pri, std::nullopt);
    LegScript& left = *silent->legs.back();

    reactor.advance(3s);
    ASSERT_EQ(pri.legs.size(), before + 2) << "the caller's, and the next target's";
    pri.legs.back()->listener->on_answered(std::nullopt);
    EXPECT_TRUE(caller.heard_command("answer"));

    // Too late: it is no part of the call any more.
    left.listener->on_answered(std::nullopt);
    caller.listener->on_released(kNormalClearing);
    reactor.settle();
    EXPECT_EQ(manager.calls().size(), 1u) << "one leg is still releasing";
    left.listener->on_released({17, 486});
    reactor.settle();
    EXPECT_EQ(manager.calls().size(), 0u);
    EXPECT_EQ(records.back().called.front().cause.q850, 17);
    EXPECT_EQ(records.back().called.back().cause.q850, 16);
  }
}

TEST_F(CallTest, WhatStoodInTheWayIsToldOfTheTargetThatMetItAndOfNobodyElse) {
  sip.patience_ = {3s, 6s};
  struct Row {
    Cause cause;
    Obstacle met;
    const char* why;
  };
  const Row rows[] = {
      {{.q850 = 21, .sip_status = 407, .obstacle = Obstacle::PasswordWanted},
       Obstacle::PasswordWanted,
       "the peer asks for a password; this trunk has none"},
      {{.q850 = 41, .sip_status = 503, .obstacle = Obstacle::ConnectionRefused},
       Obstacle::ConnectionRefused,
       "connection refused: nobody listens there"},
      {{.q850 = 41, .sip_status = 503}, Obstacle::None, ""},
      {kSilentPeer, Obstacle::NoAnswer, "no answer"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    sip.met.clear();
    pri.met.clear();
    targets = {&sip, &pri};
    LegScript& caller = incoming(other_pri, std::nullopt);
    if (row.cause == kSilentPeer) {
      reactor.advance(3s);
    } else {
      sip.legs.back()->listener->on_released(row.cause);
    }
    reactor.settle();
    pri.legs.back()->listener->on_answered(std::nullopt);
    caller.listener->on_released(kNormalClearing);
    reactor.settle();

    EXPECT_EQ(sip.met, std::vector{row.met});
    EXPECT_EQ(pri.met, std::vector{Obstacle::None});
    const Record& record = records.back();
    ASSERT_EQ(record.called.size(), 2u);
    EXPECT_EQ(record.called.front().why, row.why);
    EXPECT_EQ(record.called.back().why, "");
    EXPECT_EQ(record.caller.why, "");
  }
}

TEST_F(CallTest, TheCallerOfATargetThatIsNotThereIsNotWhoCouldNotBeReached) {
  targets = {&sip};
  incoming(pri, std::nullopt);

  sip.legs.back()->listener->on_released({.q850 = 41, .sip_status = 503, .obstacle = Obstacle::NoRoute});
  reactor.settle();

  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].called.back().why, "no route to host");
  EXPECT_EQ(records[0].caller.why, "");
  EXPECT_TRUE(pri.met.empty()) << "it has called us";
}

TEST_F(CallTest, ASilentTargetIsPassedOverWhileAnotherIsThereAndGivenMoreTimeOnceItSpoke) {
  sip.patience_ = {3s, 6s};
  targets = {&sip, &sip};
  LegScript& caller = incoming(pri, std::nullopt);

  reactor.advance(3s);
  ASSERT_EQ(sip.legs.size(), 2u);
  EXPECT_TRUE(sip.legs[0]->heard_command("release 102"));
  reactor.advance(1h);

  EXPECT_FALSE(sip.legs[1]->heard_command("release 102")) << "the last target has all the time there is";
  EXPECT_EQ(caller.heard, std::vector<std::string>{"proceeding"});

  targets = {&sip, &pri};
  incoming(pri, std::nullopt);
  sip.legs[2]->listener->on_proceeding();
  reactor.advance(5s);
  EXPECT_FALSE(sip.legs[2]->heard_command("release 102"));
  reactor.advance(1s);
  EXPECT_TRUE(sip.legs[2]->heard_command("release 102"));
}

TEST_F(CallTest, WhatIsStillUnderWayWhenATargetWasGivenUpChangesNothing) {
  sip.patience_ = {3s, 6s};
  sip.confirms_releases = false;
  targets = {&sip, &pri};
  LegScript& caller = incoming(pri, std::nullopt);
  reactor.advance(3s);
  ASSERT_TRUE(sip.legs[0]->heard_command("release 102"));

  sip.legs[0]->listener->on_answered(audio_at("192.0.2.9:5000"));  // its 200 crossed our CANCEL
  EXPECT_FALSE(caller.heard_command("answer"));
  sip.legs[0]->listener->on_released(kNormalClearing);
  reactor.settle();

  EXPECT_TRUE(pri.legs.back()->heard_command("setup 200")) << "the next target, whatever the first one said at last";
}

TEST_F(CallTest, WhenEveryTargetIsFullTheCallerHearsCause34) {
  pri.refuses_with = kNoCircuit;
  targets = {&pri};

  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));

  EXPECT_TRUE(caller.heard_command("release 34"));
}

TEST_F(CallTest, AnOfferWithoutG711IsRefusedBeforeAnythingIsDialled) {
  targets = {&pri};

  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000", {}));

  EXPECT_TRUE(caller.heard_command("release 65"));
  EXPECT_TRUE(pri.legs.empty());
}

TEST_F(CallTest, AnInviteWithoutOfferGetsOursInTheAnswer) {
  targets = {&pri};
  LegScript& caller = incoming(sip, std::nullopt);
  pri.legs.back()->listener->on_answered(std::nullopt);

  ASSERT_TRUE(caller.last_media && caller.last_media->audio);
  EXPECT_EQ(caller.last_media->audio->codecs.size(), 2u);
  EXPECT_TRUE(media.rtp.empty());
  caller.listener->on_offer_answered(audio_at("192.0.2.1:4000"));

  EXPECT_TRUE(media.did(Side::A, "rtp 192.0.2.1:4000"));
}

TEST_F(CallTest, AFaxAnsweringOnTheLineMakesUsAskTheSipSideForT38) {
  LegScript& caller = answered_sip_to_pri();

  media.hear(Side::B, media::HeardTone::V21Preamble);

  EXPECT_EQ(caller.heard.back(), "offer");
  ASSERT_TRUE(caller.last_media && caller.last_media->image);
  EXPECT_EQ(media.profile, media::Profile::Fax);
  EXPECT_TRUE(media.t38.empty()) << "audio goes on until the answer";
  caller.listener->on_offer_answered(t38_at("192.0.2.1:4000"));
  EXPECT_TRUE(media.did(Side::A, "t38 192.0.2.1:4000"));

  media.hear(Side::B, media::HeardTone::V21Preamble);
  EXPECT_EQ(std::count(caller.heard.begin(), caller.heard.end(), "offer"), 1);
}

TEST_F(CallTest, AfterRefusedT38TheFaxIsOfferedAsVoiceBandData) {
  LegScript& caller = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);
  caller.listener->on_offer_refused(488);
  reactor.advance(900ms);
  EXPECT_EQ(std::count(caller.heard.begin(), caller.heard.end(), "offer"), 1) << "the peer may have one of its own";

  reactor.advance(200ms);

  ASSERT_EQ(std::count(caller.heard.begin(), caller.heard.end(), "offer"), 2);
  ASSERT_TRUE(caller.last_media->audio);
  EXPECT_FALSE(caller.last_media->audio->voice_band_data.empty());
  caller.listener->on_offer_refused(488);
  EXPECT_EQ(manager.find(id)->caller().mode(), MediaModeState::Passthrough);
  reactor.advance(60s);
  EXPECT_EQ(std::count(caller.heard.begin(), caller.heard.end(), "offer"), 2) << "once";
  EXPECT_EQ(manager.calls().size(), 1u);
}

TEST_F(CallTest, VoiceBandDataIsOfferedInTheLawThatStandsAndTheOtherOneAfterIt) {
  targets = {&pri};
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000", {{CodecId::Pcmu, 0}, {CodecId::Pcma, 8}}));
  pri.legs.back()->listener->on_timeslot({1, 3});
  pri.legs.back()->listener->on_answered(std::nullopt);
  reactor.settle();
  ASSERT_EQ(media.rtp[Side::A].codec.id, CodecId::Pcmu);

  media.hear(Side::B, media::HeardTone::V21Preamble);
  caller.listener->on_offer_refused(488);
  reactor.advance(1100ms);

  ASSERT_TRUE(caller.last_media && caller.last_media->audio);
  const auto offered = caller.last_media->audio->codecs;
  EXPECT_EQ(offered, (std::vector<AudioCodec>{{CodecId::Pcmu, 0}, {CodecId::Pcma, 8}}));
  caller.listener->on_offer_answered(audio_at("192.0.2.1:4000", offered));
  EXPECT_EQ(media.rtp[Side::A].codec.id, CodecId::Pcmu);
}

TEST_F(CallTest, VoiceBandDataIsOfferedAfterARefusalThatComesLateToo) {
  LegScript& caller = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);
  reactor.advance(sip.policy.t38_answer_timeout + 5s);
  ASSERT_EQ(manager.find(id)->caller().mode(), MediaModeState::Passthrough);
  ASSERT_EQ(std::count(caller.heard.begin(), caller.heard.end(), "offer"), 1) << "one at a time";

  caller.listener->on_offer_refused(488);
  reactor.advance(sip.policy.vbd_offer_delay);

  ASSERT_EQ(std::count(caller.heard.begin(), caller.heard.end(), "offer"), 2);
  ASSERT_TRUE(caller.last_media->audio);
  EXPECT_FALSE(caller.last_media->audio->voice_band_data.empty());
}

TEST_F(CallTest, APeerThatNeverAnsweredAtAllIsOfferedNothingMore) {
  LegScript& caller = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);
  reactor.advance(32s);

  caller.listener->on_offer_refused(408);
  reactor.advance(1min);

  EXPECT_EQ(std::count(caller.heard.begin(), caller.heard.end(), "offer"), 1);
}

TEST_F(CallTest, ARefusalThatT38CameAfterIsNotInTheRecord) {
  for (int status : {491, 488}) {
    LegScript& caller = answered_sip_to_pri();
    media.hear(Side::B, media::HeardTone::V21Preamble);
    caller.listener->on_offer_refused(status);
    EXPECT_EQ(manager.find(id)->caller().record().t38_refused_with, status);

    caller.listener->on_offer(t38_at("192.0.2.1:4002"));

    EXPECT_EQ(manager.find(id)->caller().record().t38_refused_with, 0);
  }
}

TEST_F(CallTest, AnAnswerWithoutAudioToVoiceBandDataLeavesWhatStood) {
  LegScript& caller = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);
  caller.listener->on_offer_refused(488);
  reactor.advance(1100ms);

  caller.listener->on_offer_answered({});

  EXPECT_EQ(manager.calls().size(), 1u);
  EXPECT_FALSE(caller.heard_command("release"));
}

TEST_F(CallTest, APeerThatAsksForT38AfterItsRefusalIsNotCrossed) {
  LegScript& caller = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);
  caller.listener->on_offer_refused(488);

  caller.listener->on_offer(t38_at("192.0.2.1:4002"));
  reactor.advance(5s);

  EXPECT_EQ(std::count(caller.heard.begin(), caller.heard.end(), "offer"), 1);
  EXPECT_EQ(manager.find(id)->caller().mode(), MediaModeState::T38);
}

TEST_F(CallTest, ATrunkWhosePeerChokesOnVoiceBandDataHearsNothingOfIt) {
  sip.policy.vbd = VoiceBandData::Never;
  LegScript& caller = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);
  caller.listener->on_offer_refused(488);

  reactor.advance(5s);

  EXPECT_EQ(std::count(caller.heard.begin(), caller.heard.end(), "offer"), 1);
}

TEST_F(CallTest, APeerThatSpeaksT38MakesUsAskTheOneOnTheOtherSide) {
  targets = {&other_sip};
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));
  called = other_sip.legs.back().get();
  called->listener->on_answered(audio_at("192.0.2.2:5000"));
  reactor.settle();

  called->listener->on_offer(t38_at("192.0.2.2:5000"));

  EXPECT_TRUE(media.did(Side::B, "t38 192.0.2.2:5000"));
  EXPECT_EQ(caller.heard.back(), "offer");
  ASSERT_TRUE(caller.last_media && caller.last_media->image);
  caller.listener->on_offer_answered(t38_at("192.0.2.1:4000"));
  EXPECT_TRUE(media.did(Side::A, "t38 192.0.2.1:4000"));
  EXPECT_EQ(std::count(called->heard.begin(), called->heard.end(), "offer"), 0);
}

TEST_F(CallTest, RefusedT38StaysInG711AndIsNotAskedForAgain) {
  LegScript& caller = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);

  caller.listener->on_offer_refused(488);
  media.hear(Side::B, media::HeardTone::V21Preamble);

  EXPECT_EQ(std::count(caller.heard.begin(), caller.heard.end(), "offer"), 1);
  EXPECT_EQ(manager.find(id)->caller().mode(), MediaModeState::Passthrough);
}

TEST_F(CallTest, ThePeersT38OfferIsTakenAtAnyTimeAndItsWayBackToAudioToo) {
  LegScript& caller = answered_sip_to_pri();

  caller.listener->on_offer(t38_at("192.0.2.1:4002"));
  EXPECT_EQ(caller.heard.back(), "answer_offer");
  EXPECT_TRUE(media.did(Side::A, "t38 192.0.2.1:4002"));

  caller.listener->on_offer(audio_at("192.0.2.1:4004"));
  EXPECT_TRUE(media.did(Side::A, "rtp 192.0.2.1:4004"));
  EXPECT_EQ(manager.find(id)->caller().mode(), MediaModeState::Passthrough);
}

MediaDescription both_at(const std::string& where, std::vector<AudioCodec> codecs = {{CodecId::Pcma, 8}}) {
  return {audio_at(where, std::move(codecs)).audio, t38_at(where).image};
}

TEST_F(CallTest, OfAudioAndImageInAReInviteTheImageIsTakenOnceAFaxWasHeard) {
  sip.policy.t38 = T38Ask::Peer;
  LegScript& caller = answered_sip_to_pri();
  caller.listener->on_offer(both_at("192.0.2.1:4000"));
  EXPECT_TRUE(caller.last_media->audio && !caller.last_media->image) << "it says what it could do";
  media.hear(Side::B, media::HeardTone::Ced);

  caller.listener->on_offer(both_at("192.0.2.1:4002"));

  EXPECT_EQ(caller.heard.back(), "answer_offer");
  EXPECT_TRUE(caller.last_media->image && !caller.last_media->audio);
  EXPECT_TRUE(media.did(Side::A, "t38 192.0.2.1:4002"));
  EXPECT_EQ(manager.find(id)->caller().mode(), MediaModeState::T38);

  caller.listener->on_offer(both_at("192.0.2.1:4004"));
  EXPECT_TRUE(media.did(Side::A, "t38 192.0.2.1:4004")) << "a refresh in T.38 leaves it T.38";
  EXPECT_EQ(manager.find(id)->caller().mode(), MediaModeState::T38);
}

TEST_F(CallTest, OfAudioAndImageAudioIsTakenWhereTheTrunkLetsNobodyAskOrItIsTooLate) {
  for (bool is_late : {false, true}) {
    sip.policy.t38 = is_late ? T38Ask::Peer : T38Ask::Never;
    sip.policy.t38_offer_window = is_late ? 4s : 0s;
    LegScript& caller = answered_sip_to_pri();
    reactor.advance(5s);
    media.hear(Side::B, media::HeardTone::V21Preamble);

    caller.listener->on_offer(both_at("192.0.2.1:4002"));

    EXPECT_TRUE(caller.last_media->audio && !caller.last_media->image);
    EXPECT_EQ(manager.find(id)->caller().mode(), MediaModeState::Passthrough);
  }
}

TEST_F(CallTest, OfAudioAndImageTheImageIsTakenWhereAudioIsNotPossible) {
  LegScript& caller = answered_sip_to_pri();

  caller.listener->on_offer(both_at("192.0.2.1:4002", {}));

  EXPECT_TRUE(caller.last_media->image && !caller.last_media->audio);
  EXPECT_TRUE(media.did(Side::A, "t38 192.0.2.1:4002"));
}

TEST_F(CallTest, OfAudioAndImageInTheFirstInviteTheImageIsTakenFromFaxLinesOnly) {
  for (bool is_fax : {false, true}) {
    sip.policy.is_known_fax = is_fax;
    targets = {&pri};
    LegScript& caller = incoming(sip, both_at("192.0.2.1:4000"));

    pri.legs.back()->listener->on_answered(std::nullopt);

    ASSERT_TRUE(caller.last_media);
    EXPECT_EQ(caller.last_media->image.has_value(), is_fax);
    EXPECT_EQ(caller.last_media->audio.has_value(), !is_fax);
  }
}

TEST_F(CallTest, T38InTheFirstInviteIsAnsweredWithT38) {
  targets = {&pri};
  LegScript& caller = incoming(sip, t38_at("192.0.2.1:4000"));

  pri.legs.back()->listener->on_answered(std::nullopt);

  ASSERT_TRUE(caller.last_media && caller.last_media->image);
  EXPECT_TRUE(media.did(Side::A, "t38 192.0.2.1:4000"));
  EXPECT_EQ(manager.find(id)->caller().mode(), MediaModeState::T38);
}

TEST_F(CallTest, ATrunkThatNeverSpeaksT38RefusesThePeersOffer) {
  sip.policy.t38 = T38Ask::Never;
  LegScript& caller = answered_sip_to_pri();

  caller.listener->on_offer(t38_at("192.0.2.1:4002"));

  EXPECT_EQ(caller.heard.back(), "refuse_offer 488");
}

// An INVITE without SDP in a call that stands: RFC 3261 section 14.2, RFC 6337 section 5.3.
TEST_F(CallTest, APeerThatWantsAnOfferGetsOneAsInANewCallAndIsFollowed) {
  struct Row {
    const char* what;
    FakeTrunk &from, &to;
  };
  for (const Row& row : {Row{"it called", sip, pri}, Row{"it was called", pri, sip}}) {
    SCOPED_TRACE(row.what);
    targets = {&row.to};
    const bool is_caller = &row.from == &sip;
    LegScript& caller = incoming(row.from, is_caller ? std::optional(audio_at("192.0.2.1:4000")) : std::nullopt);
    row.to.legs.back()->listener->on_answered(is_caller ? std::nullopt : std::optional(audio_at("192.0.2.1:4000")));
    reactor.settle();
    LegScript& peer = is_caller ? caller : *row.to.legs.back();
    const Side side = is_caller ? Side::A : Side::B;
    auto held = audio_at("192.0.2.1:4000");
    held.audio->direction = Direction::SendOnly;
    peer.listener->on_offer(held);
    ASSERT_FALSE(media.rtp[side].send);

    auto offer = peer.listener->on_offer_wanted();

    ASSERT_TRUE(offer && offer->audio);
    EXPECT_EQ(offer->audio->direction, Direction::SendRecv);
    EXPECT_EQ(offer->audio->codecs.size(), 2u) << "all that we can";
    EXPECT_FALSE(media.rtp[side].send) << "not before the answer";
    peer.listener->on_offer_answered(audio_at("192.0.2.7:4444"));
    EXPECT_TRUE(media.rtp[side].send && media.rtp[side].receive);
    EXPECT_EQ(media.rtp[side].remote.to_string(), "192.0.2.7:4444");

    ASSERT_TRUE(peer.listener->on_offer_wanted());
    peer.listener->on_offer_refused(488);
    EXPECT_EQ(media.rtp[side].remote.to_string(), "192.0.2.7:4444") << "unanswered, it leaves all as it was";
    EXPECT_EQ(manager.calls().size(), 1u);

    ASSERT_TRUE(peer.listener->on_offer_wanted());
    peer.listener->on_offer_answered({});
    reactor.settle();
    EXPECT_EQ(peer.released_with.q850, 65) << "an answer with nothing in common";
    EXPECT_TRUE(manager.calls().empty());
  }
}

TEST_F(CallTest, APeerThatWantsAnOfferInAFaxIsOfferedT38Again) {
  LegScript& caller = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);
  caller.listener->on_offer_answered(t38_at("192.0.2.1:4000"));

  auto offer = caller.listener->on_offer_wanted();

  ASSERT_TRUE(offer && offer->image);
  caller.listener->on_offer_answered(t38_at("192.0.2.1:4008"));
  EXPECT_EQ(media.t38[Side::A].remote.to_string(), "192.0.2.1:4008");
  EXPECT_EQ(manager.find(id)->caller().mode(), MediaModeState::T38);
}

TEST_F(CallTest, AFaxGoesOnAfterARefusalOfTheRequestOnly) {
  for (int status : {480, 401, 403, 500, 603}) {
    SCOPED_TRACE(status);
    LegScript& caller = answered_sip_to_pri();
    media.hear(Side::B, media::HeardTone::V21Preamble);

    caller.listener->on_offer_refused(status);
    reactor.settle();

    EXPECT_EQ(manager.find(id)->caller().mode(), MediaModeState::Passthrough);
    EXPECT_FALSE(called->heard_command("release 18"));
    caller.listener->on_released(kNormalClearing);
    reactor.settle();
    EXPECT_TRUE(manager.calls().empty());
  }
}

TEST_F(CallTest, AnOfferAtAnAddressOfAFamilyThatWeHaveNotIsRefusedAndCounted) {
  LegScript& caller = answered_sip_to_pri();

  caller.listener->on_offer(audio_at("[2001:db8::1]:4002"));

  EXPECT_EQ(caller.heard.back(), "refuse_offer 488");
  EXPECT_EQ(counters.get("call.media_family").value(), 1u);
}

TEST_F(CallTest, ADeadDialogEndsTheCallOnBothSides) {
  LegScript& caller = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);

  caller.listener->on_offer_refused(481);
  reactor.settle();

  EXPECT_TRUE(caller.heard_command("release 41"));
  EXPECT_TRUE(called->heard_command("release 41"));
  EXPECT_TRUE(manager.calls().empty());
}

TEST_F(CallTest, ALateT38OfferIsRefusedWhereTheTrunkHasAWindow) {
  sip.policy.t38_offer_window = 4s;
  LegScript& caller = answered_sip_to_pri();
  reactor.advance(9s);

  caller.listener->on_offer(t38_at("192.0.2.1:4000"));

  EXPECT_TRUE(caller.heard_command("refuse_offer 488"));
}

TEST_F(CallTest, RefusedT38IsTakenWhenThePeerAsksItselfLater) {
  LegScript& caller = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::V21Preamble);
  ASSERT_EQ(caller.heard.back(), "offer");
  caller.listener->on_offer_refused(488);

  caller.listener->on_offer(t38_at("192.0.2.1:4002"));

  EXPECT_EQ(caller.heard.back(), "answer_offer");
  EXPECT_TRUE(media.did(Side::A, "t38 192.0.2.1:4002"));
}

// Both ends are in the middle of a fax with the version that they agreed on first.
TEST_F(CallTest, ARunningFaxKeepsItsVersionWhateverThePeerOffersAnew) {
  sip.policy.t38_params.version = 3;
  LegScript& caller = answered_sip_to_pri();
  MediaDescription offer = t38_at("192.0.2.1:4002");
  offer.image->params.version = 0;
  caller.listener->on_offer(offer);

  offer.image->params.version = 3;
  caller.listener->on_offer(offer);

  ASSERT_TRUE(caller.last_media && caller.last_media->image);
  EXPECT_EQ(caller.last_media->image->params.version, 0);
  EXPECT_EQ(media.t38[Side::A].version(), 0);
}

TEST_F(CallTest, WhatAT38PeerTellsWronglyIsPutRightOnItsSideOnly) {
  sip.policy.t38_peer_faults = {.max_datagram = 180, .error_correction = ErrorCorrection::None};
  LegScript& caller = answered_sip_to_pri();

  caller.listener->on_offer(t38_at("192.0.2.1:4002"));

  EXPECT_EQ(media.t38[Side::A].remote_params.max_datagram, 180);
  EXPECT_EQ(media.t38[Side::A].remote_params.error_correction, ErrorCorrection::None);
  EXPECT_EQ(media.t38[Side::A].local, sip.policy.t38_params) << "what we told of ourselves";
}

TEST_F(CallTest, ASuperG3FaxIsLoweredAtItsAnswerToneAndAModemIsLeftAlone) {
  LegScript& modem = answered_sip_to_pri();
  media.hear(Side::B, media::HeardTone::AnsAm);
  EXPECT_FALSE(modem.heard_command("offer")) << "no CNG: it may be a modem";

  media.hear(Side::A, media::HeardTone::Cng);
  media.hear(Side::B, media::HeardTone::AnsAm);

  EXPECT_EQ(modem.heard.back(), "offer");
}

TEST_F(CallTest, AFaxThatNobodyHangsUpAfterItsGoodbyeIsCleared) {
  LegScript& caller = answered_sip_to_pri();
  media::FaxSeen dcn;
  dcn.event.code = {t38::fcf::kDcn};
  media.hear(Side::B, media::HeardTone::V21Preamble);
  media.tell(dcn);
  reactor.advance(5s);
  media::FaxSeen another = dcn;
  another.event.code = {t38::fcf::kDis};
  media.tell(another);
  reactor.advance(10s);
  EXPECT_FALSE(caller.heard_command("release 16")) << "the machines have more to say";

  media.tell(dcn);
  reactor.advance(5999ms);
  EXPECT_FALSE(caller.heard_command("release 16"));
  reactor.advance(1ms);

  EXPECT_TRUE(caller.heard_command("release 16"));
  EXPECT_TRUE(called->heard_command("release 16"));
  reactor.settle();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].released_by, ReleasedBy::Gateway);
}

TEST_F(CallTest, WhoHangsUpBesideADeadLineHasEndedTheCall) {
  LegScript& caller = answered_sip_to_pri();
  called->listener->on_line_changed({.span = 1, .is_dchannel_lost = true});

  caller.listener->on_released(kNormalClearing);
  reactor.settle();

  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].released_by, ReleasedBy::Caller);
  ASSERT_EQ(records[0].called[0].outages.size(), 1u);
  EXPECT_FALSE(records[0].called[0].outages[0].ended);
}

TEST_F(CallTest, ALineThatIsWellAgainEndsNoCall) {
  answered_sip_to_pri();
  called->listener->on_line_changed({.span = 1, .alarms = tdm::kAlarmRed});
  reactor.advance(1s);
  called->listener->on_line_changed({.span = 1});

  called->listener->on_released(kNormalClearing);
  reactor.settle();

  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].released_by, ReleasedBy::Called);
  const LineOutage& outage = records[0].called[0].outages.at(0);
  EXPECT_EQ(*outage.ended - outage.began, 1s);
}

TEST_F(CallTest, PriToSipOffersAudioAndUsesTheAnswer) {
  targets = {&sip};
  LegScript& caller = incoming(pri, std::nullopt);
  EXPECT_EQ(caller.heard, std::vector<std::string>{"proceeding"});
  LegScript& callee = *sip.legs.back();
  ASSERT_TRUE(callee.last_media && callee.last_media->audio);

  callee.listener->on_alerting(false, std::nullopt);
  callee.listener->on_answered(audio_at("192.0.2.9:5000", {{CodecId::Pcmu, 0}}));

  EXPECT_EQ(media.rtp[Side::B].codec.id, CodecId::Pcmu);
  EXPECT_EQ(caller.heard.back(), "answer");
}

TEST_F(CallTest, APeerThatAnswersAfaxShouldAskFirstAndIsAskedWhenItDoesNot) {
  targets = {&sip};
  incoming(pri, std::nullopt);
  LegScript& callee = *sip.legs.back();
  callee.listener->on_answered(audio_at("192.0.2.9:5000"));

  media.hear(Side::B, media::HeardTone::V21Preamble);
  EXPECT_FALSE(callee.heard_command("offer"));
  reactor.advance(sip.policy.t38_peer_head_start);

  EXPECT_TRUE(callee.heard_command("offer"));
}

TEST_F(CallTest, AnAnnouncementAfterDisconnectIsHeardUntilTheFarEndReleases) {
  LegScript& caller = sip_to_pri();

  called->listener->on_disconnected({1}, true);
  EXPECT_EQ(caller.heard.back(), "progress inband");
  EXPECT_EQ(media.bridging, media::Bridging::BToA);
  called->listener->on_released({1});
  reactor.settle();

  EXPECT_TRUE(caller.heard_command("release 1"));
  EXPECT_TRUE(manager.calls().empty());
}

TEST_F(CallTest, APeerThatIsGoneEndsTheCallWhichSaysSo) {
  struct Row {
    PeerGone how;
    const char* counter;
  };
  for (Row row :
       {Row{PeerGone::NotAcknowledged, "call.not_acknowledged"}, Row{PeerGone::SessionExpired, "call.session_expired"},
        Row{PeerGone::Unreachable, "call.caller_unreachable"}}) {
    SCOPED_TRACE(row.counter);
    LegScript& caller = answered_sip_to_pri();

    caller.listener->on_peer_gone(row.how);
    reactor.settle();

    EXPECT_TRUE(called->heard_command("release 102"));
    EXPECT_EQ(records.back().peer_gone, row.how);
    EXPECT_EQ(records.back().released_by, ReleasedBy::Gateway);
    EXPECT_EQ(records.back().cause, kRecoveryOnTimer);
    EXPECT_EQ(counters.get(row.counter).value(), 1u);
  }
}

// The reactor's time goes on by 28 s while no time passes by the wall clock: as if that had been set back meanwhile.
TEST_F(CallTest, LastsAsLongAsTheSteadyClockSaysWhateverTheWallClockDoes) {
  auto before = std::chrono::system_clock::now();
  LegScript& caller = sip_to_pri();
  reactor.advance(2s);
  called->listener->on_answered(std::nullopt);
  reactor.advance(27s);
  media.hear(Side::B, media::HeardTone::V21Preamble);
  EXPECT_EQ(manager.find(id)->talking(), 27s);
  reactor.advance(1s);

  caller.listener->on_released({16});
  reactor.settle();

  const Record& record = records.back();
  EXPECT_LT(record.started - before, 2s);
  EXPECT_EQ(*record.answered - record.started, 2s);
  EXPECT_EQ(record.ended - *record.answered, 28s);
  ASSERT_FALSE(record.caller.modes.empty());
  EXPECT_GE(record.caller.modes.back().at - record.started, 29s);
  EXPECT_LE(record.caller.modes.back().at, record.ended);
}

TEST_F(CallTest, MediaThatCannotBeOpenedEndsTheCallWithAResourceCause) {
  LegScript& caller = sip_to_pri();

  media.tell(media::SideFailed{Side::B, "span 1 timeslot 3 is gone"});
  reactor.settle();

  EXPECT_TRUE(caller.heard_command("release 47"));
  EXPECT_TRUE(manager.calls().empty());
}

TEST_F(CallTest, WithoutAFreePortTheCallIsRefused) {
  media.no_ports = true;
  targets = {&pri};

  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));

  EXPECT_TRUE(caller.heard_command("release 47"));
  EXPECT_TRUE(manager.calls().empty());
}

TEST_F(CallTest, SignalledDigitsBecomeTonesOnTheOtherSide) {
  LegScript& caller = answered_sip_to_pri();

  caller.listener->on_digits("5#");

  EXPECT_TRUE(media.did(Side::B, "digit 5"));
  EXPECT_TRUE(media.did(Side::B, "digit #"));
}

TEST_F(CallTest, ATrunkOfInfoIsToldDigitsByItsLeg) {
  sip.policy.digits_by_info = true;
  targets = {&sip};
  LegScript& caller = incoming(pri, std::nullopt);
  LegScript& peer = *sip.legs.at(0);
  peer.listener->on_answered(audio_at("192.0.2.9:4000"));

  media.tell(media::DigitHeard{Side::A, '7'});
  caller.listener->on_digits("5#");
  media.tell(media::DigitHeard{Side::B, '9'});

  std::vector<std::string> digits;
  std::ranges::copy_if(peer.heard, std::back_inserter(digits),
                       [](const std::string& command) { return command.starts_with("digits"); });
  EXPECT_EQ(digits, (std::vector<std::string>{"digits 7", "digits 5#"}));
  EXPECT_FALSE(media.did(Side::B, "digit 5"));
}

// Q.931 5.1.3, 5.2.4: without a number there is no call. What is no text is no number either.
TEST_F(CallTest, ACallWithoutANumberIsRefusedBeforeThePlanIsAsked) {
  targets = {&sip, &pri};
  for (const char* dialled : {"", "301\r\n2026-01-01 error FORGED", "301\x1b[2J", "301\x7f", "301\xc2\x9b", "\xff"}) {
    for (FakeTrunk* from : {&sip, &pri}) {
      size_t calls = records.size();
      number = dialled;
      LegScript& caller = incoming(*from, from == &sip ? std::optional(audio_at("192.0.2.1:4000")) : std::nullopt);
      reactor.settle();

      EXPECT_TRUE(caller.heard_command("release 28")) << dialled;
      EXPECT_TRUE(caller.destroyed);
      ASSERT_EQ(records.size(), calls + 1);
      EXPECT_EQ(sip_status_of(records.back().cause), 484);
      EXPECT_TRUE(records.back().plan.outcome.empty()) << "the plan was asked";
      EXPECT_TRUE(records.back().called.empty());
    }
  }
  EXPECT_EQ(counters.get("call.refused_number").value(), 12u);
}

TEST_F(CallTest, DialledDigitByDigitWithoutADigitOrWithControlsIsRefusedToo) {
  targets = {&sip};
  LegScript& silent = dials(pri, "");
  EXPECT_TRUE(silent.heard_command("want_digits tone")) << "more digits may come";
  silent.listener->on_digits_complete();
  reactor.settle();
  EXPECT_TRUE(silent.heard_command("release 28"));

  LegScript& odd = dials(pri, "");
  odd.listener->on_digits("2\x1b");
  reactor.settle();
  EXPECT_TRUE(odd.heard_command("release 28"));
}

// RFC 3398 section 7.2.5 and 8.2.3, RFC 3960 section 3.2, Q.931 section 5.1.6: what the caller is told and hears.
struct ProgressRow {
  const char* what;
  MediaKind caller, called;
  bool alerts;  // else progress
  bool inband;
  bool caller_plays_own_ringback;
  const char* told;
  media::Bridging bridging;
  media::Tone tone;
};
class ProgressTest : public CallTest, public ::testing::WithParamInterface<ProgressRow> {};

TEST_P(ProgressTest, TellsTheCallerAndLetsItHearWhatThereIsToHear) {
  const ProgressRow& row = GetParam();
  pri.policy.plays_ringback = !row.caller_plays_own_ringback;
  bool is_ip = row.called == MediaKind::Ip;
  targets = {is_ip ? &other_sip : &other_pri};
  LegScript& caller =
      row.caller == MediaKind::Ip ? incoming(sip, audio_at("192.0.2.1:4000")) : incoming(pri, std::nullopt);
  called = targets[0]->legs.back().get();

  auto early = is_ip && row.inband ? std::optional(audio_at("192.0.2.9:5000")) : std::nullopt;
  if (row.alerts) {
    called->listener->on_alerting(row.inband, early);
  } else {
    called->listener->on_progress(row.inband, early);
  }

  EXPECT_EQ(caller.heard.back(), row.told);
  EXPECT_EQ(media.bridging, row.bridging);
  EXPECT_EQ(media.tones[Side::A], row.tone);
  called->listener->on_answered(is_ip ? std::optional(audio_at("192.0.2.9:5000")) : std::nullopt);
  EXPECT_EQ(media.tones[Side::A], media::Tone::None);
  EXPECT_EQ(media.bridging, media::Bridging::Both);
  caller.listener->on_released(kNormalClearing);
  reactor.settle();
}

constexpr auto kIp = MediaKind::Ip, kTdm = MediaKind::Tdm;
constexpr auto kNoBridge = media::Bridging::None, kEarly = media::Bridging::BToA;
constexpr auto kQuiet = media::Tone::None, kRings = media::Tone::Ringback;
INSTANTIATE_TEST_SUITE_P(
    Call, ProgressTest,
    ::testing::Values(
        ProgressRow{"AlertingTo180", kIp, kTdm, true, false, false, "alert", kNoBridge, kQuiet},
        ProgressRow{"AlertingWithIndicator8To180WithSdp", kIp, kTdm, true, true, false, "alert inband", kEarly, kQuiet},
        ProgressRow{"ProgressTo183", kIp, kTdm, false, false, false, "progress", kNoBridge, kQuiet},
        ProgressRow{"ProgressWithIndicator8To183WithSdp", kIp, kTdm, false, true, false, "progress inband", kEarly,
                    kQuiet},
        ProgressRow{"180ToAlertingWithOurRingback", kTdm, kIp, true, false, false, "alert inband", kNoBridge, kRings},
        ProgressRow{"180ToAlertingWhereTheExchangeRings", kTdm, kIp, true, false, true, "alert", kNoBridge, kQuiet},
        ProgressRow{"180WithSdpToAlertingWithIndicator8", kTdm, kIp, true, true, false, "alert inband", kEarly, kQuiet},
        ProgressRow{"183ToNothing", kTdm, kIp, false, false, false, "progress", kNoBridge, kQuiet},
        ProgressRow{"183WithSdpToProgressWithIndicator8", kTdm, kIp, false, true, false, "progress inband", kEarly,
                    kQuiet},
        ProgressRow{"180To180", kIp, kIp, true, false, false, "alert", kNoBridge, kQuiet},
        ProgressRow{"183WithSdpTo183WithSdp", kIp, kIp, false, true, false, "progress inband", kEarly, kQuiet},
        ProgressRow{"AlertingToAlerting", kTdm, kTdm, true, false, false, "alert", kNoBridge, kQuiet},
        ProgressRow{"AlertingWithIndicator8ToTheSame", kTdm, kTdm, true, true, false, "alert inband", kEarly, kQuiet}),
    [](const auto& row) { return std::string(row.param.what); });

TEST_F(CallTest, TonesAreThoseOfTheTrunkOfWhoHearsThem) {
  for (const tdm::ToneZone& zone : tdm::tone_zones()) {
    pri.policy.tone_zone = &zone;
    targets = {&sip};
    incoming(pri, std::nullopt);

    sip.legs.back()->listener->on_alerting(false, std::nullopt);

    EXPECT_EQ(media.tones[Side::A], media::Tone::Ringback);
    EXPECT_EQ(media.zones[Side::A], zone.name);
  }
}

TEST_F(CallTest, OurRingbackGivesWayToTheMediaThatComesLater) {
  targets = {&sip};
  LegScript& caller = incoming(pri, std::nullopt);
  sip.legs.back()->listener->on_alerting(false, std::nullopt);
  ASSERT_EQ(media.tones[Side::A], media::Tone::Ringback);

  sip.legs.back()->listener->on_progress(true, audio_at("192.0.2.9:5000"));

  EXPECT_EQ(media.tones[Side::A], media::Tone::None);
  EXPECT_EQ(media.bridging, media::Bridging::BToA);
  EXPECT_EQ(caller.heard.back(), "progress inband");
}

TEST_F(CallTest, ATrunksOwnCausesReplaceTheTableBothWaysAndTheRecordHasBothCodes) {
  pri.cause_map.cause_of_status[486] = 19;
  sip.cause_map.status_of_cause[34] = 480;
  targets = {&sip};
  LegScript& from_pri = incoming(pri, std::nullopt);
  sip.legs.back()->listener->on_released(cause_of_sip(486));
  reactor.settle();
  EXPECT_TRUE(from_pri.heard_command("release 19"));
  EXPECT_EQ(records.at(0).called.at(0).cause, (Cause{17, 486}));

  LegScript& from_sip = sip_to_pri();
  called->listener->on_released(kNoCircuit);
  reactor.settle();
  EXPECT_TRUE(from_sip.heard_command("release 34"));
  EXPECT_EQ(sip.legs[1]->released_with.sip_status, 480);
}

TEST_F(CallTest, ANumberDialledDigitByDigitGoesOutAsSoonAsThePlanKnowsItIsWhole) {
  targets = {&sip};
  LegScript& caller = dials(pri, "");
  EXPECT_EQ(caller.heard, std::vector<std::string>{"want_digits tone"});
  EXPECT_EQ(media.tones[Side::A], media::Tone::Dial);

  caller.listener->on_digits("2");
  EXPECT_EQ(media.tones[Side::A], media::Tone::None) << "the first digit ends dial tone";
  caller.listener->on_digits("0");
  EXPECT_TRUE(sip.legs.empty());
  caller.listener->on_digits("5");

  EXPECT_EQ(caller.heard, (std::vector<std::string>{"want_digits tone", "proceeding"}));
  EXPECT_TRUE(sip.legs.at(0)->heard_command("setup 205"));
}

TEST_F(CallTest, AWholeNumberInSetupNeedsNoMoreDigitsThoughItDoesNotSaySo) {
  targets = {&sip};

  LegScript& caller = dials(pri, "200");

  EXPECT_EQ(caller.heard, std::vector<std::string>{"proceeding"});
  EXPECT_TRUE(sip.legs.at(0)->heard_command("setup 200"));
}

TEST_F(CallTest, ANumberThatMayGrowWaitsForATerminatorOrForTheEndOfDialling) {
  targets = {&sip};
  LegScript& with_terminator = dials(pri, "2");
  with_terminator.listener->on_digits("9#7");
  EXPECT_TRUE(sip.legs.at(0)->heard_command("setup 29"));

  LegScript& with_timeout = dials(pri, "29");
  EXPECT_EQ(sip.legs.size(), 1u);
  with_timeout.listener->on_digits_complete();
  EXPECT_TRUE(sip.legs.at(1)->heard_command("setup 29"));
}

TEST_F(CallTest, DigitsThatLeadNowhereEndTheCallAtOnce) {
  LegScript& caller = dials(pri, "");

  caller.listener->on_digits("7");
  reactor.settle();

  EXPECT_TRUE(caller.heard_command("release 1"));
  EXPECT_TRUE(manager.calls().empty());
}

TEST_F(CallTest, ANumberThatIsTooShortIsRefusedAsThat) {
  LegScript& caller = dials(pri, "2");
  caller.listener->on_digits_complete();
  reactor.settle();
  EXPECT_TRUE(caller.heard_command("release 28"));

  number = "20";
  is_complete = true;
  EXPECT_TRUE(incoming(sip, audio_at("192.0.2.1:4000")).heard_command("release 28")) << "484 on the SIP side";
}

TEST_F(CallTest, WhoHangsUpWhileDiallingLeavesNothingBehind) {
  LegScript& caller = dials(pri, "2");

  caller.listener->on_released(kNormalClearing);
  reactor.settle();

  EXPECT_TRUE(manager.calls().empty());
  EXPECT_TRUE(media.open_sessions.empty());
  EXPECT_EQ(reactor.armed_timers(), 0u);
}

TEST_F(CallTest, ACalledExchangeThatWantsMoreDigitsGetsThoseTheCallerGoesOnToDial) {
  targets = {&pri};
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));

  pri.legs.at(0)->listener->on_digits_wanted(true);
  caller.listener->on_digits("42");

  EXPECT_TRUE(pri.legs.at(0)->heard_command("digits 42"));
}

TEST_F(CallTest, ShuttingDownClearsEveryCallAndTellsWhenNoneIsLeft) {
  answered_sip_to_pri();
  bool is_done = false;

  manager.shut_down([&] { is_done = true; });
  reactor.settle();

  EXPECT_TRUE(is_done);
  EXPECT_TRUE(manager.calls().empty());
  EXPECT_EQ(reactor.armed_timers(), 0u);
}

TEST_F(CallTest, AThousandCallsLeaveNothingBehind) {
  for (int i = 0; i < 1000; ++i) {
    LegScript& caller = answered_sip_to_pri();
    LegListener* hangs_up = i % 2 ? caller.listener : called->listener;
    hangs_up->on_released(kNormalClearing);
    reactor.settle();
  }
  // That they were there is known for as long (Replaces, RFC 3891).
  reactor.advance(32s);

  EXPECT_TRUE(manager.calls().empty());
  EXPECT_TRUE(media.open_sessions.empty());
  EXPECT_EQ(reactor.armed_timers(), 0u);
  EXPECT_EQ(records.size(), 1000u);
}

}  // namespace
}  // namespace sg::call
