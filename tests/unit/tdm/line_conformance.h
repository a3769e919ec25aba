#pragma once

#include <algorithm>

#include "tests/unit/tdm/conformance.h"

// What every tdm::Line must do. The fixtures are those of tests/unit/tdm/conformance.h, with analog cards at both ends:
// kewl-start FXS ports near and FXO ports far for LoopLineConformance, E&M both for TieLineConformance; and
//
//   static constexpr bool kReversesPolarity;    whether the near card can
namespace sg::tdm::conformance {

using Kind = LineEvent::Kind;
using namespace std::chrono_literals;

// A line and all that it told, in order.
class LineEnd {
 public:
  LineEnd(Backend& backend, Timeslot slot) : line_(backend.open_line(slot).value()) {}

  Line& operator*() { return *line_; }
  Line* operator->() { return line_.get(); }
  void close() { line_.reset(); }
  void serve() {
    while (line_ && is_readable(line_->fd())) {
      auto event = line_->next();
      if (!event) continue;
      EXPECT_FALSE(is_removed_) << "an event after Removed";
      is_removed_ |= event->kind == Kind::Removed;
      heard_.push_back(*event);
    }
  }
  bool heard(Kind kind) const { return count(kind) > 0; }
  int count(Kind kind) const {
    return static_cast<int>(std::ranges::count(heard_, kind, [](const LineEvent& event) { return event.kind; }));
  }
  std::string digits() const {
    std::string digits;
    for (const LineEvent& event : heard_) {
      if (event.kind == Kind::PulseDigit) digits += event.digit;
    }
    return digits;
  }
  void forget() { heard_.clear(); }

 private:
  std::unique_ptr<Line> line_;
  std::vector<LineEvent> heard_;
  bool is_removed_ = false;
};

template <class Ends>
class LineSuite : public testing::Test {
 protected:
  Timeslot near_slot(uint8_t number) { return {ends.near_span(), number}; }
  Timeslot far_slot(uint8_t number) { return {ends.far_span(), number}; }
  bool wait_until(const std::function<bool()>& condition) {
    return ends.wait_until([&] {
      near.serve();
      far.serve();
      return condition();
    });
  }
  bool near_hears(Kind kind) {
    return wait_until([&] { return near.heard(kind); });
  }
  bool far_hears(Kind kind) {
    return wait_until([&] { return far.heard(kind); });
  }
  // A card may remember the case before for a moment.
  void SetUp() override {
    ASSERT_TRUE(wait_until(
        [&] { return !near->is_far_end_off_hook() && near.count(Kind::OffHook) == near.count(Kind::OnHook); }));
    near.forget();
    far.forget();
  }
  // The far end lifts its telephone, or seizes, and near answers.
  void connect() {
    ASSERT_TRUE(far->seize());
    ASSERT_TRUE(near_hears(Kind::OffHook));
    ASSERT_TRUE(far_hears(Kind::HookDone));
    ASSERT_TRUE(near->seize());
    ASSERT_TRUE(near_hears(Kind::HookDone));
    near.forget();
    far.forget();
  }

