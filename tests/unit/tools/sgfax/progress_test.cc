#include "tools/sgfax/progress.h"

#include <gtest/gtest.h>

namespace sg::sgfax {
namespace {

const TimePoint kStart{};

t38::FaxProgress at_page(int page, int bit_rate = 14400, bool ecm = true) {
  return {.page = page, .bit_rate = bit_rate, .ecm = ecm, .phase = "page"};
}

// A document of 54 000 octets in three pages: 10 s each at 14 400 bit/s, and 5 s around each.
TEST(SgfaxProgress, TellsPagesPercentageSpeedAndTimeLeftOfADocumentThatIsSent) {
  struct Step {
    Duration at;
    t38::FaxProgress progress;
    const char* line;
  };
  ProgressLine line(3, 54'000);
  for (const Step& step :
       {Step{0s, {.page = 0, .bit_rate = 0, .ecm = false, .phase = "negotiating"}, "0 of 3 pages   0 %  negotiating"},
        {10s, at_page(0), "0 of 3 pages   0 %  14400 ECM  0:45 left"},
        {16s, at_page(0), "0 of 3 pages  13 %  14400 ECM  0:39 left"},
        {34s, at_page(0), "0 of 3 pages  33 %  14400 ECM  0:30 left"},  // longer than was thought
        {40s, at_page(1), "1 of 3 pages  33 %  14400 ECM  1:00 left"},
        {55s, at_page(1), "1 of 3 pages  50 %  14400 ECM  0:45 left"},
        {70s, at_page(2, 9600, false), "2 of 3 pages  66 %  9600  0:30 left"},
        {100s, at_page(3), "3 of 3 pages 100 %  14400 ECM"},
        // No page comes after the last.
        {110s, at_page(4), "3 of 3 pages 100 %  14400 ECM"}}) {
    EXPECT_EQ(line.at(step.progress, kStart + step.at), step.line);
  }
}

TEST(SgfaxProgress, DoesNotGuessHowMuchIsToCome) {
  ProgressLine line(0, 0);

  EXPECT_EQ(line.at({.page = 0, .bit_rate = 0, .ecm = false, .phase = "negotiating"}, kStart), "negotiating");
  EXPECT_EQ(line.at(at_page(0), kStart + 5s), "0 pages  14400 ECM  0:00");
  EXPECT_EQ(line.at(at_page(1), kStart + 30s), "1 page  14400 ECM  0:25");
  EXPECT_EQ(line.at(at_page(2), kStart + 70s), "2 pages  14400 ECM  1:05");
}

}  // namespace
}  // namespace sg::sgfax
