// What every tdm::Line does, on the real driver, and the other suites on analog cards. Needs span 1 and span 2 wired
// back to back: fxoks= and fxsks= (spans analog), or e&m= both (spans tie, --gtest_filter=Tie*).
#include "tests/unit/tdm/line_conformance.h"
#include "tests/vm/programs/dahdi_ends.h"

namespace sg::tdm::conformance {
INSTANTIATE_TYPED_TEST_SUITE_P(Analog, BackendConformance, DahdiEnds);
INSTANTIATE_TYPED_TEST_SUITE_P(Analog, BearerConformance, DahdiEnds);
INSTANTIATE_TYPED_TEST_SUITE_P(Analog, LoopLineConformance, DahdiEnds);
INSTANTIATE_TYPED_TEST_SUITE_P(Tie, TieLineConformance, DahdiEnds);
}  // namespace sg::tdm::conformance
