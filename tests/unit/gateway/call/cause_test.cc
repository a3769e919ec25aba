#include "gateway/call/cause.h"

#include <gtest/gtest.h>

namespace sg::call {
namespace {

TEST(Cause, MapsToTheStatusOfRfc3398) {
  struct Row {
    int q850, status;
  };
  for (auto [q850, status] : {Row{1, 404},
                              {3, 404},
                              {17, 486},
                              {18, 408},
                              {19, 480},
                              {21, 403},
                              {22, 410},
                              {27, 502},
                              {28, 484},
                              {29, 501},
                              {31, 480},
                              {34, 503},
                              {38, 503},
                              {41, 503},
                              {47, 503},
                              {57, 403},
                              {65, 488},
                              {102, 504},
                              {99, 500}}) {
    EXPECT_EQ(sip_status_of({q850}), status) << "cause " << q850;
  }
}

TEST(Cause, MapsFromTheStatusOfRfc3398) {
  struct Row {
    int status, q850;
  };
  for (auto [status, q850] : {Row{404, 1},
                              {408, 102},
                              {480, 18},
                              {484, 28},
                              {486, 17},
                              {500, 41},
                              {503, 41},
                              {600, 17},
                              {603, 21},
                              {604, 1},
                              {499, 127},
                              {599, 41},
                              {699, 21}}) {
    EXPECT_EQ(cause_of_sip(status).q850, q850) << "status " << status;
  }
}

TEST(Cause, AReasonHeaderWinsOverTheTable) {
  EXPECT_EQ(cause_of_sip(503, 34).q850, 34);
  EXPECT_EQ(cause_of_sip(503, 0).q850, 41);
  EXPECT_EQ(cause_of_sip(503, 999).q850, 41) << "no Q.850 value";
}

TEST(Cause, ASipStatusPassesThroughToTheOtherSipSideButForWhatIsHopByHop) {
  EXPECT_EQ(sip_status_of(cause_of_sip(603)), 603);
  EXPECT_EQ(sip_status_of(cause_of_sip(407)), 403);
  EXPECT_EQ(sip_status_of(cause_of_sip(487)), 480);
}

TEST(Cause, HasWords) {
  EXPECT_EQ(text_of({17}), "user busy");
  EXPECT_EQ(text_of({126}), "unknown cause");
}

}  // namespace
}  // namespace sg::call
