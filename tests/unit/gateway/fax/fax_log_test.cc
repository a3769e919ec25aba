#include "gateway/fax/log/fax_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/frame_codes.h"

namespace sg::fax {
namespace {

using media::Side;
using std::chrono::milliseconds;
using t38::testing::frame_named;

media::FaxSeen frame(Side from, const char* name, Bytes content = {}) {
  media::FaxSeen seen;
  seen.from = from;
  seen.event.code = frame_named(name);
  seen.event.content_octets = static_cast<uint8_t>(content.size());
  std::copy(content.begin(), content.end(), seen.event.content.begin());
  return seen;
}

TEST(FaxLog, KeepsWhatHappenedWithItsTimeAndSide) {
  FaxLog log;

  log.on_tone(milliseconds(100), Side::A, media::HeardTone::Cng);
  log.on_mode(milliseconds(2500), Side::B, "t38", "our offer");
  log.on_seen(milliseconds(3000), frame(Side::B, "DIS"));
  log.on_impairment(milliseconds(3300), {Side::A, media::MediaImpairment::Kind::Loss, 3, 2});
  log.on_impairment(milliseconds(3600), {Side::B, media::MediaImpairment::Kind::Slip, 1, 0});

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

TEST(FaxLog, AnotherFaxOfTheSameCallStartsAnew) {
  FaxLog log;
  milliseconds at(0);
  auto hear = [&](std::initializer_list<const char*> words) {
    for (const char* word : words) log.on_seen(at += milliseconds(1000), frame(Side::A, word));
  };
  using Verdict = FaxOutcome::Verdict;

  hear({"DIS", "DCS", "CFR", "EOP", "MCF", "DCN"});
  log.on_impairment(at, {Side::A, media::MediaImpairment::Kind::Loss, 3, 0});
  hear({"DIS"});
  EXPECT_EQ(log.outcome().verdict(), Verdict::Delivered) << "nobody answered: there is no other document";
  hear({"DCS", "FTT"});

  EXPECT_EQ(log.outcome().verdict(), Verdict::Failed);
  EXPECT_EQ(log.sums().cfr, 0);
  EXPECT_EQ(log.loss(Side::A).in_t38.lost, 0u);
  EXPECT_EQ(log.first_frame_at(), milliseconds(7000));
  EXPECT_EQ(log.all_sums().cfr, 1);
  EXPECT_EQ(log.all_sums().lost, 3u);

  hear({"DCS", "CFR", "EOP", "MCF"});
  EXPECT_EQ(log.outcome().verdict(), Verdict::InDoubt) << "the goodbye was the first fax's";
  hear({"DCN"});
  EXPECT_EQ(log.outcome().verdict(), Verdict::Delivered);
}

TEST(FaxLog, TellsHowMuchMoreIsRepeatedAndForWhichLoss) {
  FaxLog log;

  log.on_redundancy(milliseconds(4000), {.side = Side::B, .from = 3, .to = 4, .loss = 0.0712});

  ASSERT_EQ(log.steps().size(), 1u);
  EXPECT_EQ(log.steps()[0].kind, FaxStep::Kind::Redundancy);
  EXPECT_EQ(log.steps()[0].side, Side::B);
  EXPECT_EQ(log.steps()[0].what, "redundancy 3 to 4: 7.1 % lost");
  EXPECT_EQ(log.steps()[0].raised->to, 4);
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

media::MediaImpairment lost(Side side, uint64_t count, uint64_t recovered = 0) {
  return {side, media::MediaImpairment::Kind::Loss, count, recovered};
}

std::vector<std::string> words_of(const FaxLog& log) {
  std::vector<std::string> words;
  for (const auto& step : log.steps()) words.push_back(step.what);
  return words;
}

TEST(FaxLog, SumsUpLossesThatFollowEachOther) {
  FaxLog log;

  log.on_impairment(milliseconds(1000), lost(Side::A, 1, 2));
  log.on_impairment(milliseconds(1300), lost(Side::B, 1));
  log.on_seen(milliseconds(5000), frame(Side::B, "MCF"));
  log.on_impairment(milliseconds(9300), lost(Side::A, 2, 1));

  EXPECT_EQ(words_of(log), (std::vector<std::string>{"3 lost, 3 recovered in 8.3 s", "1 lost, 0 recovered", "MCF"}));
  EXPECT_EQ(log.steps()[0].at, milliseconds(1000));
  EXPECT_EQ(log.steps()[0].until, milliseconds(9300));
}

TEST(FaxLog, LossesBeforeAndAfterAFrameOfTheirSideAreOneOnlyWhereTheyAreOneBurst) {
  FaxLog log;

  log.on_impairment(milliseconds(1000), lost(Side::A, 1));
  log.on_seen(milliseconds(1500), frame(Side::A, "DCS"));
  log.on_impairment(milliseconds(3900), lost(Side::A, 1));
  log.on_impairment(milliseconds(4200), lost(Side::A, 1));

  EXPECT_EQ(words_of(log),
            (std::vector<std::string>{"2 lost, 0 recovered in 2.9 s", "DCS 0 bit/s", "1 lost, 0 recovered"}));
}

TEST(FaxLog, ALossyFaxOfManyPagesKeepsWhatTheMachinesSaid) {
  FaxLog log;
  std::vector<std::string> said;
  milliseconds at(0);
  auto say = [&](Side side, const char* word) {
    said.emplace_back(word);
    log.on_seen(at += milliseconds(300), frame(side, word));
  };

  // 5 % of the packets of a page of 45 s: both sides have something to tell at every look, 300 ms apart.
  for (int page = 0; page < 60; ++page) {
    for (int look = 0; look < 150; ++look) {
      at += milliseconds(300);
      log.on_impairment(at, lost(Side::A, 0, 1));
      log.on_impairment(at, lost(Side::B, 0, 1));
    }
    say(Side::A, page == 59 ? "PPS-EOP" : "PPS-MPS");
    say(Side::B, "MCF");
  }
  say(Side::A, "DCN");

  std::vector<std::string> kept;
  for (const auto& step : log.steps()) {
    if (step.kind == FaxStep::Kind::Frame) kept.push_back(step.what);
  }
  EXPECT_EQ(kept, said);
  EXPECT_EQ(log.left_out().steps, 0u);
  EXPECT_EQ(log.sums().recovered, 2u * 60 * 150);
}

TEST(FaxLog, LeavesOutLossesBeforeAnyFrame) {
  FaxLog log;
  constexpr int kFrames = 400;

  for (int i = 0; i < kFrames; ++i) {
    log.on_seen(milliseconds(8000 * i), frame(Side::A, "PPS-MPS"));
    log.on_impairment(milliseconds(8000 * i + 4000), lost(Side::A, 1));
  }

  EXPECT_EQ(log.steps().size(), FaxSteps::kMost);
  EXPECT_EQ(std::ranges::count(log.steps(), FaxStep::Kind::Frame, &FaxStep::kind), kFrames);
  EXPECT_EQ(log.left_out().steps, 2 * kFrames - FaxSteps::kMost);
  EXPECT_EQ(log.left_out().from, milliseconds(4000));
}

TEST(FaxLog, LeavesOutTheMiddleOfWhatIsTooLong) {
  FaxLog log;

  for (int i = 0; i < 600; ++i) log.on_seen(milliseconds(i), frame(Side::B, "MCF"));
  log.on_seen(milliseconds(600), frame(Side::A, "DCN"));

  EXPECT_EQ(log.steps().size(), FaxSteps::kMost);
  EXPECT_EQ(log.steps().front().at, milliseconds(0));
  EXPECT_EQ(log.steps()[FaxSteps::kHead - 1].at, milliseconds(FaxSteps::kHead - 1));
  EXPECT_EQ(log.steps().back().what, "DCN");
  EXPECT_EQ(log.left_out().steps, 101u);
  EXPECT_EQ(log.left_out().from, milliseconds(FaxSteps::kHead));
  EXPECT_EQ(log.left_out().until, milliseconds(FaxSteps::kHead + 100));
  EXPECT_EQ(log.sums().mcf, 600);
  EXPECT_EQ(log.last_frame_at(), milliseconds(600));
}

}  // namespace
}  // namespace sg::fax
