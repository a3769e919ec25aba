#include "gateway/fax/fax_experience.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sg::fax {
namespace {

using Mode = call::MediaModeState;
using Reason = call::ModeReason;
using std::chrono::days;
using std::chrono::seconds;

const call::WallTime kNow{seconds(1'700'000'000)};

// One fax to +4930 on trunk "carrier", which stands on side B.
struct Fax {
  RuleId rule;
  std::vector<std::pair<Mode, Reason>> modes = {{Mode::OfferingT38, Reason::Preamble}, {Mode::T38, Reason::OurOffer}};
  int refused_with = 0;
  uint64_t heard = 100;  // T.38 packets of the peer
  int bit_rate = 14400;
  int trainings_failed = 0;
  seconds lasted{60};
};

const std::vector<std::pair<Mode, Reason>> kPeerAsked = {{Mode::T38, Reason::PeersOffer}};
const std::vector<std::pair<Mode, Reason>> kNotAsked = {{Mode::Passthrough, Reason::NotOursToAsk}};

Fax refused(int status, RuleId rule = RuleId::Delivered) {
  return {rule, {{Mode::OfferingT38, Reason::Preamble}, {Mode::Passthrough, Reason::Refused}}, status};
}

class FaxExperienceTest : public ::testing::Test {
 protected:
  // Whether something was learnt.
  bool fax(const Fax& fax, call::WallTime now = kNow) {
    call::Record record;
    record.ended = now + fax.lasted;
    call::LegRecord leg;
    for (const auto& [mode, reason] : fax.modes) leg.modes.push_back({now, mode, reason});
    leg.t38_refused_with = fax.refused_with;
    record.media.side[1].udptl.packets_sent = 100;
    record.media.side[1].udptl.packets_received = fax.heard;
    record.media.fax.bit_rate = fax.bit_rate;
    media::FaxSeen training_failed;
    training_failed.event.code = {t38::fcf::kFtt};
    for (int i = 0; i < fax.trainings_failed; ++i) record.fax_log.on_seen(0ms, training_failed);
    return known.learn(record, leg, media::Side::B, fax.rule, now);
  }
  void faxes(int times, const Fax& each, call::WallTime now = kNow) {
    for (int i = 0; i < times; ++i) fax(each, now);
  }
  call::MediaPolicy policy(call::WallTime now = kNow, T38Ask ask = T38Ask::Preamble) {
    call::MediaPolicy policy;
    policy.t38 = ask;
    known.apply(policy, now);
    return policy;
  }

  FaxExperience known{.trunk = "carrier", .number = "+4930"};
};

TEST_F(FaxExperienceTest, WhatIsNotThePeersDoingTeachesNothing) {
  for (RuleId rule :
       {RuleId::HungUpBeforeDocument, RuleId::HungUpInPage, RuleId::Slips, RuleId::LossInT38, RuleId::BrokenOff,
        RuleId::NobodyAnsweredAsFax, RuleId::OnlyATone, RuleId::NoGoodbye, RuleId::NoConfirmation, RuleId::Relayed,
        RuleId::NoWord, RuleId::NothingCame, RuleId::T38WaitedFor, RuleId::T38NotTaken, RuleId::LineDown,
        RuleId::HungUpHere, RuleId::EndedByFailure, RuleId::NeverAcknowledged, RuleId::UnderWay}) {
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(fax({rule})) << name_of(rule);
    EXPECT_EQ(known.held_back(kNow), "") << name_of(rule);
  }
}

TEST_F(FaxExperienceTest, APeerThatHasNoT38IsNotAskedAgainForAMonth) {
  for (int status : {415, 488, 501, 606}) {
    known = {};

    EXPECT_TRUE(fax(refused(status)));

    EXPECT_EQ(policy().t38, T38Ask::Peer) << status;
    EXPECT_EQ(policy(kNow, T38Ask::AtOnce).t38, T38Ask::Peer);
    EXPECT_EQ(policy(kNow, T38Ask::Never).t38, T38Ask::Never) << "never against the trunk's options";
    faxes(20, {RuleId::Delivered, kNotAsked}, kNow + days(20));
    EXPECT_EQ(policy(kNow + days(29)).t38, T38Ask::Peer);
    EXPECT_EQ(policy(kNow + days(30)).t38, T38Ask::Preamble) << "tried again";
  }
}

TEST_F(FaxExperienceTest, ARefusalIsLearntWhateverBecameOfTheFax) {
  EXPECT_TRUE(fax(refused(488, RuleId::HungUpInPage)));

  EXPECT_EQ(policy().t38, T38Ask::Peer);
  EXPECT_EQ(known.failed, 0);
}

TEST_F(FaxExperienceTest, ARefusalThatMayPassIsNotRemembered) {
  for (int status : {491, 500, 503, 603}) EXPECT_FALSE(fax(refused(status, RuleId::NoConfirmation))) << status;

  EXPECT_EQ(policy().t38, T38Ask::Preamble);
}

TEST_F(FaxExperienceTest, APeerThatDropsOurOfferIsNotAskedAgain) {
  fax({RuleId::Delivered, {{Mode::OfferingT38, Reason::Preamble}, {Mode::Passthrough, Reason::NoAnswer}}});
  EXPECT_EQ(policy().t38, T38Ask::Peer);

  known = {};
  fax({RuleId::Delivered,
       {{Mode::OfferingT38, Reason::Preamble}, {Mode::Passthrough, Reason::NoAnswer}, {Mode::T38, Reason::OurOffer}}});
  EXPECT_EQ(policy().t38, T38Ask::Preamble) << "its answer was only late";
}

TEST_F(FaxExperienceTest, AnOfferThatEndsTheCallTwiceIsNotMadeAgain) {
  const Fax lost{RuleId::DialogLost, {{Mode::OfferingT38, Reason::Preamble}}, 481};

  fax(lost);
  EXPECT_EQ(policy().t38, T38Ask::Preamble);
  fax(lost);

  EXPECT_EQ(policy().t38, T38Ask::Peer);
  EXPECT_EQ(policy().t38_params.max_bit_rate, 14400);
}

TEST_F(FaxExperienceTest, WherePacketsDoNotComeThroughTheNextFaxGoesInG711) {
  fax({.rule = RuleId::NoT38Packet, .heard = 0});

  EXPECT_EQ(policy().t38, T38Ask::Never);
  EXPECT_EQ(policy(kNow + days(30)).t38, T38Ask::Preamble);
}

TEST_F(FaxExperienceTest, AnotherLegsSilenceAndACallThatEndedAtOnceSayNothing) {
  EXPECT_FALSE(fax({.rule = RuleId::NoT38Packet, .heard = 5}));
  EXPECT_FALSE(fax({.rule = RuleId::NoT38Packet, .heard = 0, .lasted = seconds(2)}));
}

TEST_F(FaxExperienceTest, AfterALateOfferWeAskEarlierAndIfThatIsOfNoUseTakeNoLateOffer) {
  fax({RuleId::PeerAskedLate, kPeerAsked});
  EXPECT_EQ(policy().t38, T38Ask::Ced);
  EXPECT_EQ(policy().t38_offer_window, Duration::zero());
  EXPECT_EQ(policy(kNow, T38Ask::Peer).t38, T38Ask::Peer) << "it is not ours to ask";
  EXPECT_EQ(policy(kNow, T38Ask::Peer).t38_offer_window, FaxExperience::kEarly);

  fax({RuleId::PeerAskedLate, kPeerAsked});
  EXPECT_EQ(policy().t38, T38Ask::Peer);
  EXPECT_EQ(policy().t38_offer_window, FaxExperience::kEarly);
}

TEST_F(FaxExperienceTest, APeerThatRefusesAndThenAsksLateIsNotHeardLate) {
  fax({RuleId::PeerAskedLate,
       {{Mode::OfferingT38, Reason::Preamble}, {Mode::Passthrough, Reason::Refused}, {Mode::T38, Reason::PeersOffer}},
       488});

  EXPECT_EQ(policy().t38, T38Ask::Peer);
  EXPECT_EQ(policy().t38_offer_window, FaxExperience::kEarly);
}

TEST_F(FaxExperienceTest, WhereOurOwnOfferBroughtT38TooLateWeAskEarlierAndThenNotAtAll) {
  for (RuleId rule : {RuleId::WeAskedLate, RuleId::T38AnsweredLate}) {
    known = {};
    EXPECT_FALSE(fax({rule, kPeerAsked})) << "the other leg was late";

    fax({rule});
    EXPECT_EQ(policy().t38, T38Ask::Ced) << name_of(rule);
    fax({rule});
    EXPECT_EQ(policy().t38, T38Ask::Never) << name_of(rule);
  }
}

TEST_F(FaxExperienceTest, WhereBothSidesAskedAtOnceThePeerIsLeftToAsk) {
  fax({RuleId::T38LateAfterGlare});

  EXPECT_EQ(policy().t38, T38Ask::Peer);
}

TEST_F(FaxExperienceTest, APeerThatAsksItselfGetsTheTimeToDoSo) {
  fax({RuleId::Delivered, kPeerAsked});

  EXPECT_EQ(policy().t38_peer_head_start, FaxExperience::kHeadStart);
  EXPECT_TRUE(policy().is_known_fax);
  EXPECT_EQ(name_of(known.transport), "t38");
  EXPECT_EQ(name_of(known.asked_by), "peer");
}

TEST_F(FaxExperienceTest, TrainingThatFailsTakesAwayModemByModemAndThenT38) {
  fax({RuleId::TrainingFailed});
  EXPECT_EQ(policy().t38_params.max_bit_rate, 14400) << "once is chance";
  fax({RuleId::TrainingFailed});
  EXPECT_EQ(policy().t38_params.max_bit_rate, 9600);
  faxes(2, {RuleId::TrainingUnanswered});
  EXPECT_EQ(policy().t38_params.max_bit_rate, 4800);
  EXPECT_TRUE(policy().ecm);
  faxes(2, {RuleId::TrainingFailed});

  EXPECT_EQ(policy().t38, T38Ask::Never);
  EXPECT_EQ(policy().t38_params.max_bit_rate, 14400) << "in G.711 the machines do as they like";
}

TEST_F(FaxExperienceTest, WhatGetsThroughInSmallerPacketsIsSlowed) {
  const std::pair<RuleId, RuleId> cases[] = {{RuleId::PacketsCut, RuleId::DeliveredPacketsCut},
                                             {RuleId::SmallDatagrams, RuleId::DeliveredSmallDatagrams}};
  for (const auto& [failed, delivered] : cases) {
    known = {};

    faxes(2, {failed});

    EXPECT_EQ(policy().t38_params.max_bit_rate, 9600) << name_of(failed);
    EXPECT_TRUE(fax({delivered})) << name_of(delivered);
    EXPECT_EQ(known.delivered, 1);
  }
}

TEST_F(FaxExperienceTest, AMachineThatSaysNothingInT38GetsG711) {
  faxes(2, {RuleId::NoWordInT38});

  EXPECT_EQ(policy().t38, T38Ask::Never);
}

TEST_F(FaxExperienceTest, EcmThatGivesUpTakesAwaySpeedFirst) {
  faxes(2, {RuleId::EcmGaveUp});
  EXPECT_EQ(policy().t38_params.max_bit_rate, 9600);
  EXPECT_TRUE(policy().ecm);

  faxes(2, {RuleId::EcmGaveUp});
  EXPECT_FALSE(policy().ecm);
}

TEST_F(FaxExperienceTest, WhatIsNoBetterInG711GoesBackToT38) {
  fax({.rule = RuleId::NoT38Packet, .heard = 0});

  faxes(2, {RuleId::LossInG711, kNotAsked});

  EXPECT_EQ(policy().t38, T38Ask::Preamble);
}

TEST_F(FaxExperienceTest, FailuresInG711ThatIsTheTrunksOwnChoiceTeachNothing) {
  EXPECT_FALSE(fax({RuleId::LossInG711, kNotAsked}));
  EXPECT_FALSE(fax({RuleId::TrainingFailed, kNotAsked}));
}

TEST_F(FaxExperienceTest, MachinesThatFindNothingInCommonGetEverythingBack) {
  faxes(4, {RuleId::EcmGaveUp});
  fax({RuleId::Capabilities});

  EXPECT_EQ(known.held_back(kNow), "");
  EXPECT_FALSE(fax({RuleId::Capabilities})) << "nothing is held back that it could be";
}

TEST_F(FaxExperienceTest, AFaxThatWasDeliveredBreaksTheRowOfFailures) {
  fax({RuleId::TrainingFailed});
  fax({RuleId::Delivered});
  fax({RuleId::TrainingFailed});

  EXPECT_EQ(policy().t38_params.max_bit_rate, 14400);
}

TEST_F(FaxExperienceTest, FaxesInARowTakeBackAStepAndOneFailureBringsItBackForLonger) {
  faxes(2, {RuleId::TrainingFailed});

  faxes(FaxExperience::kDeliveredForATrial - 1, {RuleId::Delivered});
  EXPECT_EQ(policy().t38_params.max_bit_rate, 9600);
  fax({RuleId::Delivered});
  EXPECT_EQ(policy().t38_params.max_bit_rate, 14400);

  fax({RuleId::TrainingFailed});
  EXPECT_EQ(policy().t38_params.max_bit_rate, 9600) << "the trial failed: no second failure is waited for";
  faxes(2 * FaxExperience::kDeliveredForATrial - 1, {RuleId::Delivered});
  EXPECT_EQ(policy().t38_params.max_bit_rate, 9600);
  fax({RuleId::Delivered});
  EXPECT_EQ(policy().t38_params.max_bit_rate, 14400);
}

TEST_F(FaxExperienceTest, TimeTakesBackStepByStep) {
  faxes(4, {RuleId::EcmGaveUp});

  EXPECT_FALSE(policy(kNow + days(29)).ecm);
  EXPECT_TRUE(policy(kNow + days(30)).ecm);
  EXPECT_EQ(policy(kNow + days(30)).t38_params.max_bit_rate, 9600);
  EXPECT_EQ(policy(kNow + days(60)).t38_params.max_bit_rate, 14400);
}

TEST_F(FaxExperienceTest, MachinesThatTrainedDownToV27terBeginWithItNextTime) {
  fax({.rule = RuleId::DeliveredAfterTrouble, .bit_rate = 4800, .trainings_failed = 4});
  EXPECT_EQ(policy().t38_params.max_bit_rate, 4800);

  known = {};
  fax({.rule = RuleId::Delivered, .bit_rate = 4800});
  EXPECT_EQ(policy().t38_params.max_bit_rate, 14400) << "a machine that has no more is not held back";
}

TEST_F(FaxExperienceTest, ItNeverAllowsMoreThanTheTrunkDoes) {
  faxes(4, {RuleId::TrainingFailed});
  call::MediaPolicy policy;
  policy.t38_params.max_bit_rate = 2400;
  policy.t38_offer_window = 2s;
  policy.ecm = false;

  known.apply(policy, kNow);

  EXPECT_EQ(policy.t38_params.max_bit_rate, 2400);
  EXPECT_EQ(policy.t38_offer_window, 2s);
  EXPECT_FALSE(policy.ecm);
}

TEST_F(FaxExperienceTest, SurvivesItsLineOfJson) {
  faxes(4, {RuleId::EcmGaveUp});
  faxes(6, {RuleId::Delivered, kPeerAsked});
  fax(refused(488));

  const std::string line = to_json(known, kNow);
  auto read = experience_of(line, kNow);

  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read, kNow), line);
  EXPECT_EQ(read->held_back(kNow), "T.38 not asked for (refused with 488), at most 9600 bit/s");
  EXPECT_EQ(read->held_back(kNow + days(29)), read->held_back(kNow));
  known = {.trunk = "carrier", .number = "+4930"};
  fax({RuleId::Delivered});
  EXPECT_EQ(to_json(experience_of(to_json(known, kNow), kNow).value(), kNow), to_json(known, kNow));
}

TEST_F(FaxExperienceTest, ALineThatIsWrongIsRefusedWithAReason) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"", "is no JSON object"},
      {"[]", "is no JSON object"},
      {R"({"number":"1"})", "\"trunk\" is missing"},
      {R"({"trunk":"a","number":""})", "\"number\" is missing"},
      {R"({"trunk":"a","number":7})", "\"number\" must be text"},
      {R"({"trunk":"a","number":"1","t38":"sometimes"})", "\"t38\" must be usual"},
      {R"({"trunk":"a","number":"1","transport":"pigeon"})", "\"transport\" has an unknown value"},
      {R"({"trunk":"a","number":"1","top_speed":7200})", "\"top_speed\" must be 9600"},
      {R"({"trunk":"a","number":"1","delivered":-1})", "\"delivered\" must be a whole number"},
      {R"({"trunk":"a","number":"1","delivered":1e300})", "\"delivered\" must be a whole number"},
      {R"({"trunk":"a","number":"1","setbacks":99})", "\"setbacks\" must be"},
      {R"({"trunk":"a","number":"1","ecm":"yes"})", "\"ecm\" must be true or false"},
      {R"({"trunk":"a","number":"1","last":"yesterday"})", "\"last\" must be a time"},
      {R"({"trunk":"a","number":"1","last":"2099-01-01T00:00:00.000Z"})", "\"last\" is in the future"},
      {R"({"trunk":"a","number":"1","colour":"red"})", "\"colour\" is no key"},
  };
  for (const auto& [line, reason] : kWrong) {
    auto read = experience_of(line, kNow);
    ASSERT_FALSE(read) << line;
    EXPECT_NE(read.error().message.find(reason), std::string::npos) << line << ": " << read.error().message;
  }
  EXPECT_TRUE(experience_of(R"({"trunk":"a","number":"1","t38":"never"})", kNow)) << "the rest has defaults";
}

}  // namespace
}  // namespace sg::fax
