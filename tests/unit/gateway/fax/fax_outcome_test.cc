#include "gateway/fax/log/fax_outcome.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/support/frame_codes.h"

namespace sg::fax {
namespace {

using Verdict = FaxOutcome::Verdict;

using std::chrono::milliseconds;
using t38::testing::frame_named;

// A frame each 2 s.
Verdict verdict_after(const std::vector<std::string>& frames) {
  FaxOutcome outcome;
  milliseconds at(0);
  for (const auto& frame : frames) outcome.on_frame(at += milliseconds(2000), frame_named(frame));
  return outcome.verdict();
}

// What follows a page: "4200 EOP" is an EOP that ends 4.2 s after the frame before it.
FaxOutcome outcome_after_page(const std::string& words) {
  FaxOutcome outcome;
  for (const char* frame : {"DIS", "DCS", "CFR"}) outcome.on_frame(milliseconds(5000), frame_named(frame));
  milliseconds at(60'000);
  std::istringstream in(words);
  int later = 0;
  for (std::string frame; in >> later >> frame;) outcome.on_frame(at += milliseconds(later), frame_named(frame));
  return outcome;
}

TEST(FaxOutcome, OnlyAConfirmedLastPageAndAGoodbyeMakeItDelivered) {
  EXPECT_EQ(verdict_after({"DIS", "DCS", "CFR", "MPS", "MCF", "EOP", "MCF", "DCN"}), Verdict::Delivered);
  EXPECT_EQ(verdict_after({"DIS", "DCS", "CFR", "PPS-MPS", "MCF", "PPS-EOP", "PPR", "PPS-EOP", "MCF", "DCN"}),
            Verdict::Delivered);
  EXPECT_EQ(verdict_after({"DIS", "DCS", "CFR", "EOP", "MCF"}), Verdict::InDoubt) << "no goodbye";
  EXPECT_EQ(verdict_after({"DIS", "DCS", "CFR", "EOP", "DCN"}), Verdict::InDoubt) << "no confirmation";
  EXPECT_EQ(verdict_after({"DIS", "DCS", "CFR", "EOP", "RTN", "DCN"}), Verdict::Failed) << "the page was refused";
  EXPECT_EQ(verdict_after({"DIS", "DCS", "CFR", "MPS", "MCF", "DCN"}), Verdict::Failed) << "more pages were promised";
  EXPECT_EQ(verdict_after({"DIS", "DCS", "FTT", "DCS", "FTT", "DCN"}), Verdict::Failed) << "no training succeeded";
  EXPECT_EQ(verdict_after({}), Verdict::Unknown);
}

TEST(FaxOutcome, AnotherDocumentInTheSameCallStartsAnew) {
  EXPECT_EQ(verdict_after({"DCS", "CFR", "EOM", "MCF", "DCS", "CFR", "EOP", "MCF", "DCN"}), Verdict::Delivered);
}

struct LastWords {
  const char* words;
  Verdict verdict;
  const char* why;
};

constexpr auto kDelivered = Verdict::Delivered;
constexpr auto kInDoubt = Verdict::InDoubt;

// A frame takes 1.2 s with its preamble; T4 is 3 s, in SpanDSP 3.45 s.
const LastWords kLastWords[] = {
    {"0 EOP 1400 MCF 1400 DCN", kDelivered, "an ordinary fax"},
    {"0 EOP 1400 MCF 6000 DCN", kDelivered, "a sender that takes its time, but never asked again"},
    {"0 EOP 4200 EOP 4200 EOP 1400 MCF 1400 DCN", kDelivered, "a receiver that took its time"},
    {"0 EOP 1400 MCF 2800 EOP 1400 MCF 1400 DCN", kDelivered, "the second MCF was heard"},
    {"0 EOP 1400 MCF 2800 EOP 1400 MCF 2800 EOP 1400 MCF 1400 DCN", kDelivered, "the third MCF was heard"},
    {"0 EOP 1900 MCF 2600 EOP 1900 MCF 2600 EOP 1900 MCF 1900 DCN", kDelivered, "… with half a second each way"},
    {"0 EOP 1400 MCF 2800 EOP 1400 MCF 2800 EOP 1400 MCF 2800 DCN", kInDoubt, "no MCF was heard"},
    {"0 EOP 1400 MCF 3250 EOP 1400 MCF 3250 EOP 1400 MCF 3200 DCN", kInDoubt, "… by SpanDSP"},
    {"0 PPS-EOP 1400 MCF 2800 PPS-EOP 1400 MCF 2800 PPS-EOP 1400 MCF 2690 DCN", kInDoubt, "… and DCN is shorter"},
    {"0 EOP 2600 MCF 1600 EOP 2600 MCF 1600 EOP 2600 MCF 1600 DCN", kInDoubt, "… of a receiver that answers late"},
    {"0 EOP 4200 EOP 4200 EOP 1400 MCF 2800 DCN", kInDoubt, "only the third was answered, and not heard"},
    {"0 EOP 1400 MCF 2800 EOP 1400 MCF 2800 DCN", kInDoubt, "two of three EOP were seen, the latter ones"},
    {"0 EOP 1400 MCF 7000 EOP 1400 MCF 2800 DCN", kInDoubt, "… and the second one was not"},
    {"0 EOP 1400 MCF 2800 EOP 1400 MCF 7000 DCN", kInDoubt, "… nor the last"},
    {"0 EOP 900 CRP 1400 EOP 1400 MCF 3000 DCN", kDelivered, "EOP was asked for again"},
    {"0 EOP 2400 EOP 1400 MCF 3000 DCN", kDelivered, "too soon for T4: something else makes it repeat"},
    {"0 PPS-EOP 1400 PPR 8000 PPS-EOP 1400 PPR 8000 PPS-EOP 1400 MCF 2800 DCN", kDelivered, "ECM repeats are answers"},
    {"0 PPS-EOP 1400 RNR 1400 RR 1400 RNR 1400 RR 1400 MCF 2800 DCN", kDelivered, "RR was answered by RNR"},
    {"0 PPS-EOP 1400 RNR 1400 RR 1400 MCF 2800 RR 1400 MCF 2800 RR 1400 MCF 2800 DCN", kInDoubt, "MCF to RR not heard"},
    {"0 MPS 1400 MCF 2800 MPS 1400 MCF 40000 EOP 1400 MCF 2800 DCN", kDelivered, "an earlier page's trouble is over"},
    {"0 EOP 1400 MCF 2800 EOP 1400 MCF 2800 EOP 4200 DCN", kInDoubt, "the third had no answer"},
    {"0 EOP 1400 MCF 2800 EOP", kInDoubt, "asked again, and then nothing"},
    {"0 EOP 1400 MCF 2800 EOP 1400 MCF 1400 DCN 4000 DCN", kDelivered, "a machine may say goodbye twice"},
};

TEST(FaxOutcome, AGoodbyeOnlyWhenT4IsOverTellsThatTheConfirmationWasNotHeard) {
  for (const auto& each : kLastWords) {
    EXPECT_EQ(outcome_after_page(each.words).verdict(), each.verdict) << each.words << ": " << each.why;
  }
}

TEST(FaxOutcome, TellsWhetherAndHowOftenASenderAskedThatDidNotHear) {
  struct Case {
    const char* words;
    bool is_unheard;
    int commands;
  };
  const Case cases[] = {
      {"0 EOP 1400 MCF 2800 EOP 1400 MCF 2800 EOP 1400 MCF 2800 DCN", true, 3},
      // Two machines of SpanDSP's, of which the sender goes deaf: the second PPS-EOP is answered by DCN.
      {"0 PPS-EOP 1288 MCF 3344 PPS-EOP 1288 DCN 3432 PPS-EOP 4600 DCN", true, 3},
      {"0 EOP 4200 EOP 4200 EOP 4200 DCN", false, 3},
      {"0 EOP 1400 MCF 1400 DCN", false, 1},
  };
  for (const auto& each : cases) {
    auto outcome = outcome_after_page(each.words);

    EXPECT_EQ(outcome.is_unheard(), each.is_unheard) << each.words;
    EXPECT_EQ(outcome.commands(), each.commands) << each.words;
  }
}

}  // namespace
}  // namespace sg::fax
