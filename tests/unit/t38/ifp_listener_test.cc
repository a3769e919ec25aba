#include "t38/ifp_listener.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace sg::t38 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kVersion = 3;
constexpr Direction kCaller = Direction::FromT38, kCalled = Direction::ToT38;

// The field types of T.38 table 4.
constexpr uint8_t kData = 0, kSigEnd = 1, kFcsOk = 2, kFcsBad = 3, kFcsOkSigEnd = 4;

struct IfpListenerTest : testing::Test, FaxTimeline::Listener {
  void on_fax_event(const FaxEvent& event) override {
    told.push_back((event.direction == kCaller ? ">" : "<") + describe(event));
  }

  void hear(Direction from, const Bytes& ifp) { listener.hear(from, parse_ifp(ifp, kVersion)); }
  void indicate(Direction from, uint8_t indicator) { hear(from, {static_cast<uint8_t>(indicator << 1)}); }
  // One field, of V.21 or another modem's type, as version 3 packs it.
  void send(Direction from, uint8_t field, const Bytes& octets = {}, uint8_t type = 0) {
    const auto head = static_cast<uint8_t>((octets.empty() ? 0x00 : 0x80) | field << 3);
    Bytes ifp{static_cast<uint8_t>(0xC0 | type << 1), 1, head};
    if (!octets.empty()) {
      ifp.push_back(0);
      ifp.push_back(static_cast<uint8_t>(octets.size() - 1));
      ifp.insert(ifp.end(), octets.begin(), octets.end());
    }
    hear(from, ifp);
  }
  // A frame in pieces of one octet, as the line gives it.
  void frame(Direction from, const Bytes& octets, uint8_t end = kFcsOk) {
    for (uint8_t octet : octets) send(from, kData, {octet});
    send(from, end);
  }
  std::vector<std::string> taken() { return std::exchange(told, {}); }

  std::vector<std::string> told;
  IfpListener listener{kVersion, *this};
  // Address, control, facsimile control field.
  const Bytes dis{0xFF, 0xC8, 0x01, 0x00, 0x77, 0x5F}, cfr{0xFF, 0xC8, 0x21}, mcf{0xFF, 0xC8, 0x31},
      eop{0xFF, 0xC8, 0xF4}, dcn{0xFF, 0xC8, 0xDF};
  // Bits 11 to 14 of DCS: 14 400 bit/s by V.17 (T.30 table 2); its bit 27: ECM.
  const Bytes dcs{0xFF, 0xC8, 0xC1, 0x00, 0x44, 0x1F, 0x21};
};

TEST_F(IfpListenerTest, FollowsAFaxFromBothSides) {
  indicate(kCalled, 3);
  frame(kCalled, dis, kFcsOkSigEnd);
  frame(kCaller, dcs, kFcsOkSigEnd);
  indicate(kCaller, 14);
  EXPECT_THAT(taken(), ElementsAre("<DIS", testing::StartsWith(">DCS"), ">training 14400 bit/s"));
  frame(kCalled, cfr, kFcsOkSigEnd);
  indicate(kCaller, 15);
  EXPECT_THAT(taken(), ElementsAre("<CFR", ">training 14400 bit/s", ">page started"));

  frame(kCaller, eop, kFcsOkSigEnd);
  EXPECT_EQ(listener.pages(), 0) << "sent is not confirmed";
  frame(kCalled, mcf, kFcsOkSigEnd);
  frame(kCaller, dcn);

  EXPECT_THAT(taken(), ElementsAre(">EOP", "<MCF", "<page ended", ">DCN", ">ended"));
  EXPECT_EQ(listener.pages(), 1);
  EXPECT_TRUE(listener.ended_by_dcn());
}

TEST_F(IfpListenerTest, AFrameWithAWrongFcsIsNone) {
  frame(kCalled, mcf, kFcsBad);
  for (uint8_t octet : mcf) send(kCalled, kData, {octet});
  send(kCalled, kSigEnd);  // broken off
  send(kCalled, kFcsOk);

  EXPECT_THAT(told, IsEmpty());
}

TEST_F(IfpListenerTest, ANewIndicatorBreaksAFrameOff) {
  for (uint8_t octet : mcf) send(kCalled, kData, {octet});
  indicate(kCalled, 3);
  send(kCalled, kFcsOk);

  EXPECT_THAT(told, IsEmpty());
}

TEST_F(IfpListenerTest, AFrameThatNeverEndsIsNone) {
  for (int i = 0; i < 300; ++i) send(kCalled, kData, {0x31});
  send(kCalled, kFcsOk);
  EXPECT_THAT(told, IsEmpty());

  frame(kCalled, mcf);
  EXPECT_THAT(told, ElementsAre("<MCF"));
}

TEST_F(IfpListenerTest, FramesOfFastModemsAreThePage) {
  for (uint8_t octet : mcf) send(kCaller, kData, {octet}, 8);
  send(kCaller, kFcsOk, {}, 8);

  EXPECT_THAT(told, IsEmpty());
}

TEST_F(IfpListenerTest, ARepeatedTrainingIsOne) {
  indicate(kCaller, 4);
  indicate(kCaller, 4);
  EXPECT_THAT(taken(), ElementsAre(">training 2400 bit/s"));
}

TEST_F(IfpListenerTest, AFrameBesideItsFcsReportIsReadToo) {
  send(kCalled, kFcsOk, mcf);
  EXPECT_THAT(told, ElementsAre("<MCF"));
}

}  // namespace
}  // namespace sg::t38
