#include "t38/ifp_feed.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "base/bytes.h"

namespace sg::t38 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kVersion = 3;
const Bytes kPreamble{0x06}, kNoSignal{0x00};

// T.38 as version 3 packs it: a V.21 field of one octet, and ends without any.
Bytes v21(uint8_t octet) {
  return {0xC0, 1, 0x80, 0, 0, octet};
}
Bytes bare(FieldType field) {
  auto ifp = bare_field(0, field, kVersion);
  return {ifp.begin(), ifp.end()};
}

struct IfpFeedTest : testing::Test, IfpFeed::Sink {
  void on_fed(ByteView ifp) override { fed.emplace_back(ifp.begin(), ifp.end()); }

  void put(const Bytes& ifp) {
    auto packet = parse_ifp(ifp, kVersion);
    ASSERT_TRUE(packet.ok());
    feed.put(packet);
  }
  // Line time, in blocks of 20 ms.
  void pass_time(int milliseconds) {
    for (int i = 0; i < milliseconds; i += 20) {
      feed.before_line(160);
      feed.after_line();
    }
  }
  std::vector<Bytes> taken() { return std::exchange(fed, {}); }

  std::vector<Bytes> fed;
  IfpFeed feed{kVersion, *this};
  const Bytes fcs_ok = bare(FieldType(2)), fcs_bad = bare(FieldType::HdlcFcsBad), sig_end = bare(FieldType::HdlcSigEnd),
              fcs_ok_sig_end = bare(FieldType(4));
};

const Bytes kCng{0x02}, kCed{0x04};

TEST_F(IfpFeedTest, ATonePlaysFromTheNextBlockOn) {
  for (const Bytes& tone : {kCng, kCed}) {
    put(tone);
    EXPECT_THAT(taken(), IsEmpty());
    pass_time(20);
    EXPECT_THAT(taken(), ElementsAre(tone));
    pass_time(1000);
    EXPECT_THAT(taken(), IsEmpty()) << "once";
  }
}

TEST_F(IfpFeedTest, ALateToneThatComesWithItsSuccessorsIsLeftOut) {
  put(kCng);
  put(kNoSignal);
  pass_time(20);
  put(kCed);
  put(kPreamble);
  pass_time(20);

  EXPECT_THAT(taken(), ElementsAre(kNoSignal, kPreamble));
}

TEST_F(IfpFeedTest, NobodyIsCalledOnceTheLineHasAnswered) {
  feed.note_answer();
  put(kCng);
  pass_time(20);
  EXPECT_THAT(taken(), IsEmpty());
  put(kCed);
  pass_time(20);
  EXPECT_THAT(taken(), ElementsAre(kCed));
}

