#include "gateway/call/hunt_rule.h"

#include <gtest/gtest.h>

namespace sg::call {
namespace {

TEST(HuntRule, GoesOnWhereTheWayIsBlockedAndStopsWhereTheCalledPartySaysNo) {
  for (int blocked : {2, 3, 6, 27, 34, 38, 41, 42, 43, 44, 47, 102}) EXPECT_TRUE(HuntRule{}.goes_on({blocked}));
  for (int final : {1, 16, 17, 18, 19, 20, 21, 22, 28, 29, 31, 49, 50, 57, 65, 79, 88}) {
    EXPECT_FALSE(HuntRule{}.goes_on({final})) << final;
  }
  for (int status : {401, 407, 408, 500, 502, 503, 504})
    EXPECT_TRUE(HuntRule{}.goes_on(cause_of_sip(status))) << status;
  for (int status : {400, 403, 404, 410, 415, 480, 481, 484, 486, 487, 488, 501, 513, 600, 603, 604, 606}) {
    EXPECT_FALSE(HuntRule{}.goes_on(cause_of_sip(status))) << status;
  }
}

TEST(HuntRule, BelievesAReasonMoreThanTheStatusItCameWith) {
  EXPECT_TRUE(HuntRule{}.goes_on(cause_of_sip(404, 34)));
  EXPECT_FALSE(HuntRule{}.goes_on(cause_of_sip(503, 17)));
}

TEST(HuntRule, TakesWhatTheRouteAddsOrSaysInstead) {
  HuntRule busy_too{.causes = {17}, .statuses = {480}};
  HuntRule busy_only{.has_default = false, .causes = {17}, .statuses = {}};

  EXPECT_TRUE(busy_too.goes_on({17}));
  EXPECT_TRUE(busy_too.goes_on({34}));
  EXPECT_TRUE(busy_too.goes_on(cause_of_sip(480)));
  EXPECT_FALSE(busy_too.goes_on({18}));
  EXPECT_TRUE(busy_only.goes_on({17}));
  EXPECT_FALSE(busy_only.goes_on({34}));
}

}  // namespace
}  // namespace sg::call
