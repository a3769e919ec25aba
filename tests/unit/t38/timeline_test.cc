#include <gtest/gtest.h>

#include "t38/fax_timeline.h"

namespace sg::t38 {
namespace {

struct FrameCase {
  const char* name;
  Bytes frame;  // as SpanDSP has it: the first bit on the line is the lowest
  const char* told;
};

TEST(T30Frame, IsNamedAsT30NamesIt) {
  const FrameCase cases[] = {
      {"DIS", {0xFF, 0x13, 0x80, 0x00}, "DIS"},
      {"DTC", {0xFF, 0x13, 0x81, 0x00}, "DTC"},
      {"CFR", {0xFF, 0x13, 0x84}, "CFR"},
      {"CFR with X", {0xFF, 0x13, 0x85}, "CFR"},
      {"FTT with X", {0xFF, 0x13, 0x45}, "FTT"},
      {"PPS-EOP", {0xFF, 0x13, 0xBF, 0x2F, 0, 0, 0}, "PPS-EOP"},
      {"PPS-NULL", {0xFF, 0x13, 0xBF, 0x00, 0, 0, 0}, "PPS-NULL"},
      {"PPS cut", {0xFF, 0x13, 0xBF}, "PPS-NULL"},
      {"DCN", {0xFF, 0x13, 0xFB}, "DCN"},
      {"unknown", {0xFF, 0x13, 0x00}, "?"},
  };
  for (const auto& each : cases) {
    auto frame = T30Frame::parse(each.frame);
    ASSERT_TRUE(frame) << each.name;
    EXPECT_EQ(frame->name(), each.told) << each.name;
  }
  EXPECT_FALSE(T30Frame::parse(Bytes{0xFF, 0x13}));
  EXPECT_FALSE(T30Frame::parse(Bytes{0x00, 0x13, 0x80}));
}

TEST(T30Frame, TellsSpeedAndEcmFromDcs) {
  const Bytes v17_ecm = {0x00, 0x2C, 0x78, 0x04};
  const Bytes v29 = {0x00, 0x04};
  const Bytes v27ter = {0x00, 0x08, 0x00};

  EXPECT_EQ(parse_dcs(v17_ecm).bit_rate, 7200);
  EXPECT_TRUE(parse_dcs(v17_ecm).ecm);
  EXPECT_EQ(parse_dcs(v29).bit_rate, 9600);
  EXPECT_FALSE(parse_dcs(v29).ecm);
  EXPECT_EQ(parse_dcs(v29).resolution, "standard");
  EXPECT_EQ(parse_dcs(v29).compression, "MH");
  // Bits 15, 16 and 31, of octets 2 and 4; extended by bits 24 and 32.
  const Bytes fine_mmr = {0x00, 0x40, 0x80, 0x44}, superfine_mr = {0x00, 0x80, 0x80, 0x80, 0x80, 0x01};
  EXPECT_EQ(parse_dcs(fine_mmr).resolution, "fine");
  EXPECT_EQ(parse_dcs(fine_mmr).compression, "MMR");
  EXPECT_EQ(parse_dcs(superfine_mr).resolution, "superfine");
  EXPECT_EQ(parse_dcs(superfine_mr).compression, "MR");
  EXPECT_EQ(parse_dcs(v27ter).bit_rate, 4800);
}

TEST(FaxTimeline, CountsAPageOnceConfirmedAndNoPartialPage) {
  struct : FaxTimeline::Listener {
    void on_fax_event(const FaxEvent&) override {}
  } listener;
  FaxTimeline timeline(listener);
  const Bytes partial = {0xFF, 0x13, 0xBF, 0x00, 0, 0, 0}, last = {0xFF, 0x13, 0xBF, 0x2F, 0, 0, 0},
              mcf = {0xFF, 0x13, 0x8C};

  timeline.on_frame(Direction::ToT38, partial);
  timeline.on_frame(Direction::FromT38, mcf);
  EXPECT_EQ(timeline.pages(), 0);

  timeline.on_frame(Direction::ToT38, last);
  timeline.on_frame(Direction::FromT38, mcf);
  timeline.on_frame(Direction::FromT38, mcf);
  EXPECT_EQ(timeline.pages(), 1);
}

}  // namespace
}  // namespace sg::t38
