#include <gtest/gtest.h>

#include "base/manual_reactor.h"
#include "tdm/memory/span_pair.h"
#include "tests/unit/tdm/line_conformance.h"

namespace sg::tdm {
namespace {

using End = SpanPair::End;
using Kind = LineEvent::Kind;

template <LineKind kKindA, bool kSwapped = false>
struct AnalogEnds {
  static constexpr bool kReversesPolarity = true;

  ManualReactor reactor;
  SpanPair pair{reactor, {.type = SpanType::Analog, .number_a = 1, .number_b = 7, .ports = 8, .kind_a = kKindA}};

  Backend& near() { return kSwapped ? pair.b() : pair.a(); }
  Backend& far() { return kSwapped ? pair.a() : pair.b(); }
  uint16_t near_span() { return kSwapped ? 7 : 1; }
  uint16_t far_span() { return kSwapped ? 1 : 7; }
  bool wait_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 3000; ++i) {
      if (condition()) return true;
      pair.advance(10ms);
      reactor.settle();
    }
    return false;
  }
};

using FxsEnds = AnalogEnds<LineKind::Fxs>;
using FxoEnds = AnalogEnds<LineKind::Fxo, true>;
using TieEnds = AnalogEnds<LineKind::EAndM>;
using LoopKinds = testing::Types<FxsEnds, FxoEnds>;

struct MemoryLineTest : testing::Test {
  FxsEnds ends;
  std::unique_ptr<Line> fxs = ends.near().open_line({1, 1}).value(), fxo = ends.far().open_line({7, 1}).value();

  // What the line told until now.
  static std::vector<Kind> told(Line& line) {
    std::vector<Kind> kinds;
    while (auto event = line.next()) kinds.push_back(event->kind);
    return kinds;
  }
};

TEST_F(MemoryLineTest, RingsInTheRhythmOfItsCadence) {
  ASSERT_TRUE(fxs->ring({2000ms, 4000ms}));
  EXPECT_EQ(told(*fxo), std::vector{Kind::RingStarted});

  ends.pair.advance(1999ms);
  EXPECT_TRUE(told(*fxs).empty());
  ends.pair.advance(1ms);
  EXPECT_EQ(told(*fxs), std::vector{Kind::RingBurstEnded});
  ends.pair.advance(3999ms);
  EXPECT_EQ(told(*fxo), std::vector{Kind::RingBurstEnded});

  ends.pair.advance(1ms);
  EXPECT_EQ(told(*fxo), std::vector{Kind::RingStarted});
}

TEST_F(MemoryLineTest, ATelephoneHearsNothingWhileItIsOnHook) {
  auto near = ends.near().open_bearer({1, 1}, {}).value(), far = ends.far().open_bearer({7, 1}, {}).value();
  Bytes block(160, 0x42), heard(160), idle(160, idle_octet(Law::Mu));
  auto hear = [&] {
    EXPECT_TRUE(near->write(block).value());
    ends.pair.advance(20ms);
    EXPECT_TRUE(far->read(heard).value());
    return heard;
  };

  EXPECT_EQ(hear(), idle);
  ASSERT_TRUE(fxs->pass_audio_on_hook(20ms));
  EXPECT_EQ(hear(), block);
  EXPECT_EQ(hear(), idle);
  ASSERT_TRUE(fxo->seize());
  EXPECT_EQ(hear(), block);
}

TEST_F(MemoryLineTest, ALoopStartPortKeepsItsBattery) {
  ManualReactor reactor;
  SpanPair pair{reactor, {.type = SpanType::Analog, .start = LineStart::Loop}};
  auto exchange = pair.a().open_line({1, 1}).value(), telephone = pair.b().open_line({1, 1}).value();
  ASSERT_TRUE(telephone->seize() && exchange->seize());
  told(*telephone);

  ASSERT_TRUE(exchange->release());
  pair.advance(2s);

  EXPECT_TRUE(told(*telephone).empty());
  EXPECT_TRUE(telephone->is_far_end_off_hook());
}

TEST_F(MemoryLineTest, TellsAlarmsOfItsCard) {
  ends.pair.set_alarms(End::B, kAlarmRed);

  EXPECT_EQ(told(*fxo), std::vector{Kind::AlarmChanged});
  EXPECT_EQ(fxo->alarms(), kAlarmRed);
  EXPECT_TRUE(told(*fxs).empty());
}

TEST_F(MemoryLineTest, TellsThatItsCardIsGoneAndFailsFromThenOn) {
  ends.pair.remove(End::A);

  EXPECT_EQ(told(*fxs), std::vector{Kind::Removed});
  EXPECT_FALSE(conformance::is_readable(fxs->fd()));
  EXPECT_FALSE(fxs->seize());
  EXPECT_FALSE(ends.near().open_line({1, 2}));
}

TEST_F(MemoryLineTest, OnlyAnalogCardsHaveLines) {
  ManualReactor reactor;
  SpanPair digital{reactor};

  EXPECT_FALSE(digital.a().open_line({1, 1}));
  EXPECT_FALSE(ends.near().open_dchannel({1, 2}));
}

TEST(MemoryLine, MayOutliveItsCards) {
  auto ends = std::make_unique<FxsEnds>();
  auto line = ends->near().open_line({1, 1}).value();

  ends.reset();

  EXPECT_EQ(line->next(), (LineEvent{Kind::Removed}));
}

}  // namespace

namespace conformance {
INSTANTIATE_TYPED_TEST_SUITE_P(MemoryAnalog, BackendConformance, LoopKinds);
INSTANTIATE_TYPED_TEST_SUITE_P(MemoryAnalog, BearerConformance, LoopKinds);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, LoopLineConformance, LoopKinds);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TieLineConformance, TieEnds);
}  // namespace conformance
}  // namespace sg::tdm
