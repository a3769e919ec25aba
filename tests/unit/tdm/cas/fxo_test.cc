#include "tests/unit/tdm/cas/wires.h"

namespace sg::tdm::cas {
namespace {

using State = Signalling::SlotState;

// Lines at the left, of an exchange at the right whose telephones they are.
struct FxoTest : testing::Test {
  Wires wires;
  Side& exchange = wires.a;
  Side& lines = wires.b;

  void start(Config of_lines = Wires::config(LineKind::Fxo), Config of_exchange = Wires::config(LineKind::Fxs)) {
    if (of_lines.ports.empty()) {
      of_lines.ports = {{.slot = {2, 1}, .number = "+442079460100"}, {.slot = {2, 2}, .number = "0"}};
    }
    wires.make_a(std::move(of_exchange));
    wires.make_b(std::move(of_lines));
  }
  static Config polarity_lines() {
    auto config = Wires::config(LineKind::Fxo);
    config.answer_by = AnswerBy::Polarity;
    return config;
  }
  static Config polarity_exchange() {
    auto config = Wires::config(LineKind::Fxs);
    config.polarity_on_answer = true;
    return config;
  }
};

// Each tone zone and caller ID standard, both ends talking to each other.
struct FxoZoneTest : FxoTest, testing::WithParamInterface<const char*> {};

TEST_P(FxoZoneTest, ACallOutWaitsForDialToneDialsAndIsAnswered) {
  auto of_lines = Wires::config(LineKind::Fxo, GetParam());
  of_lines.ports = {{.slot = {2, 1}, .number = "0"}};
  start(of_lines, Wires::config(LineKind::Fxs, GetParam()));

  lines.place("2079460123");

  ASSERT_TRUE(wires.until_heard(lines, "answered", 10s)) << lines.detail() << ", exchange " << exchange.detail();
  ASSERT_TRUE(wires.until_heard(exchange, "setup 2079460123", 10s)) << exchange.detail();
  EXPECT_EQ(lines.heard, (std::vector<std::string>{"up", "timeslot 1", "answered"}));
}

TEST_P(FxoZoneTest, ACallInBringsItsCallerAndIsAnswered) {
  auto standard = std::string(GetParam()) == "us" ? CallerIdStandard::Bell202 : CallerIdStandard::V23;
  auto of_exchange = Wires::config(LineKind::Fxs, GetParam());
  of_exchange.caller_id = standard;
  start(Wires::config(LineKind::Fxo, GetParam()), of_exchange);
  party::CallingParty calling;
  calling.number.digits = "02079460123";
  calling.name = "Ada";

  exchange.place("401", calling);
  ASSERT_TRUE(wires.until_heard(lines, "setup 442079460100", 10s)) << lines.detail();
  EXPECT_EQ(lines.setups.front().calling.number.digits, "02079460123");
  EXPECT_EQ(lines.setups.front().calling.name, "Ada");
  EXPECT_EQ(lines.setups.front().called.type, TypeOfNumber::International);
  EXPECT_TRUE(lines.media);
  lines.group->answer(lines.call);

  EXPECT_TRUE(wires.until_heard(exchange, "answered", 2s));
}

INSTANTIATE_TEST_SUITE_P(Zones, FxoZoneTest,
                         testing::Values("at", "au", "be", "br", "ch", "cn", "de", "dk", "es", "eu", "fi", "fr", "gb",
                                         "it", "jp", "nl", "no", "pl", "pt", "ru", "se", "us"));

TEST_F(FxoTest, ACallWithoutCallerIdIsOfferedAtTheSecondBurst) {
  auto of_exchange = Wires::config(LineKind::Fxs);
  of_exchange.caller_id = CallerIdStandard::None;
  start(Wires::config(LineKind::Fxo), of_exchange);

  exchange.place("401");

  ASSERT_TRUE(wires.until_heard(lines, "setup 442079460100", 7s));
  EXPECT_EQ(lines.setups.front().calling.presentation, Presentation::Unavailable);
}

TEST_F(FxoTest, AWithheldNumberComesAsRestricted) {
  start();
  party::CallingParty calling;
  calling.number.digits = "02079460123";
  calling.presentation = Presentation::Restricted;

  exchange.place("401", calling);

  ASSERT_TRUE(wires.until_heard(lines, "setup 442079460100", 7s));
  EXPECT_EQ(lines.setups.front().calling.presentation, Presentation::Restricted);
  EXPECT_EQ(lines.setups.front().calling.number.digits, "");
}

TEST_F(FxoTest, ACallerWhoGivesUpIsNoticedByTheSilence) {
  start();
  exchange.place("401");
  ASSERT_TRUE(wires.until_heard(lines, "setup 442079460100", 7s));

  exchange.group->release(exchange.call, 16);
  wires.pass(9s);

  EXPECT_TRUE(lines.has_heard("released 16"));
  EXPECT_EQ(lines.state(), State::Idle);
}

TEST_F(FxoTest, ACallerWhoGivesUpAtTheFirstBurstMakesNoCall) {
  start();
  exchange.place("401");
  wires.pass(800ms);
  ASSERT_EQ(lines.detail(), "ringing");

  exchange.group->release(exchange.call, 16);
  wires.pass(10s);

  EXPECT_TRUE(lines.setups.empty());
  EXPECT_EQ(lines.state(), State::Idle);
}

TEST_F(FxoTest, ACallThatIsRefusedRingsOnAndTakesNoOther) {
  start();
  exchange.place("401");
  ASSERT_TRUE(wires.until_heard(lines, "setup 442079460100", 7s));

  lines.group->release(lines.call, 21);
  wires.pass(10s);
  EXPECT_TRUE(lines.has_heard("released 21"));
  EXPECT_EQ(lines.detail(), "ringing, refused");
  exchange.group->release(exchange.call, 16);
  wires.pass(10s);

  EXPECT_EQ(lines.state(), State::Idle);
  EXPECT_EQ(lines.setups.size(), 1u);
}

TEST_F(FxoTest, ABlockedPortTakesNoCallOfEitherSide) {
  start();
  ASSERT_TRUE(lines.group->set_blocked({2, 1}, true));
  EXPECT_FALSE(lines.group->set_blocked({2, 9}, true));

  exchange.place("401");
  wires.pass(12s);
  EXPECT_TRUE(lines.setups.empty()) << "it rings until the caller gives up";
  exchange.group->release(exchange.call, 16);
  wires.pass(10s);
  EXPECT_EQ(lines.state(0), State::Blocked);
  lines.place("555");
  EXPECT_EQ(lines.state(1), State::InUse) << "the other port's";
  EXPECT_EQ(lines.group->refusal_cause(), 34);

  ASSERT_TRUE(lines.group->set_blocked({2, 1}, false));
  EXPECT_EQ(lines.group->refusal_cause(), 0);
}

struct FxoInCall : FxoTest {
  void answer_a_call(Config of_lines = Wires::config(LineKind::Fxo),
                     Config of_exchange = Wires::config(LineKind::Fxs)) {
    start(std::move(of_lines), std::move(of_exchange));
    exchange.place("401");
    ASSERT_TRUE(wires.until_heard(lines, "setup 442079460100", 7s));
    lines.group->answer(lines.call);
    ASSERT_TRUE(wires.until_heard(exchange, "answered", 2s));
  }
};

TEST_F(FxoInCall, TheExchangeHangsUpByKewlStart) {
  answer_a_call();

  exchange.group->release(exchange.call, 16);

  EXPECT_TRUE(wires.until_heard(lines, "released 16", 2s));
  wires.pass(5s);
  EXPECT_EQ(lines.state(), State::Idle);
  EXPECT_EQ(exchange.state(), State::Idle);
}

// DAHDI raises RED on an exchange line whose battery is gone; so exchanges hang up.
TEST_F(FxoInCall, AnAlarmIsTheTelephonesAndNotTheExchangeLines) {
  answer_a_call();

  wires.pair.set_alarms(SpanPair::End::A, kAlarmRed);
  wires.pair.set_alarms(SpanPair::End::B, kAlarmRed);

  EXPECT_TRUE(wires.until_heard(exchange, "line out of order", 2s));
  EXPECT_FALSE(lines.has_heard("line out of order"));
}

TEST_F(FxoInCall, WeHangUp) {
  answer_a_call();

  lines.group->release(lines.call, 16);

  EXPECT_TRUE(wires.until_heard(exchange, "released 16", 3s));
  wires.pass(2s);
  EXPECT_EQ(lines.state(), State::Idle);
  EXPECT_EQ(exchange.state(), State::Idle);
}

TEST_F(FxoInCall, BusyToneThatTheMediaHeardEndsTheCall) {
  answer_a_call();

  lines.group->on_busy_tone(lines.call);
  wires.pass(100ms);

  EXPECT_TRUE(lines.has_heard("released 16"));
}

// Where the card takes battery away nobody need listen.
TEST_F(FxoInCall, OnlyALoopStartLineTellsByBusyToneAlone) {
  answer_a_call();
  EXPECT_EQ(lines.group->busy_tones(lines.call), nullptr);
  EXPECT_EQ(exchange.group->busy_tones(exchange.call), nullptr);

  Wires loop_start(LineKind::Fxs, LineStart::Loop);
  loop_start.make_a(Wires::config(LineKind::Fxs, "gb"));
  auto config = Wires::config(LineKind::Fxo, "gb");
  config.ports = {{.slot = {2, 1}, .number = "0"}};
  loop_start.make_b(config);
  loop_start.a.place("401");
  ASSERT_TRUE(loop_start.until_heard(loop_start.b, "setup 0", 12s));
  EXPECT_EQ(loop_start.b.group->busy_tones(loop_start.b.call), find_tone_zone("gb"));
  EXPECT_EQ(loop_start.a.group->busy_tones(loop_start.a.call), nullptr);
}

TEST_F(FxoInCall, APolarityReversalEndsTheCallWhereTheLineHasIt) {
  auto config = Wires::config(LineKind::Fxo);
  config.polarity_ends_call = true;
  start(config);
  wires.a.group.reset();
  auto telephone_port = wires.pair.a().open_line({1, 1}).value();
  ASSERT_TRUE(telephone_port->ring({1s, 4s}));
  ASSERT_TRUE(wires.until_heard(lines, "setup 442079460100", 12s));
  lines.group->answer(lines.call);
  wires.pass(500ms);

  ASSERT_TRUE(telephone_port->reverse_polarity(true));
  wires.pass(100ms);

  EXPECT_TRUE(lines.has_heard("released 16"));
}

TEST_F(FxoInCall, AFlashReachesTheExchange) {
  answer_a_call();

  lines.group->notify(lines.call, 0x79);

  EXPECT_TRUE(wires.until_heard(exchange, "notify 121", 3s));
}

TEST_F(FxoTest, ACallOutIsAnsweredWhenThePolaritySaysSo) {
  start(polarity_lines(), polarity_exchange());
  lines.place("555");
  ASSERT_TRUE(wires.until_heard(exchange, "setup 555", 10s));
  wires.pass(1s);
  EXPECT_EQ(lines.heard, (std::vector<std::string>{"up", "timeslot 1", "progress in band"}));
  EXPECT_EQ(lines.detail(), "dialled");

  exchange.group->answer(exchange.call);

  EXPECT_TRUE(wires.until_heard(lines, "answered", 1s));
}

TEST_F(FxoTest, ACallOutThatNobodyAnswersEnds) {
  auto config = polarity_lines();
  config.ring_limit = 30s;
  start(config, polarity_exchange());
  lines.place("555");
  ASSERT_TRUE(wires.until_heard(exchange, "setup 555", 10s));

  wires.pass(31s);

  EXPECT_TRUE(lines.has_heard("released 19"));
  EXPECT_TRUE(wires.until_heard(exchange, "released 16", 3s));
}

TEST_F(FxoTest, BusyToneAfterDiallingIsUserBusy) {
  start(polarity_lines(), polarity_exchange());
  lines.place("555");
  ASSERT_TRUE(wires.until_heard(lines, "progress in band", 10s));

  lines.group->on_busy_tone(lines.call);
  wires.pass(100ms);

  EXPECT_TRUE(lines.has_heard("released 17"));
}

TEST_F(FxoTest, DialsByPulsesAfterAPauseWhereToldTo) {
  auto config = Wires::config(LineKind::Fxo);
  config.dialling = Dialling::Pulse;
  config.dial_start = DialStart::Time;
  config.dial_tone = 2s;
  start(config);

  lines.place("190");

  EXPECT_TRUE(wires.until_heard(exchange, "setup 190", 30s)) << lines.detail();
  EXPECT_TRUE(lines.has_heard("answered"));
}

TEST_F(FxoTest, ALineWithoutDialToneIsOutOfOrder) {
  start();
  wires.a.group.reset();  // nobody at the far end

  lines.place("555");
  wires.pass(8s);

  EXPECT_TRUE(lines.has_heard("released 27"));
  EXPECT_EQ(lines.state(), State::Idle);
}

TEST_F(FxoTest, EveryLineTakesACallAndThenThereIsNone) {
  start();

  lines.place("555");
  lines.place("556");

  EXPECT_EQ(lines.group->refusal_cause(), 34);
  EXPECT_FALSE(lines.group->setup({}));
  EXPECT_TRUE(wires.until_heard(exchange, "setup 555", 10s));
  EXPECT_TRUE(wires.until_heard(exchange, "setup 556", 10s));
}

struct Glare {
  const char* name;
  int lines;
};
struct FxoGlare : FxoTest, testing::WithParamInterface<Glare> {};

// The first burst and our seizure cross.
TEST_P(FxoGlare, LeavesTheExchangesCallAndMovesOursToAnotherLineWhereThereIsOne) {
  auto config = Wires::config(LineKind::Fxo);
  config.ports = {{.slot = {2, 1}, .number = "+442079460100"}, {.slot = {2, 2}, .number = "0"}};
  config.ports.resize(static_cast<size_t>(GetParam().lines));
  start(std::move(config));
  exchange.place("401");

  lines.place("555");

  const bool has_other = GetParam().lines > 1;
  EXPECT_TRUE(has_other ? wires.until_heard(exchange, "setup 555", 15s) : wires.until_heard(lines, "released 44", 15s))
      << lines.detail();
  EXPECT_EQ(lines.has_heard("released 44"), !has_other);
  ASSERT_TRUE(wires.until_heard(lines, "setup 442079460100", 10s));
  lines.group->answer(lines.call);
  EXPECT_TRUE(wires.until_heard(exchange, "answered", 2s));
}

INSTANTIATE_TEST_SUITE_P(Lines, FxoGlare, testing::Values(Glare{"One", 1}, Glare{"Two", 2}),
                         [](const auto& each) { return each.param.name; });

// Our hang-up in each state of a call out.
struct FxoHangUp : FxoTest, testing::WithParamInterface<const char*> {};

TEST_P(FxoHangUp, LeavesBothEndsIdle) {
  start(polarity_lines(), polarity_exchange());
  exchange.on_call = [this](SignallingCallId call) { exchange.group->answer(call); };
  lines.place("555");
  ASSERT_TRUE(wires.pass_until([&] { return lines.detail() == GetParam(); }, 20s)) << lines.detail();

  lines.group->release(lines.call, 16);
  wires.pass(10s);

  EXPECT_TRUE(lines.has_heard("released 16"));
  EXPECT_EQ(lines.state(), State::Idle) << lines.detail();
  EXPECT_EQ(exchange.state(), State::Idle) << exchange.detail();
}

INSTANTIATE_TEST_SUITE_P(States, FxoHangUp,
                         testing::Values("seizing", "waiting for dial tone", "dialling", "dialled", "talking"));

struct FxoRemoved : FxoTest, testing::WithParamInterface<const char*> {};

TEST_P(FxoRemoved, TheCardIsPulledInAnyState) {
  start(polarity_lines(), polarity_exchange());
  exchange.on_call = [this](SignallingCallId call) { exchange.group->answer(call); };
  lines.place("555");
  ASSERT_TRUE(wires.pass_until([&] { return lines.detail() == GetParam(); }, 20s)) << lines.detail();

  wires.pair.remove(SpanPair::End::B);
  wires.pass(10s);

  EXPECT_TRUE(lines.has_heard("released 27"));
  EXPECT_EQ(lines.state(), State::OutOfService);
  EXPECT_NE(lines.detail().find("removed"), std::string::npos) << lines.detail();
}

INSTANTIATE_TEST_SUITE_P(States, FxoRemoved,
                         testing::Values("seizing", "waiting for dial tone", "dialling", "dialled", "talking"));

}  // namespace
}  // namespace sg::tdm::cas
