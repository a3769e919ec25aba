#include "base/bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace sg {
namespace {

using testing::ElementsAre;

TEST(ByteReader, ReadsBigEndianFields) {
  const Bytes data = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a};
  ByteReader reader(data);

  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u24(), 0x040506u);
  EXPECT_EQ(reader.u32(), 0x0708090au);
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, NeverReadsPastTheEnd) {
  const Bytes data = {0x01, 0x02, 0x03};
  ByteReader reader(data);

  EXPECT_EQ(reader.u32(), 0u);

  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0u) << "what failed once stays failed";
  EXPECT_TRUE(reader.rest().empty());
  EXPECT_EQ(reader.position(), 0u);
}

TEST(ByteReader, RefusesALengthThatWouldWrapAround) {
  const Bytes data = {0x01, 0x02};
  ByteReader reader(data);
  reader.u8();

  EXPECT_TRUE(reader.bytes(SIZE_MAX).empty());

  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, OfNothingIsFineUntilItIsRead) {
  ByteReader reader(ByteView{});

  EXPECT_TRUE(reader.rest().empty());
  EXPECT_TRUE(reader.ok());
  reader.skip(1);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteWriter, WritesWhatTheReaderReads) {
  std::array<uint8_t, 18> buffer{};
  ByteWriter writer(buffer);
  writer.u8(1);
  writer.u16(0x203);
  writer.u24(0x40506);
  writer.u32(0x708090a);
  writer.u64(0x1122334455667788);

  ByteReader reader(writer.written());

  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 0x203);
  EXPECT_EQ(reader.u24(), 0x40506u);
  EXPECT_EQ(reader.u32(), 0x708090au);
  EXPECT_EQ(reader.u64(), 0x1122334455667788u);
}

TEST(ByteWriter, LeavesWhatDoesNotFitUnwritten) {
  std::array<uint8_t, 3> buffer{};
  ByteWriter writer(buffer);
  writer.u16(0xabcd);

  writer.u16(0x1234);
  writer.u8(0x55);

  EXPECT_FALSE(writer.ok());
  EXPECT_THAT(writer.written(), ElementsAre(0xab, 0xcd));
  EXPECT_EQ(buffer[2], 0);
}

}  // namespace
}  // namespace sg
