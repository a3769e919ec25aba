#include "media/rtp/redundancy.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace sg::media::rtp {
namespace {

Bytes block_of(size_t octets, uint8_t value) {
  return Bytes(octets, value);
}

TEST(Redundancy, APacketCarriesTheBlocksBeforeItOldestFirst) {
  RedundancyWriter writer;
  writer.write(8, 1000, block_of(160, 1), 2);
  writer.write(8, 1160, block_of(160, 2), 2);
  auto parsed = RedundantPayload::parse(writer.write(8, 1320, block_of(160, 3), 2));

  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->earlier().size(), 2u);
  EXPECT_EQ(parsed->earlier()[0].timestamp_offset, 320);
  EXPECT_EQ(parsed->earlier()[0].data[0], 1);
  EXPECT_EQ(parsed->earlier()[1].timestamp_offset, 160);
  EXPECT_EQ(parsed->earlier()[1].data.size(), 160u);
  EXPECT_EQ(parsed->primary().payload_type, 8);
  EXPECT_EQ(parsed->primary().data[159], 3);
}

TEST(Redundancy, TheOctetsAreThoseOfRfc2198) {
  RedundancyWriter writer;
  writer.write(5, 0, block_of(2, 0xaa), 1);

  auto payload = writer.write(8, 160, block_of(1, 0xbb), 1);

  // F=1 PT=5, offset 160 in 14 bits, length 2 in 10 bits; F=0 PT=8; the data.
  EXPECT_EQ(Bytes(payload.begin(), payload.end()), (Bytes{0x85, 0x02, 0x80, 0x02, 0x08, 0xaa, 0xaa, 0xbb}));
}

TEST(Redundancy, NothingIsRepeatedThatDoesNotFitOrIsTooOld) {
  RedundancyWriter writer;
  writer.write(0, 0, block_of(480, 1), 3);
  writer.write(0, 480, block_of(480, 2), 3);
  auto big = RedundantPayload::parse(writer.write(0, 960, block_of(480, 3), 3));
  ASSERT_TRUE(big);
  EXPECT_EQ(big->earlier().size(), 1u);
  EXPECT_EQ(big->earlier()[0].data[0], 2);

  auto late = RedundantPayload::parse(writer.write(0, 960 + 20000, block_of(160, 4), 3));
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->earlier().empty());
}

TEST(Redundancy, TimestampsWrapAround) {
  RedundancyWriter writer;
  writer.write(0, 0xffffffa0, block_of(160, 1), 1);
  auto parsed = RedundantPayload::parse(writer.write(0, 0x40, block_of(160, 2), 1));
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->earlier().size(), 1u);
  EXPECT_EQ(parsed->earlier()[0].timestamp_offset, 160);
}

TEST(Redundancy, WhatIsCutOffIsNoPayload) {
  const std::vector<Bytes> cut = {
      {},
      {0x85},
      {0x85, 0x02, 0x80},
      {0x85, 0x02, 0x80, 0x02},              // no primary header
      {0x85, 0x02, 0x80, 0x02, 0x08, 0xaa},  // a block of two octets of which one is there
      Bytes(64, 0x85),                       // more blocks than anybody sends
  };
  for (const Bytes& payload : cut) EXPECT_FALSE(RedundantPayload::parse(payload)) << payload.size();
}

TEST(Redundancy, ARandomPayloadNeverPointsOutsideOfItself) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    Bytes payload(random() % 40);
    for (auto& octet : payload) octet = static_cast<uint8_t>(random());
    auto parsed = RedundantPayload::parse(payload);
    if (!parsed) continue;
    size_t sum = parsed->primary().data.size();
    for (const auto& block : parsed->earlier()) sum += block.data.size();
    EXPECT_LE(sum, payload.size());
  }
}

}  // namespace
}  // namespace sg::media::rtp
