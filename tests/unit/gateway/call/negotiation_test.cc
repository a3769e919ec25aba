#include "gateway/call/negotiation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.h"

namespace sg::call {
namespace {

using namespace testing;

const SocketAddress kLocal = address("192.0.2.50:20000");

TEST(Negotiation, AnswersWithThePeersPreferenceAndPayloadTypes) {
  auto offer = audio_at("192.0.2.1:4000", {{CodecId::Pcmu, 0}, {CodecId::Pcma, 8}});
  offer.audio->telephone_event = 97;

  auto answer = answer_audio({}, kLocal, offer);

  ASSERT_TRUE(answer && answer->audio);
  EXPECT_EQ(answer->audio->codecs, offer.audio->codecs);
  EXPECT_EQ(answer->audio->telephone_event, 97);
  EXPECT_EQ(answer->audio->rtp, kLocal);
}

TEST(Negotiation, LeavesOutWhatTheTrunkDoesNotSpeak) {
  MediaPolicy policy;
  policy.codecs = {{CodecId::Pcma, 8}};

  EXPECT_FALSE(answer_audio(policy, kLocal, audio_at("192.0.2.1:4000", {{CodecId::Pcmu, 0}})));
  EXPECT_FALSE(answer_audio(policy, kLocal, t38_at("192.0.2.1:4000")));
}

TEST(Negotiation, MirrorsHold) {
  auto offer = audio_at("192.0.2.1:4000");
  offer.audio->direction = Direction::SendOnly;

  auto answer = answer_audio({}, kLocal, offer);
  auto settings = rtp_settings(*answer->audio, *offer.audio);

  EXPECT_EQ(answer->audio->direction, Direction::RecvOnly);
  EXPECT_FALSE(settings->send);
  EXPECT_TRUE(settings->receive);
}

TEST(Negotiation, SendsWhatThePeerNamedFirstAndUnderstandsWhatWeNamed) {
  auto ours = offer_audio({}, kLocal);
  auto theirs = audio_at("192.0.2.1:4000", {{CodecId::Pcmu, 0}});
  theirs.audio->telephone_event = 96;

  auto settings = rtp_settings(*ours.audio, *theirs.audio);

  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->codec, (AudioCodec{CodecId::Pcmu, 0}));
  EXPECT_EQ(settings->own_codecs, (std::vector<AudioCodec>{{CodecId::Pcma, 8}, {CodecId::Pcmu, 0}}));
  EXPECT_EQ(settings->telephone_event, 96);
}

// RFC 3264 5.1, 6.1: a dynamic number is for what its teller receives. Rows: what we told, what the peer told.
TEST(Negotiation, EachSideIsSentTheNumbersThatItToldItself) {
  auto ours = *audio_at("192.0.2.50:20000", {{CodecId::Pcma, 8}, {CodecId::Pcma, 98}}).audio;
  ours.telephone_event = 101;
  ours.redundancy = 121;
  ours.voice_band_data = {98};
  auto theirs = *audio_at("192.0.2.1:4000", {{CodecId::Pcma, 8}, {CodecId::Pcma, 99}}).audio;
  theirs.telephone_event = 96;
  theirs.redundancy = 101;
  theirs.voice_band_data = {99};

  auto settings = rtp_settings(ours, theirs);

  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->telephone_event, 96);
  EXPECT_EQ(settings->own_telephone_event, 101);
  EXPECT_EQ(settings->redundancy, 101);
  EXPECT_EQ(settings->own_redundancy, 121);
  EXPECT_EQ(settings->voice_band_data, 99);
  EXPECT_EQ(settings->own_voice_band_data, 98);

  theirs.telephone_event.reset();
  theirs.redundancy.reset();
  settings = rtp_settings(ours, theirs);
  EXPECT_EQ(settings->telephone_event, std::nullopt);
  EXPECT_EQ(settings->own_telephone_event, std::nullopt) << "which side does not know it";
  EXPECT_EQ(settings->own_redundancy, std::nullopt);

