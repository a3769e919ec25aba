#include "tests/unit/tdm/cas/wires.h"

namespace sg::tdm::cas {
namespace {

using Kind = LineEvent::Kind;
using State = Signalling::SlotState;

struct FxsTest : testing::Test {
  Wires wires;
  Side& phones = wires.a;

  void start(Config config = Wires::config(LineKind::Fxs)) { wires.make_a(std::move(config)); }
  static party::CallingParty caller(std::string number, std::string name = "") {
    party::CallingParty calling;
    calling.number.digits = std::move(number);
    calling.name = std::move(name);
    return calling;
  }
};

TEST_F(FxsTest, ATelephoneGetsDialToneAndItsDigitsMakeACall) {
  start();
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());

  ASSERT_TRUE(telephone.hears(find_tone_zone("eu")->dial, 3s));
  telephone.dial("5550100#");

  ASSERT_TRUE(wires.until_heard(phones, "setup 5550100", 500ms)) << phones.detail();
  EXPECT_EQ(phones.setups.front().calling.number.digits, "401");
  EXPECT_EQ(phones.setups.front().calling.name, "Fax");
  EXPECT_TRUE(phones.media) << "the timeslot must be free for the media";
  EXPECT_EQ(phones.detail(), "calling");
}

TEST_F(FxsTest, ABlockedTelephoneGetsNoCallAndMakesNone) {
  start();
  ASSERT_TRUE(phones.group->set_blocked({1, 1}, true));
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());
  wires.pass(1s);

  telephone.dial("5550100#");

  EXPECT_TRUE(telephone.hears(find_tone_zone("eu")->congestion, 5s)) << phones.detail();
  EXPECT_TRUE(phones.setups.empty());
  ASSERT_TRUE(telephone.line->release());
  wires.pass(3s);
  EXPECT_EQ(phones.state(), State::Blocked) << phones.detail();
  phones.place("401");
  wires.pass(100ms);
  EXPECT_TRUE(phones.has_heard("released 27"));
}

TEST_F(FxsTest, ANumberIsCompleteWhenNothingFollows) {
  start();
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());
  wires.pass(1s);
  telephone.dial("5550100");
  wires.pass(3s);
  ASSERT_FALSE(phones.has_heard("setup 5550100"));

  wires.pass(2s);

  EXPECT_TRUE(phones.has_heard("setup 5550100"));
}

TEST_F(FxsTest, AServiceCodeKeepsItsHash) {
  start();
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());
  wires.pass(1s);

  telephone.dial("*21*555#");

  EXPECT_TRUE(wires.until_heard(phones, "setup *21*555#"));
}

TEST_F(FxsTest, PulsesAreDigitsToo) {
  start();
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());
  wires.pass(1s);

  ASSERT_TRUE(telephone.line->dial_pulses("190"));

  EXPECT_TRUE(wires.until_heard(phones, "setup 190"));
}

TEST_F(FxsTest, WhoDialsNothingHearsCongestionThenHowlerThenSilence) {
  auto config = Wires::config(LineKind::Fxs);
  config.first_digit = 5s;
  config.busy_tone = config.howler = 10s;
  start(config);
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());

  wires.pass(6500ms);
  EXPECT_TRUE(telephone.hears(config.zone->congestion, 3s)) << phones.detail();
  EXPECT_TRUE(telephone.hears(config.zone->shape(CallTone::Howler), 12s)) << phones.detail();
  wires.pass(12s);
  EXPECT_EQ(phones.detail(), "left off-hook");
  EXPECT_EQ(phones.state(), State::Restarting);
  ASSERT_TRUE(telephone.line->release());
  wires.pass(2s);

  EXPECT_EQ(phones.state(), State::Idle);
  EXPECT_TRUE(phones.setups.empty());
}

TEST_F(FxsTest, HangingUpWhileDialingMakesNoCall) {
  start();
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());
  wires.pass(1s);
  telephone.dial("55");

  ASSERT_TRUE(telephone.line->release());
  wires.pass(10s);

  EXPECT_TRUE(phones.setups.empty());
  EXPECT_EQ(phones.state(), State::Idle);
}