  Ends ends;
  LineEnd near{ends.near(), near_slot(2)};
  LineEnd far{ends.far(), far_slot(2)};
};

template <class Ends>
class LoopLineConformance : public LineSuite<Ends> {};
TYPED_TEST_SUITE_P(LoopLineConformance);

TYPED_TEST_P(LoopLineConformance, TellsWhatItIs) {
  EXPECT_EQ(this->near->slot(), this->near_slot(2));
  EXPECT_EQ(this->near->kind(), LineKind::Fxs);
  EXPECT_EQ(this->near->start(), LineStart::Kewl);
  EXPECT_EQ(this->near->alarms(), kNoAlarm);
  EXPECT_FALSE(this->near->is_far_end_off_hook());
  EXPECT_EQ(this->far->kind(), LineKind::Fxo);
  EXPECT_TRUE(this->far->is_far_end_off_hook());
  EXPECT_EQ(this->ends.near().status()[0].type, SpanType::Analog);
}

TYPED_TEST_P(LoopLineConformance, OpensALineOnceAndAgainWhenItWasClosed) {
  EXPECT_FALSE(this->ends.near().open_line(this->near_slot(2)));
  EXPECT_FALSE(this->ends.near().open_line(this->near_slot(0)));
  EXPECT_FALSE(this->ends.near().open_line(this->near_slot(this->ends.near().status()[0].timeslots + 1)));

  this->near.close();

  EXPECT_TRUE(this->ends.near().open_line(this->near_slot(2)));
}

TYPED_TEST_P(LoopLineConformance, TellsALiftedTelephoneAndAHangUp) {
  ASSERT_TRUE(this->far->seize());
  ASSERT_TRUE(this->near_hears(Kind::OffHook));
  EXPECT_TRUE(this->near->is_far_end_off_hook());
  EXPECT_TRUE(this->far_hears(Kind::HookDone));

  ASSERT_TRUE(this->far->release());

  EXPECT_TRUE(this->near_hears(Kind::OnHook));
  EXPECT_FALSE(this->near->is_far_end_off_hook());
  EXPECT_EQ(this->near.count(Kind::OffHook), 1);
  EXPECT_EQ(this->near.count(Kind::Flash), 0);
}

TYPED_TEST_P(LoopLineConformance, TellsALiftThatWasBeforeItOpened) {
  this->near.close();
  ASSERT_TRUE(this->far->seize());
  ASSERT_TRUE(this->far_hears(Kind::HookDone));

  LineEnd late(this->ends.near(), this->near_slot(2));

  EXPECT_TRUE(this->wait_until([&] {
    late.serve();
    return late.heard(Kind::OffHook);
  }));
}

TYPED_TEST_P(LoopLineConformance, RingsAsItsCadenceSaysUntilItIsStopped) {
  ASSERT_TRUE(this->near->ring({500ms, 300ms}));

  ASSERT_TRUE(this->wait_until([&] { return this->far.count(Kind::RingStarted) >= 3; }));
  EXPECT_GE(this->near.count(Kind::RingBurstEnded), 2);
  EXPECT_GE(this->far.count(Kind::RingBurstEnded), 2);
  ASSERT_TRUE(this->near->stop_ringing());
  // The burst that was begun ends; the time of two more passes without one.
  ASSERT_TRUE(this->far->seize() && this->near_hears(Kind::OffHook));
  this->far.forget();
  ASSERT_TRUE(this->far->release() && this->near_hears(Kind::OnHook));

  EXPECT_EQ(this->far.count(Kind::RingStarted), 0);
}

TYPED_TEST_P(LoopLineConformance, TellsABurstThatBeginsRightAfterAHangUp) {
  this->connect();
  ASSERT_TRUE(this->far->release() && this->near_hears(Kind::OnHook));
  ASSERT_TRUE(this->near->release());
  this->far.forget();

  ASSERT_TRUE(this->near->ring({2500ms, 500ms}));

  ASSERT_TRUE(this->far_hears(Kind::RingBurstEnded));
  EXPECT_EQ(this->far.count(Kind::RingStarted), 1);
}

TYPED_TEST_P(LoopLineConformance, StopsRingingWhenTheTelephoneIsLifted) {
  ASSERT_TRUE(this->near->ring({500ms, 300ms}));
  ASSERT_TRUE(this->far_hears(Kind::RingStarted));

  this->connect();
  ASSERT_TRUE(this->far->release() && this->near_hears(Kind::OnHook));

  EXPECT_EQ(this->near.count(Kind::RingBurstEnded), 0);
  EXPECT_EQ(this->far.count(Kind::RingStarted), 0);
}

TYPED_TEST_P(LoopLineConformance, RefusesACadenceThatNeverRings) {
  EXPECT_FALSE(this->near->ring({}));
  EXPECT_FALSE(this->near->ring({500ms}));
  EXPECT_FALSE(this->near->ring({0ms, 0ms}));
  EXPECT_FALSE(this->far->ring({500ms, 500ms}));
}

TYPED_TEST_P(LoopLineConformance, TellsAFlashFromAHangUp) {
  this->connect();

  ASSERT_TRUE(this->far->flash());

  EXPECT_TRUE(this->near_hears(Kind::Flash));
  EXPECT_TRUE(this->far_hears(Kind::HookDone));
  EXPECT_FALSE(this->near.heard(Kind::OnHook));
}

TYPED_TEST_P(LoopLineConformance, CountsPulses) {
  this->connect();

  ASSERT_TRUE(this->far->dial_pulses("2071"));

  EXPECT_TRUE(this->wait_until([&] { return this->near.digits() == "2071"; })) << this->near.digits();
  EXPECT_TRUE(this->far_hears(Kind::HookDone));
  EXPECT_FALSE(this->near.heard(Kind::OnHook));
  EXPECT_FALSE(this->near.heard(Kind::Flash));
  EXPECT_FALSE(this->far->dial_pulses("A"));
}

TYPED_TEST_P(LoopLineConformance, PulsesPassBesideABearer) {
  this->connect();
  PatternPort bearer(this->ends.far(), this->far_slot(2), 1);

  ASSERT_TRUE(this->far->dial_pulses("47"));

  EXPECT_TRUE(this->wait_until([&] {
    bearer.serve();
    return this->near.digits() == "47" && this->far.heard(Kind::HookDone);
  })) << this->near.digits();
}

TYPED_TEST_P(LoopLineConformance, AKewlStartPortTakesBatteryAway) {
  this->connect();

  ASSERT_TRUE(this->near->release());
  ASSERT_TRUE(this->far_hears(Kind::OnHook));
  ASSERT_TRUE(this->far->release());
  ASSERT_TRUE(this->near_hears(Kind::OnHook));

  // The port is ready for the next call, whenever that comes.
  ASSERT_TRUE(this->near->ring({500ms, 300ms}));
  EXPECT_TRUE(this->far_hears(Kind::RingStarted));
}

TYPED_TEST_P(LoopLineConformance, FeedsATelephoneAgainThatDoesNotHangUp) {
  this->connect();
  ASSERT_TRUE(this->near->release());

  ASSERT_TRUE(this->near->seize());

  EXPECT_TRUE(this->near_hears(Kind::HookDone));
  EXPECT_TRUE(this->wait_until([&] { return this->far->is_far_end_off_hook(); }));
  ASSERT_TRUE(this->far->release());
  EXPECT_TRUE(this->near_hears(Kind::OnHook));
}

TYPED_TEST_P(LoopLineConformance, CarriesAudioBesideAndHookEventsAfterIt) {
  this->connect();
  auto near_bearer = std::make_unique<PatternPort>(this->ends.near(), this->near_slot(2), 11);
  auto far_bearer = std::make_unique<PatternPort>(this->ends.far(), this->far_slot(2), 12);
  Law law = far_bearer->law();
  size_t octets = PatternPort::kBlocks * BearerOptions{}.block_octets;

  bool all_came = this->wait_until([&] {
    near_bearer->serve();
    far_bearer->serve();
    return near_bearer->heard().size() == octets && far_bearer->heard().size() == octets;
  });

  ASSERT_TRUE(all_came);
  EXPECT_EQ(far_bearer->heard(), PatternPort::pattern_of(11, law));
  EXPECT_EQ(near_bearer->heard(), PatternPort::pattern_of(12, law));
  near_bearer.reset();
  far_bearer.reset();
  ASSERT_TRUE(this->far->release());
  EXPECT_TRUE(this->near_hears(Kind::OnHook));
}

TYPED_TEST_P(LoopLineConformance, LosesNoEventToABearerThatNobodyServes) {
  this->connect();
  auto bearer = this->ends.near().open_bearer(this->near_slot(2), {}).value();
  Bytes block(bearer->block_octets(), 0x11);
  ASSERT_TRUE(bearer->write(block).value());

  for (int flash = 1; flash <= 3; ++flash) {
    ASSERT_TRUE(this->far->flash());
    ASSERT_TRUE(this->wait_until([&] { return this->far.count(Kind::HookDone) == flash; }));
  }
  ASSERT_TRUE(this->far->release());

  ASSERT_TRUE(this->near_hears(Kind::OnHook));
  EXPECT_EQ(this->near.count(Kind::Flash), 3);
  EXPECT_GT(bearer->stats().read_overruns, 0u);
  EXPECT_GT(bearer->stats().write_underruns, 0u);
}

TYPED_TEST_P(LoopLineConformance, PassesAudioOnHookBetweenRings) {
  ASSERT_TRUE(this->near->ring({500ms, 2000ms}));
  ASSERT_TRUE(this->near_hears(Kind::RingBurstEnded));
  PatternPort near_bearer(this->ends.near(), this->near_slot(2), 21);
  PatternPort far_bearer(this->ends.far(), this->far_slot(2), 22);
  size_t octets = PatternPort::kBlocks * BearerOptions{}.block_octets;

  ASSERT_TRUE(this->near->pass_audio_on_hook(2000ms));

  EXPECT_TRUE(this->wait_until([&] {
    near_bearer.serve();
    far_bearer.serve();
    return far_bearer.heard().size() == octets;
  }));
  EXPECT_EQ(far_bearer.heard(), PatternPort::pattern_of(21, far_bearer.law()));
}

TYPED_TEST_P(LoopLineConformance, ReversesPolarityOrSaysThatItCannot) {
  this->connect();

  auto reversed = this->near->reverse_polarity(true);

  ASSERT_EQ(reversed.has_value(), TypeParam::kReversesPolarity);
  if (reversed) {
    EXPECT_TRUE(this->far_hears(Kind::PolarityReversed));
  }
  EXPECT_FALSE(this->far->reverse_polarity(true));
}

TYPED_TEST_P(LoopLineConformance, ClosingHangsUp) {
  this->connect();

  this->far.close();

  EXPECT_TRUE(this->near_hears(Kind::OnHook));
}

TYPED_TEST_P(LoopLineConformance, RefusesWhatATelephoneCannot) {
  EXPECT_FALSE(this->far->flash()) << "on-hook";
  EXPECT_FALSE(this->far->dial_pulses("1")) << "on-hook";
  EXPECT_FALSE(this->near->flash());
  EXPECT_FALSE(this->near->dial_pulses("1"));
  EXPECT_FALSE(this->near->wink());
  EXPECT_FALSE(this->far->pass_audio_on_hook(100ms));
}

REGISTER_TYPED_TEST_SUITE_P(LoopLineConformance, TellsWhatItIs, OpensALineOnceAndAgainWhenItWasClosed,
                            TellsALiftedTelephoneAndAHangUp, TellsALiftThatWasBeforeItOpened,
                            RingsAsItsCadenceSaysUntilItIsStopped, TellsABurstThatBeginsRightAfterAHangUp,
                            StopsRingingWhenTheTelephoneIsLifted, RefusesACadenceThatNeverRings, TellsAFlashFromAHangUp,
                            CountsPulses, PulsesPassBesideABearer, AKewlStartPortTakesBatteryAway,
                            FeedsATelephoneAgainThatDoesNotHangUp, CarriesAudioBesideAndHookEventsAfterIt,
                            LosesNoEventToABearerThatNobodyServes, PassesAudioOnHookBetweenRings,
                            ReversesPolarityOrSaysThatItCannot, ClosingHangsUp, RefusesWhatATelephoneCannot);

template <class Ends>
class TieLineConformance : public LineSuite<Ends> {};
TYPED_TEST_SUITE_P(TieLineConformance);

TYPED_TEST_P(TieLineConformance, TellsSeizureAndReleaseBothWays) {
  EXPECT_EQ(this->near->kind(), LineKind::EAndM);

  ASSERT_TRUE(this->far->seize());
  ASSERT_TRUE(this->near_hears(Kind::OffHook));
  ASSERT_TRUE(this->near->seize());
  ASSERT_TRUE(this->far_hears(Kind::OffHook));
  EXPECT_TRUE(this->far->is_far_end_off_hook());
  ASSERT_TRUE(this->near_hears(Kind::HookDone));
  ASSERT_TRUE(this->near->release());
  ASSERT_TRUE(this->far_hears(Kind::OnHook));
  ASSERT_TRUE(this->far->release());

  EXPECT_TRUE(this->near_hears(Kind::OnHook));
}

TYPED_TEST_P(TieLineConformance, WinksWhenItIsReadyForDigits) {
  ASSERT_TRUE(this->far->seize());
  ASSERT_TRUE(this->near_hears(Kind::OffHook));

  ASSERT_TRUE(this->near->wink());

  EXPECT_TRUE(this->far_hears(Kind::Wink));
  EXPECT_TRUE(this->near_hears(Kind::HookDone));
  EXPECT_FALSE(this->far.heard(Kind::OffHook));
}

TYPED_TEST_P(TieLineConformance, RefusesWhatBelongsToLoops) {
  EXPECT_FALSE(this->near->ring({500ms, 500ms}));
  EXPECT_FALSE(this->near->flash());
  EXPECT_FALSE(this->near->reverse_polarity(true));
  EXPECT_FALSE(this->near->pass_audio_on_hook(100ms));
  EXPECT_FALSE(this->near->set_messages_waiting(1));
}

REGISTER_TYPED_TEST_SUITE_P(TieLineConformance, TellsSeizureAndReleaseBothWays, WinksWhenItIsReadyForDigits,
                            RefusesWhatBelongsToLoops);

}  // namespace sg::tdm::conformance
