#include "media/codec/g711.h"

#include <gtest/gtest.h>
#include <spandsp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>

namespace sg::media::g711 {
namespace {

constexpr std::array<Law, 2> kLaws = {Law::A, Law::Mu};

std::array<uint8_t, 256> all_octets() {
  std::array<uint8_t, 256> octets;
  std::iota(octets.begin(), octets.end(), uint8_t{0});
  return octets;
}

TEST(G711, DecodesTheEndsOfTheScaleAsTheRecommendationSays) {
  EXPECT_EQ(decode(Law::A, 0xd5), 8);
  EXPECT_EQ(decode(Law::A, 0x55), -8);
  EXPECT_EQ(decode(Law::A, 0xaa), 32256);
  EXPECT_EQ(decode(Law::A, 0x2a), -32256);
  EXPECT_EQ(decode(Law::Mu, 0xff), 0);
  EXPECT_EQ(decode(Law::Mu, 0x7f), 0);
  EXPECT_EQ(decode(Law::Mu, 0x80), 32124);
  EXPECT_EQ(decode(Law::Mu, 0x00), -32124);
}

TEST(G711, DecodesEveryOctetAsSpanDspDoes) {
  for (uint8_t octet : all_octets()) {
    EXPECT_EQ(decode(Law::A, octet), alaw_to_linear(octet)) << int{octet};
    EXPECT_EQ(decode(Law::Mu, octet), ulaw_to_linear(octet)) << int{octet};
  }
}

TEST(G711, EncodingADecodedOctetGivesItBack) {
  for (Law law : kLaws) {
    for (uint8_t octet : all_octets()) {
      bool is_negative_zero = law == Law::Mu && octet == 0x7f;
      EXPECT_EQ(encode(law, decode(law, octet)), is_negative_zero ? 0xff : octet) << int{octet};
    }
  }
}

TEST(G711, EncodesEverySampleToAnOctetWithNoNearerNeighbourThanItsInterval) {
  for (Law law : kLaws) {
    int last = -40000;
    for (int sample = -32768; sample <= 32767; ++sample) {
      int decoded = decode(law, encode(law, static_cast<int16_t>(sample)));
      ASSERT_GE(decoded, last) << sample;
      // Half of the widest interval of the sample's segment, and clipping at the top.
      int tolerance = std::max(std::abs(sample) / 32 + 8, std::abs(sample) - 32124);
      ASSERT_LE(std::abs(decoded - sample), tolerance) << sample;
      last = decoded;
    }
  }
}

TEST(G711, ConvertsBetweenTheLawsByTables3And4) {
  for (uint8_t octet : all_octets()) {
    uint8_t a = 0;
    uint8_t mu = 0;
    convert(Law::Mu, {&octet, 1}, Law::A, {&a, 1});
    convert(Law::A, {&octet, 1}, Law::Mu, {&mu, 1});
    EXPECT_EQ(a, ulaw_to_alaw(octet)) << int{octet};
    EXPECT_EQ(mu, alaw_to_ulaw(octet)) << int{octet};
  }
}

TEST(G711, AnotherConversionThereAndBackChangesNothingMore) {
  for (Law law : kLaws) {
    Law other = law == Law::A ? Law::Mu : Law::A;
    auto once = all_octets();
    convert(law, once, other, once);
    auto there = once;
    convert(other, there, law, there);
    auto twice = there;
    convert(law, twice, other, twice);

    EXPECT_EQ(once, twice);
  }
}

TEST(G711, ConversionKeepsTheSignAndOrderOfValues) {
  for (Law law : kLaws) {
    Law other = law == Law::A ? Law::Mu : Law::A;
    auto from = all_octets();
    auto to = from;
    convert(law, from, other, to);
    for (size_t i = 0; i < from.size(); ++i) {
      EXPECT_EQ(from[i] & 0x80, to[i] & 0x80);
      EXPECT_NEAR(decode(law, from[i]), decode(other, to[i]), 16 + std::abs(decode(law, from[i])) / 24.0) << i;
    }
  }
}

TEST(G711, SilenceStaysSilenceInTheOtherLaw) {
  uint8_t octet = tdm::idle_octet(Law::Mu);
  convert(Law::Mu, {&octet, 1}, Law::A, {&octet, 1});
  EXPECT_EQ(octet, tdm::idle_octet(Law::A));
}

TEST(G711, BlocksAreCodedLikeSingleSamples) {
  std::array<int16_t, 333> linear;
  for (size_t i = 0; i < linear.size(); ++i) linear[i] = static_cast<int16_t>(i * 193 - 32000);
  for (Law law : kLaws) {
    std::array<uint8_t, 333> octets;
    encode(law, linear, octets);
    std::array<int16_t, 333> decoded;
    decode(law, octets, decoded);
    for (size_t i = 0; i < linear.size(); ++i) {
      EXPECT_EQ(octets[i], encode(law, linear[i]));
      EXPECT_EQ(decoded[i], decode(law, octets[i]));
    }
  }
}

}  // namespace
}  // namespace sg::media::g711