TEST_F(FxsTest, ACallRingsWithCallerIdAndIsAnswered) {
  auto config = Wires::config(LineKind::Fxs, "us");
  start(config);
  Instrument telephone(wires);
  CallerIdReceiver receiver;
  std::optional<CallerId> shown;
  std::vector<int16_t> linear(160);

  phones.place("401", caller("2125550123", "Ada"));
  ASSERT_TRUE(wires.pass_until(
      [&] {
        while (*telephone.bearer->read(telephone.block)) {
          std::ranges::transform(telephone.block, linear.begin(), [](uint8_t octet) {
            // G.711, mu-law.
            int value = ~octet & 0xFF;
            int magnitude = ((value & 15) << 3 | 0x84) << ((value >> 4) & 7);
            return static_cast<int16_t>(value & 0x80 ? 0x84 - magnitude : magnitude - 0x84);
          });
          if (auto heard = receiver.feed(linear)) shown = heard;
        }
        return shown.has_value();
      },
      6s));
  EXPECT_EQ(*shown, (CallerId{"2125550123", "Ada", Presentation::Allowed}));
  EXPECT_TRUE(phones.has_heard("alerting"));
  EXPECT_FALSE(phones.media) << "nobody has answered";
  EXPECT_EQ(phones.detail(), "ringing");
  ASSERT_TRUE(telephone.line->seize());

  ASSERT_TRUE(wires.until_heard(phones, "answered", 1s));
  EXPECT_TRUE(phones.has_heard("timeslot 1"));
  EXPECT_TRUE(phones.media);
}

TEST_F(FxsTest, ACallForATelephoneThatIsLiftedIsBusy) {
  start();
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());
  wires.pass(500ms);

  phones.place("401");
  wires.pass(100ms);

  EXPECT_TRUE(phones.has_heard("released 17"));
}

TEST_F(FxsTest, ACallForANumberThatNoPortHasIsUnallocated) {
  start();

  phones.place("499");
  wires.pass(100ms);

  EXPECT_TRUE(phones.has_heard("released 1"));
}

TEST_F(FxsTest, NobodyAnswers) {
  auto config = Wires::config(LineKind::Fxs);
  config.ring_limit = 20s;
  start(config);
  Instrument telephone(wires);
  phones.place("401");

  wires.pass(21s);

  EXPECT_TRUE(phones.has_heard("released 19"));
  telephone.has_seen(Kind::RingStarted);
  telephone.events.clear();
  wires.pass(10s);
  EXPECT_FALSE(telephone.has_seen(Kind::RingStarted)) << "it rings on";
  EXPECT_EQ(phones.state(), State::Idle);
}

TEST_F(FxsTest, TheCallerGivesUpWhileItRings) {
  start();
  Instrument telephone(wires);
  phones.place("401");
  wires.pass(1500ms);  // in the middle of caller ID

  phones.group->release(phones.call, 16);
  wires.pass(1s);

  EXPECT_TRUE(phones.has_heard("released 16"));
  EXPECT_EQ(phones.state(), State::Idle);
}

struct FxsInCall : FxsTest {
  Instrument telephone{wires};

  void flashes() { ASSERT_TRUE(telephone.line->flash()); }
  void answer_a_call(Config config = Wires::config(LineKind::Fxs)) {
    start(std::move(config));
    phones.place("401");
    wires.pass(500ms);
    ASSERT_TRUE(telephone.line->seize());
    ASSERT_TRUE(wires.until_heard(phones, "answered", 1s));
  }
};

TEST_F(FxsInCall, TheTelephoneHangsUp) {
  answer_a_call();

  ASSERT_TRUE(telephone.line->release());

  EXPECT_TRUE(wires.until_heard(phones, "released 16", 3s));
  EXPECT_EQ(phones.state(), State::Idle);
}

TEST_F(FxsInCall, TheFarEndHangsUpAndBatteryDropsThenBusyToneSounds) {
  answer_a_call();

  phones.group->release(phones.call, 16);
  wires.pass(100ms);
  EXPECT_TRUE(phones.has_heard("released 16"));
  EXPECT_TRUE(telephone.has_seen(Kind::OnHook)) << "battery is taken away";
  EXPECT_TRUE(telephone.hears(find_tone_zone("eu")->busy, 6s)) << phones.detail();
  ASSERT_TRUE(telephone.line->release());
  wires.pass(2s);

  EXPECT_EQ(phones.state(), State::Idle);
}

TEST_F(FxsInCall, AFlashHoldsAndTheNextRetrieves) {
  auto config = Wires::config(LineKind::Fxs);
  config.flash = HookFlash::Hold;
  answer_a_call(std::move(config));

  ASSERT_TRUE(telephone.line->flash());
  EXPECT_TRUE(wires.until_heard(phones, "notify 121", 3s));
  ASSERT_TRUE(telephone.line->flash());

  EXPECT_TRUE(wires.until_heard(phones, "notify 122", 3s));
}

TEST_F(FxsInCall, AFlashIsIgnoredWhereItIsToBe) {
  for (bool is_fax : {false, true}) {
    phones.heard.clear();
    auto config = Wires::config(LineKind::Fxs);
    if (is_fax) {
      config.ports = {{.slot = {1, 1}, .number = "401", .is_fax = true}};
    } else {
      config.flash = HookFlash::Ignore;
    }
    answer_a_call(std::move(config));
    auto heard = phones.heard;

    flashes();
    wires.pass(2s);

    EXPECT_EQ(phones.heard, heard);
    EXPECT_EQ(phones.detail(), "talking");
    ASSERT_TRUE(telephone.line->release());
    wires.pass(3s);
    phones.group.reset();
    wires.pass(100ms);
  }
}

