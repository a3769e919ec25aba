// The suites that every tdm::Backend passes, on the real driver. Needs span 1 and span 2 wired back to back.
#include "tests/unit/tdm/conformance.h"
#include "tests/vm/programs/dahdi_ends.h"

namespace sg::tdm::conformance {
INSTANTIATE_TYPED_TEST_SUITE_P(Dahdi, BackendConformance, DahdiEnds);
INSTANTIATE_TYPED_TEST_SUITE_P(Dahdi, BearerConformance, DahdiEnds);
INSTANTIATE_TYPED_TEST_SUITE_P(Dahdi, DChannelConformance, DahdiEnds);
}  // namespace sg::tdm::conformance
