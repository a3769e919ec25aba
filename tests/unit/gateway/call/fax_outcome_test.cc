#include "gateway/call/fax_outcome.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sg::call {
namespace {

using Verdict = FaxOutcome::Verdict;

Verdict verdict_after(const std::vector<std::string>& frames) {
  FaxOutcome outcome;
  for (const auto& frame : frames) outcome.on_frame(frame);
  return outcome.verdict();
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

}  // namespace
}  // namespace sg::call