// Services: the first call is 1; the second that the telephone makes is 2.
struct FxsServices : FxsInCall {
  bool until(const std::string& what) { return wires.until_heard(phones, what, 3s); }
  void recall() {
    answer_a_call();
    flashes();
    ASSERT_TRUE(until("left 1"));
  }
  void call_a_second() {
    recall();
    wires.pass(1s);
    telephone.dial("555#");
    ASSERT_TRUE(until("setup 555")) << phones.detail();
  }
  void talk_to_a_second() {
    call_a_second();
    phones.group->answer(phones.call);
    wires.pass(100ms);
    ASSERT_EQ(phones.detail(), "talking");
  }
  bool has_first_back() { return phones.media && phones.media_of.value == 1 && phones.detail() == "talking"; }
};

TEST_F(FxsServices, AFlashHoldsAndGivesDialTone) {
  answer_a_call();

  flashes();

  EXPECT_TRUE(until("notify 121"));
  EXPECT_TRUE(until("left 1"));
  EXPECT_FALSE(phones.media) << "the port has the timeslot for dial tone";
  EXPECT_TRUE(telephone.hears(find_tone_zone("eu")->dial, 3s)) << phones.detail();
  EXPECT_FALSE(phones.has_heard("released 16"));
}

TEST_F(FxsServices, AFlashThatFindsNothingToDoBringsTheFirstCallBack) {
  struct Row {
    const char* name;
    std::function<void()> do_this;
  };
  for (const Row& row : {Row{"at dial tone", [this] { recall(); }},
                         Row{"while dialling",
                             [this] {
                               recall();
                               wires.pass(1s);
                               telephone.dial("55");
                             }},
                         Row{"while the second rings", [this] { call_a_second(); }},
                         Row{"when the second was busy", [this] {
                               call_a_second();
                               phones.group->release(phones.call, 17);
                               ASSERT_TRUE(telephone.hears(find_tone_zone("eu")->busy, 6s)) << phones.detail();
                             }}}) {
    SCOPED_TRACE(row.name);
    phones.heard.clear();
    row.do_this();

    flashes();

    EXPECT_TRUE(until("notify 122"));
    EXPECT_TRUE(has_first_back()) << phones.detail();
    ASSERT_TRUE(telephone.line->release());
    wires.pass(3s);
    EXPECT_EQ(phones.state(), State::Idle);
    phones.group.reset();
    wires.pass(100ms);
  }
}

TEST_F(FxsServices, ASecondFlashAsksForAConferenceAndTheHeldCallIsReleasedForIt) {
  talk_to_a_second();

  flashes();
  ASSERT_TRUE(until("conference 2 with 1"));
  phones.group->notify(phones.call, kConferenceEstablished);
  phones.group->release({1}, 16);
  wires.pass(100ms);

  EXPECT_EQ(phones.released, (std::vector<SignallingCallId>{{1}}));
  EXPECT_EQ(phones.detail(), "talking");
  EXPECT_TRUE(phones.media);
  flashes();
  wires.pass(2s);
  EXPECT_EQ(phones.detail(), "talking") << "among three it does nothing";

  // Two are left: a flash holds again.
  phones.group->notify(phones.call, kConferenceDisconnected);
  flashes();
  EXPECT_TRUE(until("left 2"));
}

TEST_F(FxsServices, HangingUpTransfers) {
  for (bool is_answered : {true, false}) {
    SCOPED_TRACE(is_answered);
    phones.heard.clear();
    phones.released.clear();
    is_answered ? talk_to_a_second() : call_a_second();

    ASSERT_TRUE(telephone.line->release());
    ASSERT_TRUE(until("transfer 1 with 2"));
    EXPECT_TRUE(phones.released.empty()) << "call control is to join them first";
    EXPECT_EQ(phones.detail(), "transferring");
    phones.group->release({1}, 16);
    phones.group->release({2}, 16);
    wires.pass(100ms);

    EXPECT_EQ(phones.released.size(), 2u);
    EXPECT_EQ(phones.state(), State::Idle);
    phones.group.reset();
    wires.pass(100ms);
  }
}

TEST_F(FxsServices, ATransferThatNobodyDoesEndsBothCalls) {
  talk_to_a_second();

  ASSERT_TRUE(telephone.line->release());
  ASSERT_TRUE(until("transfer 1 with 2"));
  wires.pass(6s);

  EXPECT_EQ(phones.released.size(), 2u);
  EXPECT_EQ(phones.state(), State::Idle);
}

