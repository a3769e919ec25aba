#include "gateway/sip/sdp.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "gateway/call/media_refusal.h"

namespace sg::sip {
namespace {

constexpr auto kHead = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

Sdp parse(const std::string& media) {
  auto sdp = parse_sdp(kHead + media);
  EXPECT_TRUE(sdp);
  return sdp.value_or(Sdp{});
}

call::MediaDescription audio(uint16_t port) {
  call::AudioStream stream;
  stream.rtp = *SocketAddress::parse("192.0.2.9", port);
  stream.codecs = {{CodecId::Pcma, 8}};
  return {.audio = stream, .image = std::nullopt};
}

call::MediaDescription image(uint16_t port) {
  call::ImageStream stream;
  stream.udptl = *SocketAddress::parse("192.0.2.9", port);
  return {.audio = std::nullopt, .image = stream};
}

TEST(Sdp, ReadsAnAudioLineInAllItsParts) {
  auto sdp = parse(
      "m=audio 4000/1 RTP/AVP 18 97 8 101\r\na=rtpmap:97 pcmu/8000/1\r\na=rtpmap:101 telephone-event/8000\r\n"
      "a=ptime:30\r\na=rtcp:4007 IN IP4 192.0.2.7\r\na=sendonly\r\na=gpmd:8 vbd=yes;ecan=on\r\n");

  ASSERT_TRUE(sdp.media.audio);
  const auto& stream = *sdp.media.audio;
  EXPECT_EQ(stream.rtp.to_string(), "192.0.2.1:4000");
  EXPECT_EQ(stream.rtcp.to_string(), "192.0.2.7:4007");
  EXPECT_EQ(stream.codecs, (std::vector<call::AudioCodec>{{CodecId::Pcmu, 97}, {CodecId::Pcma, 8}}));
  EXPECT_EQ(stream.telephone_event, 101);
  EXPECT_EQ(stream.ptime, std::chrono::milliseconds(30));
  EXPECT_EQ(stream.direction, call::Direction::SendOnly);
  EXPECT_EQ(stream.voice_band_data, std::vector<uint8_t>{8});
}

TEST(Sdp, ReadsDialects) {
  EXPECT_TRUE(parse("m=image 4000 UDPTL T38\n").media.image) << "case, and a bare line feed";
  EXPECT_TRUE(parse("m=image 4000 udptl t38\r\nm=audio 4002 RTP/AVP 0\r\n").media.audio) << "either order";
  EXPECT_FALSE(parse("m=audio 4002 RTP/AVP 0\r\nm=image 0 udptl t38\r\n").media.image)
      << "port 0 only says that it could";
  EXPECT_TRUE(parse("m=audio 4002 RTP/AVP 0\r\na=maxptime:10\r\n").media.audio->ptime == std::chrono::milliseconds(10));
  EXPECT_TRUE(parse("m=audio 4002 RTP/AVP 18\r\n").media.audio->codecs.empty());
  EXPECT_EQ(parse("m=audio 4002 RTP/AVP 8\r\nc=IN IP6 2001:db8::1\r\n").media.audio->rtp.to_string(),
            "[2001:db8::1]:4002");
  EXPECT_EQ(parse("a=inactive\r\nm=audio 4002 RTP/AVP 8\r\n").media.audio->direction, call::Direction::Inactive);
  EXPECT_EQ(parse("m=audio 4002 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n").media.audio->direction, call::Direction::SendOnly);
  auto params = parse("m=image 4000 udptl t38\r\na=T38FaxVersion:2\r\na=T38MaxBitRate:9600\r\n").media.image->params;
  EXPECT_EQ(params.version, 2);
  EXPECT_EQ(params.max_bit_rate, 9600);
}

TEST(Sdp, VoiceBandDataIsReadInEveryDialect) {
  struct Case {
    const char *name, *attributes;
    std::vector<uint8_t> for_modems;
    bool no_silence_suppression;
    std::optional<bool> echo_canceller;
  };
  const Case kCases[] = {
      {"V.152", "a=gpmd:8 vbd=yes\r\n", {8}, false, {}},
      {"AudioCodes", "a=gpmd:0 vbd=yes;ecan=on\r\n", {0}, false, {}},
      {"blanks and case", "a=GPMD: 8  ecan=on ; VBD = Yes\r\n", {8}, false, {}},
      {"a type of its own", "a=rtpmap:99 PCMA/8000\r\na=gpmd:99 vbd=yes\r\n", {99}, false, {}},
      {"each its own line", "a=gpmd:8 vbd=yes\r\na=gpmd:0 vbd=yes\r\n", {8, 0}, false, {}},
      {"before its rtpmap", "a=gpmd:99 vbd=yes\r\na=rtpmap:99 pcmu/8000\r\n", {99}, false, {}},
      {"declined", "a=gpmd:8 vbd=no\r\n", {}, false, {}},
      {"of another codec", "a=gpmd:18 vbd=yes\r\n", {}, false, {}},
      {"of none", "a=gpmd:vbd=yes\r\na=gpmd:\r\na=gpmd:999 vbd=yes\r\n", {}, false, {}},
      {"RFC 3108", "a=silenceSupp:off - - - -\r\na=ecan:fb off -\r\n", {}, true, false},
      {"Cisco", "a=silenceSupp:off\r\na=ecan:fb on -\r\n", {}, true, true},
      {"without direction", "a=ecan:ON G168\r\n", {}, false, true},
      {"suppression on", "a=silenceSupp:on - - - -\r\na=ecan:fb - -\r\n", {}, false, {}},
      {"nothing", "", {}, false, {}},
  };
  for (const Case& each : kCases) {
    SCOPED_TRACE(each.name);
    auto audio = *parse("m=audio 4000 RTP/AVP 8 0 18 99\r\n" + std::string(each.attributes)).media.audio;

    EXPECT_EQ(audio.voice_band_data, each.for_modems);
    EXPECT_EQ(audio.no_silence_suppression, each.no_silence_suppression);
    EXPECT_EQ(audio.echo_canceller, each.echo_canceller);
  }
}

TEST(SdpSession, VoiceBandDataIsWrittenForItsPayloadTypesOnly) {
  auto media = audio(4000);
  media.audio->codecs = {{CodecId::Pcma, 8}, {CodecId::Pcma, 99}};
  media.audio->voice_band_data = {99};
  media.audio->no_silence_suppression = true;
  media.audio->echo_canceller = false;

  auto text = SdpSession(1).offer(media);

  for (const char* line : {"a=gpmd:99 vbd=yes\r\n", "a=silenceSupp:off - - - -\r\n", "a=ecan:fb off -\r\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_EQ(text.find("a=gpmd:8 "), std::string::npos) << text;
  EXPECT_EQ(parse_sdp(text)->media.audio, media.audio);
  auto plain = SdpSession(1).offer(audio(4000));
  for (const char* name : {"gpmd", "silenceSupp", "ecan"}) EXPECT_EQ(plain.find(name), std::string::npos) << plain;
}

TEST(Sdp, RedundancyIsReadWhereItRepeatsG711) {
  auto redundancy = [](const std::string& attributes) {
    return parse("m=audio 4000 RTP/AVP 8 0 121\r\n" + attributes).media.audio->redundancy;
  };
  EXPECT_EQ(redundancy("a=rtpmap:121 RED/8000\r\na=fmtp:121 8/8\r\n"), 121);
  EXPECT_EQ(redundancy("a=rtpmap:121 red/8000/1\r\n"), 121) << "without fmtp: what the line has";
  EXPECT_EQ(redundancy("a=fmtp:121 0/0/0\r\na=rtpmap:121 red/8000\r\n"), 121) << "either order";
  EXPECT_EQ(redundancy("a=rtpmap:121 red/8000\r\na=fmtp:121 18/18\r\n"), std::nullopt) << "of G.729";
  EXPECT_EQ(redundancy("a=rtpmap:121 red/1000\r\n"), std::nullopt) << "of text (RFC 4103)";
  EXPECT_EQ(redundancy(""), std::nullopt);
}

TEST(Sdp, HowManyEarlierBlocksAPeerTakesIsWhatItsFormatNames) {
  auto blocks = [](const std::string& fmtp) {
    return parse("m=audio 4000 RTP/AVP 8 0 121\r\na=rtpmap:121 red/8000\r\n" + fmtp).media.audio->redundant_blocks;
  };
  EXPECT_EQ(blocks("a=fmtp:121 8/8\r\n"), 1u);
  EXPECT_EQ(blocks("a=fmtp:121 8/8/8/8\r\n"), 3u);
  EXPECT_EQ(blocks(""), 0u) << "it does not say";
}

TEST(SdpSession, RedundancyIsWrittenAndReadBack) {
  auto media = audio(4000);
  media.audio->redundancy = 121;
  media.audio->redundant_blocks = 3;

  auto text = SdpSession(1).offer(media);

  EXPECT_NE(text.find("m=audio 4000 RTP/AVP 8 121\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("a=fmtp:121 8/8/8/8\r\n"), std::string::npos) << text;
  EXPECT_EQ(parse_sdp(text)->media.audio->redundancy, 121);
  EXPECT_EQ(parse_sdp(text)->media.audio->redundant_blocks, 3u);
}

TEST(SdpSession, ClearmodeIsWrittenAndReadBack) {
  auto media = audio(4000);
  media.audio->codecs.clear();
  media.audio->clearmode = 97;

  auto text = SdpSession(1).offer(media);

  EXPECT_NE(text.find("m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 CLEARMODE/8000\r\n"), std::string::npos) << text;
  EXPECT_TRUE(parse_sdp(text)->media.audio->is_data());
}

TEST(Sdp, ClearmodeBesideVoiceIsNoCallOfData) {
  struct Row {
    const char* section;
    std::optional<uint8_t> clearmode;
    bool is_data;
  };
  for (const auto& row : {Row{"m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 CLEARMODE/8000\r\n", 97, true},
                          Row{"m=audio 4000 RTP/AVP 118\r\na=rtpmap:118 clearmode/8000/1\r\n", 118, true},
                          Row{"m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 CLEARMODE/8000\r\n", 97, false},
                          Row{"m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 G726-32/8000\r\n", std::nullopt, false},
                          Row{"m=audio 4000 RTP/AVP 18\r\n", std::nullopt, false}}) {
    auto stream = *parse(row.section).media.audio;
    EXPECT_EQ(stream.clearmode, row.clearmode) << row.section;
    EXPECT_EQ(stream.is_data(), row.is_data) << row.section;
  }
}

TEST(Sdp, LinesThatCannotBeUsedCountAsRefused) {
  for (const char* line : {"m=image 4000 udptl t38\r\nc=IN IP4 fax.example.invalid\r\n",
                           "m=image 4000 udptl t38\r\nc=IN IP4 239.1.1.1/1\r\n", "m=image 4000 UDP/TLS/UDPTL t38\r\n",
                           "m=image 4000 tcp t38\r\n", "m=image 99999 udptl t38\r\n", "m=image -1 udptl t38\r\n",
                           "m=audio 4000 RTP/SAVP 8\r\n", "m=video 4000 RTP/AVP 96\r\n", "m=\r\n", "m=audio\r\n"}) {
    auto sdp = parse(line);
    EXPECT_EQ(sdp.lines.size(), 1u) << line;
    EXPECT_EQ(sdp.media, call::MediaDescription{}) << line;
  }
}

TEST(Sdp, WhatIsNoSdpIsAnError) {
  for (const auto& text :
       {std::string(), std::string("\r\n\r\n"), std::string("INVITE sip:x"), std::string(100'000, 'v')}) {
    EXPECT_FALSE(parse_sdp(text)) << text.substr(0, 20);
  }
}

struct FromFiles : testing::TestWithParam<std::string> {};

// What is in each file beside m=image.
TEST_P(FromFiles, EachT38DialectIsReadOrRefusedButNeverFatal) {
  std::ifstream file(std::string(SG_TEST_DATA) + "/sdp-t38/" + GetParam() + ".sdp");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  ASSERT_FALSE(text.empty());

  auto sdp = parse_sdp(text);

  ASSERT_TRUE(sdp);
  bool refused = GetParam() == "c_hostname" || GetParam() == "c_multicast" || GetParam() == "c_0000" ||
                 GetParam() == "dtls_udptl" || GetParam() == "capneg_latt";
  EXPECT_EQ(sdp->media.image.has_value(), !refused);
  if (sdp->media.image) {
    EXPECT_GT(sdp->media.image->params.max_bit_rate, 0);
    EXPECT_GT(sdp->media.image->params.max_datagram, 0);
  }
  // Whatever came can be answered, line for line.
  SdpSession session(1);
  auto answered = parse_sdp(session.answer(*sdp, image(6000)));
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->lines.size(), sdp->lines.size());
}

std::vector<std::string> sdp_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(SG_TEST_DATA) + "/sdp-t38")) {
    names.push_back(entry.path().stem());
  }
  return names;
}
INSTANTIATE_TEST_SUITE_P(Files, FromFiles, testing::ValuesIn(sdp_files()), [](const auto& each) { return each.param; });

TEST(Sdp, EveryCutOfADescriptionIsReadWithoutHarm) {
  auto whole = kHead + std::string(
                           "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp:1 IN IP4 "
                           "1.2.3.4\r\nm=image 4002 udptl t38\r\na=T38FaxMaxBuffer:72\r\n");
  for (size_t size = 0; size <= whole.size(); ++size) {
    auto sdp = parse_sdp(std::string_view(whole).substr(0, size));
    if (sdp) SdpSession(1).answer(*sdp, audio(1));
  }
}

TEST(SdpSession, AnOfferIsReadBackAsItWasMeant) {
  auto media = audio(4000);
  media.audio->telephone_event = 101;
  media.audio->direction = call::Direction::RecvOnly;
  media.audio->voice_band_data = {8};
  media.audio->no_silence_suppression = true;
  media.audio->echo_canceller = false;
  media.image = image(4002).image;
  media.image->params.max_bit_rate = 9600;

  auto sdp = parse_sdp(SdpSession(7).offer(media));

  ASSERT_TRUE(sdp);
  EXPECT_EQ(sdp->media, media);
  EXPECT_TRUE(sdp->origin.starts_with("- 7 1 IN IP4"));
}

TEST(SdpSession, AnAnswerKeepsNumberAndOrderOfTheLines) {
  auto offer = parse("m=video 3000 RTP/AVP 96\r\nm=image 4002 udptl t38\r\nm=audio 4000 RTP/AVP 8 18\r\n");

  auto answer = SdpSession(1).answer(offer, audio(6000));

  auto first = answer.find("m=video 0 RTP/AVP 96\r\n"), second = answer.find("m=image 0 udptl t38\r\n"),
       third = answer.find("m=audio 6000 RTP/AVP 8\r\n");
  ASSERT_NE(third, std::string::npos) << answer;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST(SdpSession, TheVersionGrowsOnlyWithAChange) {
  SdpSession session(1);
  auto version = [&] { return parse_sdp(session.current())->origin; };

  session.offer(audio(4000));
  EXPECT_EQ(version(), "- 1 1 IN IP4 192.0.2.9");
  session.offer(audio(4000));
  EXPECT_EQ(version(), "- 1 1 IN IP4 192.0.2.9");
  session.offer(image(4000));
  EXPECT_EQ(version(), "- 1 2 IN IP4 192.0.2.9");
}

TEST(SdpSession, T38TakesThePlaceOfAudioAndAudioComesBackThere) {
  SdpSession session(1);
  session.offer(audio(4000));

  auto fax = parse_sdp(session.offer(image(4000)));
  auto voice = parse_sdp(session.offer(audio(4000)));

  EXPECT_EQ(fax->lines.size(), 1u);
  EXPECT_EQ(fax->lines[0].media, "image");
  EXPECT_EQ(voice->lines.size(), 1u);
  EXPECT_EQ(voice->lines[0].media, "audio");
}

TEST(SdpSession, LinesOnceThereStay) {
  SdpSession session(1);
  session.answer(parse("m=audio 0 RTP/AVP 8\r\nm=image 4002 udptl t38\r\n"), image(6000));

  auto voice = parse_sdp(session.offer(audio(6000)));

  ASSERT_EQ(voice->lines.size(), 2u);
  EXPECT_EQ(voice->lines[0].role, SdpLine::Role::Audio);
  EXPECT_EQ(voice->lines[1].role, SdpLine::Role::Unused);
}

TEST(SdpSession, ARefusedOfferLeavesWhatStood) {
  SdpSession session(1);
  auto stood = session.offer(audio(4000));
  session.offer(image(4000));

  session.roll_back();

  EXPECT_EQ(session.current(), stood);
}

// RFC 3261 section 20.43. What is told of an offer that a trunk with "pcma, pcmu" on IPv4 takes nothing of.
TEST(Sdp, AnOfferThatIsRefusedIsToldAsWhatItIs) {
  struct Row {
    const char* media;
    int warning;
    const char* text;
  };
  const std::string ipv6 = "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 2001:db8::1\r\n";
  const Row rows[] = {
      {"m=audio 4000 RTP/AVP 18 101\r\na=rtpmap:101 telephone-event/8000\r\n", 305,
       "the peer offers only G729; this trunk takes pcma, pcmu"},
      {"m=audio 4000 RTP/AVP 96 9 13\r\na=rtpmap:96 opus/48000/2\r\n", 305,
       "the peer offers only opus, G722; this trunk takes pcma, pcmu"},
      {"m=audio 4000 RTP/AVP 97 98 97\r\na=rtpmap:98 \"x\x1b/8000\r\n", 305,
       "the peer offers only payload type 97, ?x?; this trunk takes pcma, pcmu"},
      {"m=audio 4000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", 302,
       "the peer offers only RTP/SAVP (SRTP); this trunk takes RTP/AVP with pcma, pcmu"},
      {"m=audio 4000 UDP/TLS/RTP/SAVPF 8\r\n", 302,
       "the peer offers only UDP/TLS/RTP/SAVPF (SRTP); this trunk takes RTP/AVP with pcma, pcmu"},
      {"m=video 4000 RTP/AVP 99\r\n", 304, "the peer offers no audio, only video; this trunk takes pcma, pcmu"},
      {"", 304, "the peer offers no audio; this trunk takes pcma, pcmu"},
      {"m=image 4000 udptl t38\r\n", 304, "the peer offers only T.38; this trunk takes pcma, pcmu"},
      {"m=audio 0 RTP/AVP 8\r\n", 399, "the peer names no address and port that its media could be sent to"},
      {ipv6.c_str(), 301, "the peer's media address 2001:db8::1 is IPv6; this trunk takes IPv4"},
  };
  call::MediaPolicy policy;
  policy.t38 = T38Ask::Never;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.media);
    auto sdp = parse(row.media);

    auto refusal = call::explain_refusal(sdp.streams, policy, *SocketAddress::parse("192.0.2.2:5000"));

    EXPECT_EQ(refusal.warning, row.warning);
    EXPECT_EQ(refusal.text, row.text);
  }
}

TEST(Sdp, KeepsNoMoreForPeopleThanTheyRead) {
  std::string numbers;
  for (int type = 96; type < 3000; ++type) numbers += fmt::format(" {}", type);
  std::string lines;
  for (int line = 0; line < 1000; ++line) lines += "m=x 1 y z\r\n";

  auto sdp = parse("m=audio 4000 RTP/AVP 18 18 18" + numbers + "\r\n" + lines);

  EXPECT_EQ(sdp.lines.size(), 1001u);
  EXPECT_EQ(sdp.streams.size(), 16u);
  EXPECT_EQ(sdp.streams[0].encodings.size(), 16u);
  EXPECT_EQ(sdp.streams[0].encodings[1], "payload type 96") << "each is told once";
}

}  // namespace
}  // namespace sg::sip
