#include "t38/ifp_pieces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace sg::t38 {
namespace {

using ::testing::ElementsAre;

std::vector<Bytes> pieces_of(const Bytes& ifp, int version, size_t most) {
  std::vector<Bytes> all;
  IfpPieces pieces(ifp, version, most);
  for (ByteView piece = pieces.next(); !piece.empty(); piece = pieces.next()) {
    all.emplace_back(piece.begin(), piece.end());
    EXPECT_TRUE(parse_ifp(piece, version).ok());
    EXPECT_EQ(parse_ifp(piece, version).octets.size(), piece.size()) << "nothing trails";
    EXPECT_LE(piece.size(), most);
  }
  EXPECT_TRUE(pieces.was_last());
  return all;
}

// A V.17 14400 Data IFP (T.38 table 3): HDLC data of so many octets, and a good FCS; version 0 packs it otherwise.
Bytes hdlc_frame(size_t octets, int version) {
  Bytes ifp{0xC0 | 8 << 1, 2, static_cast<uint8_t>(version == 0 ? 0x80 : 0x80 | kHdlcData << 3),
            static_cast<uint8_t>((octets - 1) >> 8), static_cast<uint8_t>(octets - 1)};
  ifp.resize(ifp.size() + octets);
  std::iota(ifp.end() - static_cast<std::ptrdiff_t>(octets), ifp.end(), uint8_t{0});
  ifp.push_back(static_cast<uint8_t>(kHdlcFcsOk << (version == 0 ? 4 : 3)));
  return ifp;
}

TEST(IfpPieces, WhatFitsStaysWhole) {
  const Bytes indicator{0x06};
  EXPECT_THAT(pieces_of(indicator, 0, 16), ElementsAre(indicator));
  const Bytes frame = hdlc_frame(30, 0);
  EXPECT_THAT(pieces_of(frame, 0, frame.size()), ElementsAre(frame));
}

TEST(IfpPieces, SayTogetherWhatTheWholeSays) {
  for (int version : {0, 1, 3}) {
    for (size_t most : {16u, 40u, 100u}) {
      const Bytes whole = hdlc_frame(256, version);
      Bytes data;
      bool has_good_fcs = false;
      for (const Bytes& piece : pieces_of(whole, version, most)) {
        EXPECT_FALSE(has_good_fcs) << "the report is the last";
        EXPECT_EQ(piece[0], whole[0]);
        FieldWalk walk(piece, fields_at(piece), version);
        Field field;
        ASSERT_EQ(walk.next(field), IfpFault::None);
        EXPECT_EQ(piece[1], 1);
        EXPECT_TRUE(field.type == kHdlcData || field.type == kHdlcFcsOk);
        has_good_fcs = field.type == kHdlcFcsOk;
        data.insert(data.end(), piece.begin() + static_cast<std::ptrdiff_t>(field.data_at),
                    piece.begin() + static_cast<std::ptrdiff_t>(field.data_at + field.octets));
      }
      EXPECT_TRUE(has_good_fcs);
      EXPECT_EQ(data, Bytes(whole.begin() + 5, whole.end() - 1));
    }
  }
}

TEST(IfpPieces, OnlyTheLastPartOfASignalsEndEndsIt) {
  Bytes ifp{0xC0 | 8 << 1, 1, 0x80 | kNonEcmSigEnd << 4, 0, 29};
  ifp.resize(ifp.size() + 30, 0x55);

  const auto pieces = pieces_of(ifp, 0, 20);

  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_FALSE(parse_ifp(pieces[0], 0).ifp.ends_signal);
  EXPECT_TRUE(parse_ifp(pieces[1], 0).ifp.ends_signal);
  EXPECT_EQ(pieces[0].size() + pieces[1].size(), 2u * 5 + 30);
}

TEST(IfpPieces, WhatCannotBeCutStaysWhole) {
  const Bytes noise(200, 0xFF);
  IfpPieces pieces(noise, 0, 40);
  EXPECT_EQ(pieces.next().size(), 200u);
  EXPECT_TRUE(pieces.next().empty());
}

}  // namespace
}  // namespace sg::t38
