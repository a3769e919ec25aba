#include "tests/unit/gateway/sip/two_agents.h"

namespace sg::sip {
namespace {

// Offers inside an established call, from either side.
class SipOffer : public TwoAgents {
 protected:
  void SetUp() override {
    TwoAgents::SetUp();
    establish();
  }
};

TEST_F(SipOffer, AudioBecomesT38ByEitherSide) {
  callee.leg->offer(image_at(5002));
  ASSERT_TRUE(until_heard(caller, "offer"));
  ASSERT_TRUE(caller.media->image);
  EXPECT_FALSE(caller.media->audio);
  EXPECT_EQ(caller.media->image->udptl.port(), 5002);
  caller.leg->answer_offer(image_at(4002));
  ASSERT_TRUE(until_heard(callee, "offer answered"));
  EXPECT_EQ(callee.media->image->udptl.port(), 4002);

  caller.leg->offer(audio_at(4000));
  ASSERT_TRUE(until_heard(callee, "offer"));
  EXPECT_TRUE(callee.media->audio);
  callee.leg->answer_offer(audio_at(5000));
  ASSERT_TRUE(until_heard(caller, "offer answered"));
}

TEST_F(SipOffer, ARefusedOfferIsToldWithItsStatusAndTheCallGoesOn) {
  for (int status : {488, 415, 606, 501, 500, 503, 600, 603, 491}) {
    caller.refused_with = 0;
    auto before = caller.times_heard("offer refused");
    auto offers = callee.times_heard("offer");
    caller.leg->offer(image_at(4002));
    ASSERT_TRUE(until_heard(callee, "offer", offers + 1));

    callee.leg->refuse_offer(status);

    ASSERT_TRUE(until_heard(caller, "offer refused", before + 1));
    EXPECT_EQ(caller.refused_with, status);
  }
  EXPECT_FALSE(caller.has_heard("released"));
  caller.leg->release(call::kNormalClearing);
  ASSERT_TRUE(until_heard(callee, "released"));
}

TEST_F(SipOffer, CrossingOffersAreGlareForAtLeastOneSide) {
  caller.leg->offer(image_at(4002));
  callee.leg->offer(image_at(5002));

  ASSERT_TRUE(until_heard(caller, "offer refused"));
  ASSERT_TRUE(until_heard(callee, "offer refused"));
  EXPECT_EQ(caller.refused_with, 491);
  EXPECT_EQ(callee.refused_with, 491);

  // Later on either may try again.
  caller.leg->offer(image_at(4002));
  ASSERT_TRUE(until_heard(callee, "offer"));
  callee.leg->answer_offer(image_at(5002));
  ASSERT_TRUE(until_heard(caller, "offer answered"));
}

TEST_F(SipOffer, ASecondOfferOfOursBeforeTheFirstIsAnsweredIsGlareToo) {
  caller.leg->offer(image_at(4002));
  caller.leg->offer(image_at(4004));

  EXPECT_FALSE(caller.has_heard("offer refused")) << "nothing is told from inside offer()";
  ASSERT_TRUE(until_heard(caller, "offer refused"));
  EXPECT_EQ(caller.refused_with, 491);
}

TEST_F(SipOffer, TheSameOfferAgainIsAnsweredByTheLegItself) {
  caller.leg->offer(image_at(4002));
  ASSERT_TRUE(until_heard(callee, "offer"));
  callee.leg->answer_offer(image_at(5002));
  ASSERT_TRUE(until_heard(caller, "offer answered"));
  settle();

  caller.leg->offer(image_at(4002));

  ASSERT_TRUE(until_heard(caller, "offer answered", 2));
  EXPECT_EQ(callee.times_heard("offer"), 1);
  EXPECT_EQ(caller.media, image_at(5002)) << "T.38 still stands";
}

TEST_F(SipOffer, AHangUpWhileAnOfferIsOpenEndsTheCall) {
  caller.leg->offer(image_at(4002));
  ASSERT_TRUE(until_heard(callee, "offer"));

  caller.leg->release(call::kNormalClearing);

  ASSERT_TRUE(until_heard(caller, "released"));
  ASSERT_TRUE(until_heard(callee, "released"));
}

}  // namespace
}  // namespace sg::sip
