#include "gateway/call/media_mode.h"

#include <gtest/gtest.h>

#include "base/manual_reactor.h"

namespace sg::call {
namespace {

using State = MediaModeState;

class MediaModeTest : public ::testing::Test, public MediaMode::Actions {
 protected:
  MediaMode& make(MediaMode::Options options = {}) {
    mode_ = std::make_unique<MediaMode>(options, reactor, counters, Log(), *this);
    return *mode_;
  }
  MediaMode& offering(bool owns_call_id = false) {
    MediaMode::Options options;
    options.owns_call_id = owns_call_id;
    MediaMode& mode = make(options);
    mode.on_established();
    mode.on_far_preamble();
    return mode;
  }

  void send_t38_offer() override { ++offers; }
  void on_mode_changed(State, std::string_view reason) override { last_reason = reason; }
  void on_dialog_lost(int status) override { lost = status; }

  ManualReactor reactor;
  Counters counters;
  int offers = 0;
  int lost = 0;
  std::string last_reason;

 private:
  std::unique_ptr<MediaMode> mode_;
};

TEST_F(MediaModeTest, APreambleBeforeTheAnswerIsRememberedUntilIt) {
  MediaMode& mode = make();

  mode.on_far_preamble();
  EXPECT_EQ(offers, 0);
  mode.on_established();

  EXPECT_EQ(mode.state(), State::OfferingT38);
  EXPECT_EQ(offers, 1);
}

TEST_F(MediaModeTest, EveryRefusalMeansPassthroughOnce) {
  for (int status : {415, 488, 501, 606, 400, 500}) {
    MediaMode& mode = offering();
    mode.on_t38_refused(status);
    EXPECT_EQ(mode.state(), State::Passthrough) << status;
    EXPECT_EQ(last_reason, fmt::format("T.38 refused with {}", status));
  }
}

TEST_F(MediaModeTest, NoAnswerInTimeMeansPassthroughAndALateOneIsStillFollowed) {
  MediaMode& mode = offering();

  reactor.advance(5s);
  EXPECT_EQ(mode.state(), State::Passthrough);
  mode.on_t38_agreed();

  EXPECT_EQ(mode.state(), State::T38);
}

TEST_F(MediaModeTest, GlareBacksOffLongerForTheOwnerOfTheCallId) {
  MediaMode& owner = offering(true);
  owner.on_t38_refused(491);
  EXPECT_EQ(owner.state(), State::Glare);
  reactor.advance(2099ms);
  EXPECT_EQ(offers, 1);
  reactor.advance(1901ms);
  EXPECT_EQ(offers, 2);

  MediaMode& other = offering(false);
  other.on_t38_refused(491);
  reactor.advance(2s);
  EXPECT_EQ(offers, 4);
}

TEST_F(MediaModeTest, PeerT38OfferWinsDuringOurGlareBackoff) {
  MediaMode& mode = offering();
  mode.on_t38_refused(491);

  mode.on_peer_t38_accepted();
  reactor.advance(10s);

  EXPECT_EQ(mode.state(), State::T38);
  EXPECT_EQ(offers, 1);
}

TEST_F(MediaModeTest, LostDialogIsTold) {
  offering().on_t38_refused(481);
  EXPECT_EQ(lost, 481);
}

TEST_F(MediaModeTest, ATrunkThatLeavesAskingToThePeerGoesToPassthroughOnPreamble) {
  MediaMode::Options options;
  options.policy.t38 = T38Ask::Peer;
  MediaMode& mode = make(options);
  mode.on_established();

  mode.on_far_preamble();

  EXPECT_EQ(mode.state(), State::Passthrough);
  EXPECT_EQ(offers, 0);
  mode.on_peer_t38_accepted();
  EXPECT_EQ(mode.state(), State::T38);
}

TEST_F(MediaModeTest, ThePeerGetsItsHeadStartWhenItsOwnMachineAnswered) {
  MediaMode& mode = make();
  mode.on_established();

  mode.on_near_preamble();
  reactor.advance(200ms);
  mode.on_peer_t38_accepted();
  reactor.advance(1s);

  EXPECT_EQ(offers, 0);
  EXPECT_EQ(mode.state(), State::T38);
}

TEST_F(MediaModeTest, AudioAgainAfterT38StaysAFax) {
  MediaMode& mode = offering();
  mode.on_t38_agreed();

  mode.on_peer_audio_accepted();

  EXPECT_EQ(mode.state(), State::Passthrough);
}

}  // namespace
}  // namespace sg::call
