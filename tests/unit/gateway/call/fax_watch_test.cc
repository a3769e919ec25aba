#include "gateway/call/fax_watch.h"

#include <gtest/gtest.h>

#include "base/manual_reactor.h"

namespace sg::call {
namespace {

using media::HeardTone;
using media::Side;
using Sign = MediaMode::Sign;
namespace fcf = t38::fcf;

class FaxWatchTest : public ::testing::Test, public FaxWatch::Actions {
 protected:
  void tell_both(Sign sign) override { told.push_back(fmt::format("both {}", static_cast<int>(sign))); }
  void tell_near(Side side, Sign sign) override { note("near", side, sign); }
  void tell_far(Side side, Sign sign) override { note("far", side, sign); }
  void carry_as_fax() override { is_carried_as_fax = true; }
  void end_after_goodbye() override { ++ended; }

  void note(const char* where, Side side, Sign sign) {
    told.push_back(fmt::format("{} {} {}", where, side == Side::A ? 'a' : 'b', static_cast<int>(sign)));
  }
  static std::string across(Side side, Sign sign) {
    return fmt::format("far {} {}", side == Side::A ? 'a' : 'b', static_cast<int>(sign));
  }
  void sees(uint8_t frame, bool is_answered = true) { watch.on_seen({.event = {.code = {frame}}}, is_answered); }

  ManualReactor reactor;
  Record record;
  std::vector<std::string> told;
  bool is_carried_as_fax = false;
  int ended = 0;
  FaxWatch watch{{.clear_after_goodbye = 6s}, reactor, Log(), record, *this};
};

TEST_F(FaxWatchTest, AToneMakesTheCallAFaxAndIsWrittenDown) {
  reactor.advance(1500ms);

  watch.on_tone({Side::A, HeardTone::Cng});

  EXPECT_TRUE(record.fax);
  EXPECT_TRUE(is_carried_as_fax);
  ASSERT_EQ(record.fax_log.steps().size(), 1u);
  EXPECT_EQ(record.fax_log.steps()[0].what, "CNG");
  EXPECT_EQ(record.fax_log.steps()[0].at, std::chrono::milliseconds(1500));
  EXPECT_EQ(told, std::vector{fmt::format("both {}", static_cast<int>(Sign::Cng))});
}

TEST_F(FaxWatchTest, OfAMachineThatAnswersTheLegBesideItIsToldFirstAndThenTheOneAcross) {
  watch.on_tone({Side::B, HeardTone::V21Preamble});

  const int sign = static_cast<int>(Sign::Preamble);
  EXPECT_EQ(told, (std::vector{fmt::format("near b {}", sign), fmt::format("far b {}", sign)}));
}

TEST_F(FaxWatchTest, WithoutCngAnAnswerToneOfV8MayBeAModems) {
  watch.on_tone({Side::B, HeardTone::AnsAm});
  EXPECT_TRUE(told.empty());

  watch.on_tone({Side::A, HeardTone::Cng});
  told.clear();
  watch.on_tone({Side::B, HeardTone::AnsAm});

  EXPECT_EQ(told.back(), across(Side::B, Sign::SuperG3));
}

TEST_F(FaxWatchTest, WhereAFaxIsExpectedItsAnswerToneNeedsNoCng) {
  watch.expect_fax();

  watch.on_tone({Side::B, HeardTone::AnsAm});

  EXPECT_EQ(told.back(), across(Side::B, Sign::SuperG3));
}

TEST_F(FaxWatchTest, ALegThatSpeaksT38TellsTheOtherOfTheFax) {
  watch.on_mode(Side::A, {.at = {}, .mode = MediaModeState::Audio, .reason = ModeReason::PeersAudioOffer});
  EXPECT_FALSE(record.fax);

  watch.on_mode(Side::A, {.at = {}, .mode = MediaModeState::T38, .reason = ModeReason::PeersOffer});

  EXPECT_TRUE(record.fax);
  EXPECT_EQ(record.fax_log.steps().at(0).what, "t38: peer's offer");
  EXPECT_EQ(told, std::vector{across(Side::A, Sign::Preamble)});
}

TEST_F(FaxWatchTest, NobodyHangingUpAfterTheGoodbyeEndsTheCall) {
  sees(fcf::kDcn);
  reactor.advance(5999ms);
  EXPECT_EQ(ended, 0);

  reactor.advance(1ms);

  EXPECT_EQ(ended, 1);
}

TEST_F(FaxWatchTest, MachinesThatHaveMoreToSayAreNotEnded) {
  sees(fcf::kDcn);
  sees(fcf::kDis);

  reactor.advance(60s);

  EXPECT_EQ(ended, 0);
}

TEST_F(FaxWatchTest, AGoodbyeBeforeTheAnswerOrWhileTheCallIsClearedEndsNothing) {
  sees(fcf::kDcn, false);
  reactor.advance(60s);
  EXPECT_EQ(ended, 0);

  sees(fcf::kDcn);
  watch.stop();
  reactor.advance(60s);

  EXPECT_EQ(ended, 0);
  EXPECT_EQ(record.fax_log.sums().dcn, 2);
}

TEST_F(FaxWatchTest, IsToldToEndNothing) {
  FaxWatch patient({}, reactor, Log(), record, *this);

  patient.on_seen({.event = {.code = {fcf::kDcn}}}, true);
  reactor.advance(1h);

  EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace sg::call