  AudioStream data_here, data_there;
  data_here.clearmode = 97;
  data_there.clearmode = 111;
  settings = rtp_settings(data_here, data_there);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->codec.payload_type, 111);
  ASSERT_EQ(settings->own_codecs.size(), 1u);
  EXPECT_EQ(settings->own_codecs[0].payload_type, 97);
}

TEST(Negotiation, LinesOfAFamilyThatWeHaveNoSocketForAreLeftOut) {
  struct Row {
    const char* local;
    const char* audio;
    const char* image;
    bool takes_audio, takes_image;
  };
  for (const Row& row : {Row{"192.0.2.50:20000", "192.0.2.1:4000", "192.0.2.1:4002", true, true},
                         Row{"192.0.2.50:20000", "[2001:db8::1]:4000", "192.0.2.1:4002", false, true},
                         Row{"192.0.2.50:20000", "192.0.2.1:4000", "[2001:db8::1]:4002", true, false},
                         Row{"[2001:db8::50]:20000", "192.0.2.1:4000", "192.0.2.1:4002", false, false},
                         Row{"[2001:db8::50]:20000", "[2001:db8::1]:4000", "[2001:db8::1]:4002", true, true},
                         Row{"[2001:db8::50]:20000", "0.0.0.0:4000", "[2001:db8::1]:4002", true, true}}) {
    SCOPED_TRACE(::testing::Message() << row.local << " " << row.audio << " " << row.image);
    MediaDescription remote{.audio = audio_at(row.audio).audio, .image = t38_at(row.image).image};

    const MediaDescription part = reachable(remote, address(row.local));

    EXPECT_EQ(part.audio.has_value(), row.takes_audio);
    EXPECT_EQ(part.image.has_value(), row.takes_image);
    EXPECT_EQ(answer_audio({}, address(row.local), part).has_value(), row.takes_audio);
  }
}

TEST(Negotiation, RedundancyIsUsedWhereBothSidesHaveIt) {
  MediaPolicy none;
  none.redundant_copies = 0;
  auto offer = audio_at("192.0.2.1:4000");
  offer.audio->redundancy = 99;
  auto plain = audio_at("192.0.2.1:4000");

  EXPECT_EQ(answer_audio({}, kLocal, offer)->audio->redundancy, 99);
  EXPECT_EQ(answer_audio({}, kLocal, plain)->audio->redundancy, std::nullopt);
  EXPECT_EQ(answer_audio(none, kLocal, offer)->audio->redundancy, std::nullopt);
  EXPECT_EQ(offer_audio(none, kLocal).audio->redundancy, std::nullopt);
  EXPECT_EQ(rtp_settings(*offer_audio({}, kLocal).audio, *offer.audio)->redundancy, 99);
  EXPECT_EQ(rtp_settings(*offer_audio({}, kLocal).audio, *plain.audio)->redundancy, std::nullopt);
  offer.audio->redundant_blocks = 1;
  EXPECT_EQ(rtp_settings(*offer_audio({}, kLocal).audio, *offer.audio)->most_copies, 1u) << "what the peer takes";
  EXPECT_EQ(answer_audio({}, kLocal, offer)->audio->redundant_blocks, 3u) << "what we take";
}

TEST(Negotiation, AFaxInG711IsOfferedAsVoiceBandDataBesideRedundancy) {
  auto offer = *offer_voice_band_data({}, kLocal).audio;

  EXPECT_THAT(offer.voice_band_data, ::testing::ElementsAre(8, 0));
  EXPECT_TRUE(offer.no_silence_suppression);
  EXPECT_EQ(offer.echo_canceller, false);
  EXPECT_EQ(offer.redundancy, offer_audio({}, kLocal).audio->redundancy);
  EXPECT_TRUE(offer_audio({}, kLocal).audio->voice_band_data.empty()) << "a call that is not known to be a fax";
}