TEST_F(IfpFeedTest, AFrameWaitsForItsEnd) {
  put(kPreamble);
  pass_time(1000);
  EXPECT_THAT(taken(), ElementsAre(kPreamble));
  for (uint8_t octet : {0xFF, 0xC8, 0x31}) {
    put(v21(octet));
    pass_time(40);
  }
  EXPECT_THAT(taken(), IsEmpty()) << "flags go out";

  put(fcs_ok_sig_end);
  EXPECT_THAT(taken(), ElementsAre(v21(0xFF), v21(0xC8), v21(0x31), fcs_ok_sig_end));
  put(kNoSignal);
  EXPECT_THAT(taken(), ElementsAre(kNoSignal));
  pass_time(5000);
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(IfpFeedTest, ALongFrameIsBegunBeforeItsEnd) {
  put(kPreamble);
  pass_time(1000);
  taken();
  for (int i = 0; i < 12; ++i) {
    put(v21(0xFF));
    pass_time(20);
  }
  EXPECT_THAT(taken(), IsEmpty());
  pass_time(120);
  EXPECT_EQ(taken().size(), 12u);

  put(v21(0x31));
  EXPECT_THAT(taken(), ElementsAre(v21(0x31))) << "it goes on as it comes";
  put(fcs_ok);
  EXPECT_THAT(taken(), ElementsAre(fcs_ok));
  put(v21(0xFF));
  EXPECT_THAT(taken(), IsEmpty()) << "the next one waits again";
}

TEST_F(IfpFeedTest, AFrameThatWasBegunAndDoesNotGoOnGetsAWrongFcs) {
  put(kPreamble);
  pass_time(1000);
  taken();
  put(v21(0xFF));
  pass_time(280);
  put(v21(0xC8));
  pass_time(100);
  EXPECT_THAT(taken(), ElementsAre(v21(0xFF), v21(0xC8)));
  pass_time(220);
  EXPECT_THAT(taken(), ElementsAre(fcs_bad));

  put(v21(0x31));
  put(fcs_ok_sig_end);
  EXPECT_THAT(taken(), ElementsAre(sig_end)) << "too late, but the signal ends";
  put(kNoSignal);
  EXPECT_THAT(taken(), ElementsAre(kNoSignal));
}

TEST_F(IfpFeedTest, ACarrierOfWhichNothingMoreComesIsEnded) {
  put(kPreamble);
  pass_time(1000);
  put(v21(0xFF));
  put(v21(0xC8));
  taken();
  pass_time(420);
  EXPECT_THAT(taken(), ElementsAre(v21(0xFF), v21(0xC8), fcs_bad, sig_end));
  pass_time(5000);
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(IfpFeedTest, APreambleOfWhichNoFrameComesGetsABrokenOne) {
  put(kPreamble);
  pass_time(1580);
  EXPECT_THAT(taken(), ElementsAre(kPreamble));
  pass_time(40);
  const Bytes some_frame{0xC0, 1, 0x80, 0, 2, 0xFF, 0xC8, 0};
  EXPECT_THAT(taken(), ElementsAre(some_frame, fcs_bad, sig_end));
}

TEST_F(IfpFeedTest, FramesWaitForTheModemWhoseIndicatorCameWithThem) {
  put(kPreamble);
  put(v21(0xFF));
  put(v21(0xC8));
  put(fcs_ok_sig_end);
  put(kNoSignal);
  EXPECT_THAT(taken(), ElementsAre(kPreamble));
  pass_time(20);
  EXPECT_THAT(taken(), ElementsAre(v21(0xFF), v21(0xC8), fcs_ok_sig_end, kNoSignal));
}

TEST_F(IfpFeedTest, ALostIndicatorIsMadeUpFor) {
  put(v21(0xFF));
  EXPECT_THAT(taken(), ElementsAre(kPreamble));
  put(v21(0xC8));
  put(fcs_ok);
  pass_time(20);
  EXPECT_THAT(taken(), ElementsAre(v21(0xFF), v21(0xC8), fcs_ok));

  put(sig_end);
  put(sig_end);
  EXPECT_THAT(taken(), ElementsAre(sig_end, sig_end)) << "an end without a signal needs no indicator";
}

TEST_F(IfpFeedTest, ACheckOfTrainingThatIsOnlyAnnouncedFails) {
  const std::pair<uint8_t, uint8_t> rows[] = {{4, 1}, {5, 2}, {6, 3}, {7, 4},
                                              {8, 5}, {9, 5}, {15, 8}};  // T.38 tables 2, 3
  for (auto [indicator, data] : rows) {
    const Bytes training{static_cast<uint8_t>(indicator << 1)};
    const Bytes ones{static_cast<uint8_t>(0xC0 | data << 1), 1, 0xB0, 0, 0, 0xFF};
    auto end = bare_field(data, FieldType::NonEcmSigEnd, kVersion);

    feed.put(parse_ifp(training, kVersion), true);
    pass_time(3380);
    EXPECT_THAT(taken(), ElementsAre(training));
    pass_time(40);
    EXPECT_THAT(taken(), ElementsAre(ones, Bytes(end.begin(), end.end())));

    feed.put(parse_ifp(training, kVersion), false);
    pass_time(60000);
    EXPECT_THAT(taken(), ElementsAre(training)) << "a page's sender may idle";
  }
}

TEST_F(IfpFeedTest, OtherSignalsPassAtOnceAndEndWhenTheyStop) {
  const Bytes training{0x16}, image{0xD0, 1, 0x80, 0, 1, 0x35, 0xFF};
  put(training);
  put(image);
  EXPECT_THAT(taken(), ElementsAre(training, image));
  pass_time(420);
  auto end = bare_field(8, FieldType::HdlcSigEnd, kVersion);
  EXPECT_THAT(taken(), ElementsAre(Bytes(end.begin(), end.end())));
}

}  // namespace
}  // namespace sg::t38
