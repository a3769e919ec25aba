#include "gateway/call/media_mode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/manual_reactor.h"
#include "gateway/call/cause.h"

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
  void on_mode_changed(State, ModeReason reason, int refused_with) override {
    last_reason = name_of(reason, refused_with);
  }
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

TEST_F(MediaModeTest, GlareWithoutEndMeansPassthroughOnceItIsTooLateToAsk) {
  for (bool owns_call_id : {true, false}) {
    MediaMode& mode = offering(owns_call_id);
    const TimePoint start = reactor.now();
    int asked = std::exchange(offers, 0);
    while (mode.state() != State::Passthrough && reactor.now() - start < 60s) {
      EXPECT_TRUE(asked == offers || reactor.now() - start <= MediaMode::kAskWindow);
      asked = offers;
      if (mode.state() == State::OfferingT38) mode.on_t38_refused(491);
      reactor.advance(10ms);
    }

    EXPECT_EQ(mode.state(), State::Passthrough);
    EXPECT_EQ(last_reason, "491, until it was too late to ask again");
    EXPECT_GE(offers, 1) << "once at least it is tried again";
    EXPECT_LE(reactor.now() - start, MediaMode::kAskWindow + 4s);
    asked = offers;
    mode.on_far_preamble();
    reactor.advance(1min);
    EXPECT_EQ(offers, asked);
  }
}

TEST_F(MediaModeTest, AnOfferThatWasMadeInTimeMayBeAnsweredLate) {
  MediaMode& mode = offering();
  mode.on_t38_refused(491);
  reactor.advance(2s);
  ASSERT_EQ(mode.state(), State::OfferingT38);
  reactor.advance(7s);
  ASSERT_EQ(mode.state(), State::Passthrough);

  mode.on_t38_agreed();

  EXPECT_EQ(mode.state(), State::T38) << "what was agreed on stands";
}

TEST_F(MediaModeTest, PeerT38OfferWinsDuringOurGlareBackoff) {
  MediaMode& mode = offering();
  mode.on_t38_refused(491);

  mode.on_peer_t38_accepted();
  reactor.advance(10s);

  EXPECT_EQ(mode.state(), State::T38);
  EXPECT_EQ(offers, 1);
}

// RFC 5057 section 5.1, every status there is: what speaks of the dialog ends the call, what speaks of the request
// leaves the session as it was (RFC 3261 section 14.1).
TEST_F(MediaModeTest, ARefusalEndsTheCallOnlyWhereTheDialogIsLost) {
  const std::set<int> ends{404, 408, 410, 416, 481, 482, 483, 484, 485, 502, 604};
  for (int status = 300; status <= 699; ++status) {
    SCOPED_TRACE(status);
    lost = 0;

    MediaMode& mode = offering();
    mode.on_t38_refused(status);

    EXPECT_EQ(lost, ends.contains(status) ? status : 0);
    EXPECT_EQ(ends_dialog(status), ends.contains(status));
    auto next = ends.contains(status) ? State::OfferingT38 : status == 491 ? State::Glare : State::Passthrough;
    EXPECT_EQ(mode.state(), next);
  }
}

TEST_F(MediaModeTest, APeerThatNeverAnswersOurOfferKeepsItsFaxInG711) {
  MediaMode& mode = offering();
  reactor.advance(5s);
  ASSERT_EQ(mode.state(), State::Passthrough);

  mode.on_t38_refused(408);

  EXPECT_EQ(lost, 0);
  EXPECT_EQ(mode.state(), State::Passthrough);
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

struct AskCase {
  T38Ask ask;
  std::vector<MediaMode::Sign> asks_on;
  bool known = false;
};

TEST_F(MediaModeTest, EachPolicyAsksOnItsOwnSignsOnly) {
  using Sign = MediaMode::Sign;
  const AskCase cases[] = {
      {T38Ask::Preamble, {Sign::SuperG3, Sign::Preamble}},
      {T38Ask::Ced, {Sign::SuperG3, Sign::Ced, Sign::Preamble}},
      {T38Ask::Cng, {Sign::Cng, Sign::SuperG3, Sign::Preamble}},
      {T38Ask::AtOnce, {Sign::KnownFax, Sign::SuperG3, Sign::Ced, Sign::Preamble}},
      {T38Ask::Peer, {}},
      {T38Ask::Never, {}},
  };
  for (const auto& each : cases) {
    for (Sign sign : {Sign::KnownFax, Sign::Cng, Sign::SuperG3, Sign::Ced, Sign::Preamble}) {
      for (bool is_near : {false, true}) {
        MediaMode::Options options;
        options.policy.t38 = each.ask;
        MediaMode& mode = make(options);
        mode.on_established();
        offers = 0;

        is_near ? mode.on_near_sign(sign) : mode.on_far_sign(sign);
        EXPECT_TRUE(offers == 0 || !is_near) << "the peer of the machine that answered goes first";
        reactor.advance(300ms);

        const bool is_asked = std::ranges::find(each.asks_on, sign) != each.asks_on.end();
        EXPECT_EQ(offers, is_asked ? 1 : 0) << "policy " << int(each.ask) << " sign " << int(sign);
      }
    }
  }
}

TEST_F(MediaModeTest, AKnownFaxIsAskedRightAfterTheAnswerWhereThePolicySaysAtOnce) {
  MediaMode::Options options;
  options.policy.is_known_fax = true;
  make(options).on_established();
  EXPECT_EQ(offers, 0) << "the default waits for the preamble";

  options.policy.t38 = T38Ask::AtOnce;
  make(options).on_established();

  EXPECT_EQ(offers, 1);
  EXPECT_EQ(last_reason, "a fax number");
}

TEST_F(MediaModeTest, SuperG3PassesWhereThePolicySaysSo) {
  MediaMode::Options options;
  options.policy.lowers_super_g3 = false;
  MediaMode& mode = make(options);
  mode.on_established();

  mode.on_far_sign(MediaMode::Sign::SuperG3);
  EXPECT_EQ(offers, 0);

  mode.on_far_preamble();
  EXPECT_EQ(offers, 1) << "it has come down to G3 by itself";
}

TEST_F(MediaModeTest, ThePeersOfferIsTakenWithinItsWindowAndWhatStandsMayAlwaysChange) {
  MediaMode::Options options;
  options.policy.t38_offer_window = 4s;
  MediaMode& mode = make(options);
  EXPECT_TRUE(mode.takes_peer_t38()) << "in the first INVITE";
  mode.on_established();
  reactor.advance(4s);
  EXPECT_TRUE(mode.takes_peer_t38());
  reactor.advance(1ms);
  EXPECT_FALSE(mode.takes_peer_t38());

  MediaMode& other = make(options);
  other.on_established();
  other.on_peer_t38_accepted();
  reactor.advance(1h);
  EXPECT_TRUE(other.takes_peer_t38()) << "a refresh";
}

TEST_F(MediaModeTest, AudioAgainAfterT38StaysAFax) {
  MediaMode& mode = offering();
  mode.on_t38_agreed();

  mode.on_peer_audio_accepted();

  EXPECT_EQ(mode.state(), State::Passthrough);
}

}  // namespace
}  // namespace sg::call