TEST(Negotiation, VoiceBandDataIsAnsweredAsFarAsItWasOffered) {
  auto offer = audio_at("192.0.2.1:4000", {{CodecId::Pcma, 8}, {CodecId::Pcma, 99}});
  offer.audio->voice_band_data = {99};
  auto silence_only = audio_at("192.0.2.1:4000");
  silence_only.audio->no_silence_suppression = true;
  silence_only.audio->echo_canceller = true;

  auto answer = *answer_audio({}, kLocal, offer)->audio;

  EXPECT_THAT(answer.voice_band_data, ::testing::ElementsAre(99));
  EXPECT_TRUE(answer.no_silence_suppression);
  EXPECT_EQ(rtp_settings(answer, *offer.audio)->codec.payload_type, 8);
  EXPECT_EQ(rtp_settings(answer, *offer.audio)->voice_band_data, 99);
  auto simple = *answer_audio({}, kLocal, silence_only)->audio;
  EXPECT_TRUE(simple.voice_band_data.empty());
  EXPECT_TRUE(simple.no_silence_suppression);
  EXPECT_EQ(simple.echo_canceller, true);
  EXPECT_EQ(rtp_settings(simple, *silence_only.audio)->voice_band_data, std::nullopt);
}

TEST(Negotiation, APeerThatChokesOnVoiceBandDataIsSparedIt) {
  MediaPolicy policy;
  policy.vbd = VoiceBandData::Never;
  auto offer = audio_at("192.0.2.1:4000");
  offer.audio->voice_band_data = {8};
  offer.audio->no_silence_suppression = true;
  offer.audio->echo_canceller = false;

  for (const auto& audio :
       {*offer_voice_band_data(policy, kLocal).audio, *answer_audio(policy, kLocal, offer)->audio}) {
    EXPECT_TRUE(audio.voice_band_data.empty());
    EXPECT_FALSE(audio.no_silence_suppression);
    EXPECT_EQ(audio.echo_canceller, std::nullopt);
  }
}

TEST(Negotiation, NothingInCommonIsNothing) {
  auto ours = offer_audio({}, kLocal);
  ours.audio->codecs = {{CodecId::Pcma, 8}};

  EXPECT_FALSE(rtp_settings(*ours.audio, *audio_at("192.0.2.1:4000", {{CodecId::Pcmu, 0}}).audio));
}

TEST(Negotiation, T38IsAnsweredWithOurOwnReceiver) {
  MediaPolicy policy;
  policy.t38_params.max_datagram = 560;
  auto offer = t38_at("192.0.2.1:4000");
  offer.image->params.max_datagram = 180;

  auto answer = answer_t38(policy, kLocal, offer);
  auto settings = t38_settings(policy, *answer->image, *offer.image);

  EXPECT_EQ(settings.local.max_datagram, 560);
  EXPECT_EQ(settings.remote_params.max_datagram, 180);
}

TEST(Negotiation, WhatAT38PeerTellsWronglyBindsNothingAndIsAnsweredAsEver) {
  MediaPolicy policy;
  policy.t38_peer_faults = {.max_datagram = 250, .error_correction = ErrorCorrection::None};
  auto offer = t38_at("192.0.2.1:4000");
  offer.image->params.max_datagram = 1400;
  offer.image->params.max_ifp = 160;
  offer.image->params.error_correction = ErrorCorrection::Fec;

  auto answer = answer_t38(policy, kLocal, offer);
  auto told = t38_settings({}, *answer->image, *offer.image);
  auto settings = t38_settings(policy, *answer->image, *offer.image);

  EXPECT_EQ(told.remote_params, offer.image->params);
  EXPECT_EQ(settings.remote_params.max_datagram, 250);
  EXPECT_EQ(settings.remote_params.error_correction, ErrorCorrection::None);
  EXPECT_EQ(settings.remote_params.max_ifp, 160) << "of which nothing is known to be wrong";
  EXPECT_EQ(answer->image->params.error_correction, ErrorCorrection::Fec);
  EXPECT_EQ(answer->image->params.max_datagram, policy.t38_params.max_datagram);
}

}  // namespace
}  // namespace sg::call