TEST_F(FxsServices, HangingUpAtDialToneEndsTheFirstCall) {
  recall();
  wires.pass(500ms);

  ASSERT_TRUE(telephone.line->release());
  wires.pass(3s);

  EXPECT_EQ(phones.released, (std::vector<SignallingCallId>{{1}}));
  EXPECT_EQ(phones.state(), State::Idle);
}

TEST_F(FxsServices, WhoIsHeldMayHangUp) {
  talk_to_a_second();

  phones.group->release({1}, 16);
  wires.pass(100ms);
  EXPECT_EQ(phones.released, (std::vector<SignallingCallId>{{1}}));
  EXPECT_EQ(phones.detail(), "talking");
  ASSERT_TRUE(telephone.line->release());
  wires.pass(3s);

  EXPECT_EQ(phones.released.size(), 2u) << "no transfer: there is one call";
  EXPECT_EQ(phones.state(), State::Idle);
}

TEST_F(FxsServices, WhenTheSecondHangsUpBusyToneSoundsAndTheFirstComesBackInTheEnd) {
  talk_to_a_second();

  phones.group->release(phones.call, 16);
  EXPECT_TRUE(telephone.hears(find_tone_zone("eu")->busy, 6s)) << phones.detail();
  wires.pass(31s);

  EXPECT_TRUE(has_first_back()) << phones.detail();
}

TEST_F(FxsServices, TheCardIsPulledUnderTwoCalls) {
  talk_to_a_second();

  wires.pair.remove(SpanPair::End::A);
  wires.pass(100ms);

  EXPECT_EQ(phones.released.size(), 2u);
  EXPECT_EQ(phones.state(), State::OutOfService);
}

TEST_F(FxsInCall, TheCardIsPulled) {
  answer_a_call();

  wires.pair.remove(SpanPair::End::A);
  wires.pass(100ms);

  EXPECT_TRUE(phones.has_heard("released 27"));
  EXPECT_TRUE(phones.has_heard("down"));
  EXPECT_EQ(phones.state(), State::OutOfService);
  EXPECT_EQ(phones.group->refusal_cause(), 27);
}

TEST_F(FxsTest, ABusyCalledPartyIsHeardAsBusyTone) {
  start();
  phones.on_call = [this](SignallingCallId call) { phones.group->release(call, 17); };
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());
  wires.pass(1s);
  telephone.dial("555#");

  EXPECT_TRUE(telephone.hears(find_tone_zone("eu")->busy, 6s)) << phones.detail();
}

TEST_F(FxsTest, TheFarEndsAnswerReversesTheBatteryWhereWanted) {
  auto config = Wires::config(LineKind::Fxs);
  config.polarity_on_answer = true;
  start(config);
  phones.on_call = [this](SignallingCallId call) { phones.group->answer(call); };
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());
  wires.pass(1s);
  telephone.dial("555#");
  wires.pass(500ms);

  EXPECT_TRUE(telephone.has_seen(Kind::PolarityReversed));
}

TEST_F(FxsTest, WaitingMessagesMakeDialToneStutter) {
  auto config = Wires::config(LineKind::Fxs);
  config.ports = {{.slot = {1, 1}, .number = "401", .name = "", .messages_waiting = 2}};
  start(config);
  Instrument telephone(wires);
  ASSERT_TRUE(telephone.line->seize());
  wires.pass(300ms);

  EXPECT_TRUE(telephone.hears(find_tone_zone("eu")->stutter, 5s));
  phones.group->set_messages_waiting({1, 1}, 0);
  ASSERT_TRUE(telephone.line->release());
  wires.pass(2s);
  ASSERT_TRUE(telephone.line->seize());
  wires.pass(300ms);

  EXPECT_TRUE(telephone.hears(find_tone_zone("eu")->dial, 5s));
}

TEST_F(FxsTest, APortThatIsOfAnotherKindSaysSoAndTheOthersWork) {
  Wires lines(LineKind::Fxo);
  lines.make_a(Wires::config(LineKind::Fxs));

  EXPECT_EQ(lines.a.state(), State::OutOfService);
  EXPECT_NE(lines.a.detail().find("it is a port for an exchange's line (fxo), not a port for a telephone (fxs)"),
            std::string::npos)
      << lines.a.detail();
  EXPECT_EQ(lines.a.group->refusal_cause(), 27);
}

TEST_F(FxsTest, APortThatIsTakenWorksOnceItIsFree) {
  auto other = wires.pair.a().open_line({1, 1});
  ASSERT_TRUE(other);
  start();
  EXPECT_EQ(phones.state(0), State::OutOfService);
  EXPECT_EQ(phones.state(1), State::Idle);
  EXPECT_FALSE(phones.detail().empty());

  other->reset();
  wires.pass(6s);

  EXPECT_EQ(phones.state(0), State::Idle);
}

}  // namespace
}  // namespace sg::tdm::cas
