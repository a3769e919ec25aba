#include "call_fixture.h"

// Calls of 64 kbit/s unrestricted data: CLEARMODE (RFC 4040) on the SIP side, the bearer capability on the ISDN side.
namespace sg::call {
namespace {

using namespace testing;
using media::Side;

MediaDescription data_at(const std::string& where, uint8_t payload_type = 97) {
  auto media = audio_at(where, {});
  media.audio->clearmode = payload_type;
  return media;
}

class DataTest : public CallTest {
 protected:
  Routing route(const Trunk& from, const call::Setup& setup) override {
    routed = setup;
    return CallTest::route(from, setup);
  }
  // An ISDN call with this bearer capability.
  LegScript& from_pri(BearerCapability bearer) {
    call::Setup setup;
    setup.called.digits = "200";
    setup.bearer = bearer;
    auto leg = pri.incoming_leg();
    LegScript& script = *pri.legs.back();
    id = manager.on_incoming({std::move(leg), setup, std::nullopt, &pri, pri.policy});
    reactor.settle();
    return script;
  }
  LegScript& data_from_sip(MediaDescription offer = data_at("192.0.2.1:4000", 118)) {
    targets = {&pri};
    return incoming(sip, std::move(offer));
  }

  call::Setup routed;
};

TEST_F(DataTest, WhatAnOfferHasDecidesOnTheBearer) {
  struct Row {
    const char* name;
    std::optional<MediaDescription> offer;
    BearerCapability bearer;
  };
  auto both = data_at("192.0.2.1:4000");
  both.audio->codecs = {{CodecId::Pcma, 8}};
  for (const Row& row : {Row{"CLEARMODE alone", data_at("192.0.2.1:4000"), BearerCapability::Unrestricted},
                         Row{"voice beside it", both, BearerCapability::Audio31k},
                         Row{"voice", audio_at("192.0.2.1:4000"), BearerCapability::Audio31k},
                         Row{"no offer", std::nullopt, BearerCapability::Audio31k}}) {
    targets = {&pri};
    incoming(sip, row.offer);
    EXPECT_EQ(routed.bearer, row.bearer) << row.name;
    EXPECT_TRUE(pri.legs.back()->heard_command("setup 200")) << row.name;
    bool is_data = row.bearer == BearerCapability::Unrestricted;
    EXPECT_EQ(media.profile == media::Profile::Data, is_data) << row.name;
    media.profile = media::Profile::Voice;
  }
}

TEST_F(DataTest, ASipCallIsAnsweredWithClearmodeAndItsOctetsHaveNoLaw) {
  LegScript& caller = data_from_sip();
  pri.legs.back()->listener->on_timeslot({1, 3});
  pri.legs.back()->listener->on_alerting(false, std::nullopt);
  pri.legs.back()->listener->on_answered(std::nullopt);

  ASSERT_TRUE(caller.last_media && caller.last_media->audio);
  EXPECT_TRUE(caller.last_media->audio->is_data());
  EXPECT_EQ(caller.last_media->audio->clearmode, 118) << "the peer's payload type";
  EXPECT_FALSE(caller.last_media->audio->telephone_event);
  const auto& rtp = media.rtp.at(Side::A);
  EXPECT_EQ(rtp.codec.payload_type, 118);
  ASSERT_EQ(rtp.own_codecs.size(), 1u);
  EXPECT_EQ(rtp.own_codecs[0].payload_type, 118);
  EXPECT_EQ(rtp.redundancy, std::nullopt);
  EXPECT_EQ(media.profile, media::Profile::Data);
  EXPECT_FALSE(media.tones.contains(Side::A)) << "nothing is played into data";
}

TEST_F(DataTest, AnIsdnCallOffersClearmodeAndNothingElse) {
  targets = {&sip};
  LegScript& caller = from_pri(BearerCapability::Unrestricted);
  LegScript& peer = *sip.legs.back();
  ASSERT_TRUE(peer.last_media && peer.last_media->audio);
  EXPECT_TRUE(peer.last_media->audio->is_data());
  EXPECT_FALSE(peer.last_media->image);

  auto answer = data_at("192.0.2.9:5000", 100);
  peer.listener->on_answered(answer);

  EXPECT_TRUE(caller.heard_command("answer"));
  EXPECT_EQ(media.rtp.at(Side::B).codec.payload_type, 100) << "what the peer named";
  EXPECT_EQ(media.rtp.at(Side::B).own_codecs.at(0).payload_type, peer.last_media->audio->clearmode) << "what we named";
  EXPECT_EQ(media.profile, media::Profile::Data);
}

TEST_F(DataTest, APeerThatWillNotIsReleasedWithTheCauseOfItsRefusal) {
  struct Row {
    const char* name;
    std::function<void(LegScript&)> refuses;
    int cause;
  };
  for (const Row& row :
       {Row{"488", [](LegScript& leg) { leg.listener->on_released(cause_of_sip(488)); }, 65},
        Row{"606", [](LegScript& leg) { leg.listener->on_released(cause_of_sip(606)); }, 65},
        Row{"488 with Reason 88", [](LegScript& leg) { leg.listener->on_released(cause_of_sip(488, 88)); }, 88},
        Row{"answered with voice", [](LegScript& leg) { leg.listener->on_answered(audio_at("192.0.2.9:5000")); }, 65},
        Row{"answered with T.38", [](LegScript& leg) { leg.listener->on_answered(t38_at("192.0.2.9:5000")); }, 65}}) {
    targets = {&sip};
    LegScript& caller = from_pri(BearerCapability::Unrestricted);
    row.refuses(*sip.legs.back());
    reactor.settle();
    EXPECT_EQ(caller.released_with.q850, row.cause) << row.name;
  }
  EXPECT_TRUE(manager.calls().empty());
}

TEST_F(DataTest, WhatAnIsdnPartyCannotTakeIsToldAsItIs) {
  LegScript& caller = data_from_sip();

  pri.legs.back()->listener->on_released({88});
  reactor.settle();

  EXPECT_EQ(caller.released_with.q850, 88);
}

TEST_F(DataTest, ATrunkThatCarriesNoDataIsPassedOver) {
  full.takes_data = false;
  targets = {&full, &pri};
  incoming(sip, data_at("192.0.2.1:4000"));
  EXPECT_TRUE(full.legs.empty());
  EXPECT_TRUE(pri.legs.back()->heard_command("setup 200"));

  targets = {&full};
  LegScript& alone = incoming(sip, data_at("192.0.2.1:4000"));
  EXPECT_EQ(alone.released_with.q850, 65);

  sip.takes_data = false;
  targets = {&pri};
  auto calls = pri.legs.size();
  LegScript& unwanted = incoming(sip, data_at("192.0.2.1:4000"));
  EXPECT_EQ(unwanted.released_with.q850, 65);
  EXPECT_EQ(pri.legs.size(), calls);
}

TEST_F(DataTest, VoiceNeverTakesThePlaceOfData) {
  LegScript& caller = data_from_sip();
  pri.legs.back()->listener->on_answered(std::nullopt);
  reactor.settle();

  caller.listener->on_offer(audio_at("192.0.2.1:4000"));
  EXPECT_EQ(caller.heard.back(), "refuse_offer 488");
  caller.listener->on_offer(t38_at("192.0.2.1:4000"));
  EXPECT_EQ(caller.heard.back(), "refuse_offer 488");
  caller.listener->on_offer(data_at("192.0.2.1:4000", 118));
  EXPECT_EQ(caller.heard.back(), "answer_offer");

  TransferRequest request;
  request.to.digits = "300";
  EXPECT_FALSE(caller.listener->on_transfer(request));
}

TEST_F(DataTest, NeitherDigitNorMusicGoesIntoData) {
  LegScript& caller = data_from_sip();
  pri.legs.back()->listener->on_answered(std::nullopt);
  reactor.settle();

  caller.listener->on_held();

  EXPECT_EQ(media.tones[Side::B], media::Tone::None);
}

TEST_F(DataTest, VoiceThatWouldReplaceDataIsRefused) {
  data_from_sip();
  pri.legs.back()->dialog = "data";
  pri.legs.back()->listener->on_answered(std::nullopt);
  reactor.settle();
  call::Setup setup;
  setup.replaces = Replaces{"data", "to", "from"};
  auto leg = sip.incoming_leg();
  LegScript& joins = *sip.legs.back();

  manager.on_incoming({std::move(leg), setup, audio_at("192.0.2.7:4000"), &sip, sip.policy});
  reactor.settle();

  EXPECT_EQ(joins.released_with.sip_status, 481);
}

}  // namespace
}  // namespace sg::call
