#include "tdm/cesop/hdlc_framer.h"

#include <gtest/gtest.h>

namespace sg::tdm::cesop {
namespace {

struct HdlcFramerTest : testing::Test {
  std::vector<Bytes> heard;
  HdlcFramer sender{[](ByteView) {}};
  HdlcFramer receiver{[this](ByteView frame) { heard.emplace_back(frame.begin(), frame.end()); }};

  Bytes line(size_t octets) {
    Bytes sent(octets);
    sender.send(sent);
    return sent;
  }
};

TEST_F(HdlcFramerTest, SendsFlagsWhenIdle) {
  line(3);
  EXPECT_EQ(line(50), Bytes(50, 0x7E));
}

TEST_F(HdlcFramerTest, CarriesTheVeryFirstFrame) {
  ASSERT_TRUE(sender.queue(Bytes{1, 2, 3, 4}));

  receiver.receive(line(40));

  EXPECT_EQ(heard, (std::vector<Bytes>{{1, 2, 3, 4}}));
}

TEST_F(HdlcFramerTest, StuffsWhatLooksLikeFlagsAndAborts) {
  std::vector<Bytes> frames{Bytes(50, 0x7E), Bytes(50, 0xFF), Bytes(HdlcFramer::kMaxFrame, 0x3F)};
  for (const Bytes& frame : frames) ASSERT_TRUE(sender.queue(frame));

  receiver.receive(line(800));

  EXPECT_EQ(heard, frames);
  EXPECT_EQ(receiver.stats().overlong, 0u);
}

TEST_F(HdlcFramerTest, TheBitsDoNotHangOnHowTheyAreCutIntoPackets) {
  ASSERT_TRUE(sender.queue(Bytes(30, 0x5A)));

  for (int i = 0; i < 60; ++i) receiver.receive(line(1));

  EXPECT_EQ(heard.size(), 1u);
}

TEST_F(HdlcFramerTest, CountsAFrameWithAWrongBitAndGoesOn) {
  ASSERT_TRUE(sender.queue(Bytes(30, 0x5A)));
  Bytes sent = line(60);
  sent[20] ^= 0x10;

  receiver.receive(sent);
  ASSERT_TRUE(sender.queue(Bytes(9, 0x11)));
  receiver.receive(line(40));

  EXPECT_EQ(heard, std::vector<Bytes>{Bytes(9, 0x11)});
  EXPECT_EQ(receiver.stats().bad_fcs, 1u);
}

TEST_F(HdlcFramerTest, CountsAnAbortAndGoesOn) {
  ASSERT_TRUE(sender.queue(Bytes(30, 0x5A)));
  receiver.receive(line(20));
  receiver.receive(Bytes(10, 0xFF));
  line(60);
  receiver.receive(line(1));  // the flag that opens the next
  ASSERT_TRUE(sender.queue(Bytes(9, 0x11)));

  receiver.receive(line(40));

  EXPECT_EQ(heard, std::vector<Bytes>{Bytes(9, 0x11)});
  EXPECT_GE(receiver.stats().aborts, 1u);
}

TEST_F(HdlcFramerTest, RandomOctetsBringNoFrameAndNoHarm) {
  uint32_t seed = 1;
  Bytes noise(100000);
  for (uint8_t& octet : noise) octet = static_cast<uint8_t>((seed = seed * 1664525 + 1013904223) >> 24);

  receiver.receive(noise);
  receiver.receive(line(8));
  ASSERT_TRUE(sender.queue(Bytes(9, 0x11)));
  receiver.receive(line(40));

  ASSERT_FALSE(heard.empty());
  EXPECT_EQ(heard.back(), Bytes(9, 0x11));
}

// Another end may send longer frames than ours does.
TEST_F(HdlcFramerTest, CountsAFrameThatIsTooLongAndGoesOn) {
  Bytes inside(HdlcFramer::kMaxFrame + 50, 0x55);  // nothing to stuff
  receiver.receive(Bytes(4, 0x7E));
  receiver.receive(inside);
  receiver.receive(Bytes(4, 0x7E));

  EXPECT_EQ(receiver.stats().overlong, 1u);
  EXPECT_TRUE(heard.empty());
  ASSERT_TRUE(sender.queue(Bytes(9, 0x11)));
  receiver.receive(line(40));
  EXPECT_EQ(heard, std::vector<Bytes>{Bytes(9, 0x11)});
}

TEST_F(HdlcFramerTest, CarriesALongestFrameOfQ921) {
  Bytes longest(4 + 260, 0xFF);
  ASSERT_TRUE(sender.queue(longest));

  receiver.receive(line(400));

  EXPECT_EQ(heard, std::vector<Bytes>{longest});
}

TEST_F(HdlcFramerTest, RefusesWhatIsTooLongEmptyOrTooMuch) {
  EXPECT_FALSE(sender.queue({}));
  EXPECT_FALSE(sender.queue(Bytes(HdlcFramer::kMaxFrame + 1)));
  size_t taken = 0;
  while (taken <= HdlcFramer::kMaxQueued && sender.queue(Bytes(5))) ++taken;
  EXPECT_EQ(taken, HdlcFramer::kMaxQueued);
}

}  // namespace
}  // namespace sg::tdm::cesop
