#include "media/codec/codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "media/codec/g711.h"

namespace sg::media {
namespace {

TEST(Codecs, AreFoundByTheirId) {
  for (const Codec& codec : codecs()) EXPECT_EQ(&codec_of(codec.id), &codec) << codec.name;
  EXPECT_EQ(codec_of(CodecId::Pcma).name, "PCMA");
  EXPECT_EQ(static_codec(CodecId::Pcmu), (AudioCodec{CodecId::Pcmu, 0}));
}

TEST(Codecs, DecodeWhatTheyEncode) {
  for (const Codec& codec : codecs()) {
    SCOPED_TRACE(codec.name);
    std::vector<int16_t> said(160), heard(160);
    std::iota(said.begin(), said.end(), int16_t{-80});
    Bytes octets(codec.octets_of(said.size()));

    codec.encode(said, octets);
    codec.decode(octets, heard);

    for (size_t i = 0; i < said.size(); ++i) EXPECT_NEAR(heard[i], said[i], 8);
  }
}

// Else a timeslot's octets could not go into packets as they are.
TEST(Codecs, OfG711HaveTheOctetsOfTheirLaw) {
  Bytes octets(256);
  std::iota(octets.begin(), octets.end(), uint8_t{0});
  for (const Codec& codec : codecs()) {
    std::vector<int16_t> by_codec(256), by_law(256);
    codec.decode(octets, by_codec);
    g711::decode(codec.law, octets, by_law);
    EXPECT_EQ(by_codec, by_law) << codec.name;
  }
}

TEST(Codecs, FillAPacketWithWholeFrames) {
  const Codec& pcma = codec_of(CodecId::Pcma);
  EXPECT_EQ(pcma.octets_of(160), 160u);

  Codec framed = pcma;
  framed.frame_samples = 160;
  framed.frame_octets = 33;
  EXPECT_EQ(framed.octets_of(320), 66u);
  EXPECT_EQ(framed.octets_of(400), 66u);
  EXPECT_EQ(framed.octets_of(80), 33u) << "one at the least";
}

}  // namespace
}  // namespace sg::media
