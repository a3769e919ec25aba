#include "gateway/call/fax_log.h"

#include <gtest/gtest.h>

namespace sg::call {
namespace {

using media::Side;
using std::chrono::milliseconds;

media::FaxSeen frame(Side from, const char* detail, Bytes content = {}) {
  media::FaxSeen seen;
  seen.from = from;
  seen.event.detail = detail;
  seen.event.content_octets = static_cast<uint8_t>(content.size());
  std::copy(content.begin(), content.end(), seen.event.content.begin());
  return seen;
}

TEST(FaxLog, KeepsWhatHappenedWithItsTimeAndSide) {
  FaxLog log;

  log.on_tone(milliseconds(100), Side::A, media::HeardTone::Cng);
  log.on_mode(milliseconds(2500), Side::B, "t38", "our offer");
  log.on_seen(milliseconds(3000), frame(Side::B, "DIS"));
  log.on_hurt(milliseconds(3300), {Side::A, media::MediaHurt::Kind::Loss, 3, 2});
  log.on_hurt(milliseconds(3600), {Side::B, media::MediaHurt::Kind::Slip, 1, 0});

  ASSERT_EQ(log.steps().size(), 5u);
  EXPECT_EQ(log.steps()[0].what, "CNG");
  EXPECT_EQ(log.steps()[1].what, "t38: our offer");
  EXPECT_EQ(log.steps()[2].at, milliseconds(3000));
  EXPECT_EQ(log.steps()[2].side, Side::B);
  EXPECT_EQ(log.steps()[3].what, "3 lost, 2 recovered");
  EXPECT_EQ(log.steps()[4].what, "1 slip");
  EXPECT_EQ(log.sums().lost, 3u);
  EXPECT_EQ(log.sums().slips, 1u);
}

TEST(FaxLog, TellsTheDocumentFromDcsAndTheMachinesFromTheirIdentities) {
  FaxLog log;

  // As sent: the last digit first, padded.
  log.on_seen(milliseconds(1), frame(Side::B, "CSI", {'9', '4', '+', ' ', ' '}));
  log.on_seen(milliseconds(2), frame(Side::A, "TSI", {'3', '3', '+', ' '}));
  log.on_seen(milliseconds(3), frame(Side::A, "DCS", {0x00, 0x60, 0x80, 0x44}));
  log.on_seen(milliseconds(4), frame(Side::A, "DCS", {0x00, 0x44, 0x80, 0x44}));

  EXPECT_EQ(log.called_identity(), "+49");
  EXPECT_EQ(log.calling_identity(), "+33");
  EXPECT_EQ(log.document().first_bit_rate, 14400);
  EXPECT_EQ(log.document().bit_rate, 9600);
  EXPECT_TRUE(log.document().ecm);
  EXPECT_EQ(log.document().resolution, "fine");
  EXPECT_EQ(log.document().compression, "MMR");
}

TEST(FaxLog, CountsWhatItDoesNotKeep) {
  FaxLog log;

  for (int i = 0; i < 600; ++i) log.on_seen(milliseconds(i), frame(Side::B, "MCF"));

  EXPECT_EQ(log.steps().size(), FaxLog::kMostSteps);
  EXPECT_EQ(log.steps_dropped(), 100u);
  EXPECT_EQ(log.sums().mcf, 600);
  EXPECT_EQ(log.last_frame_at(), milliseconds(599));
}

}  // namespace
}  // namespace sg::call
