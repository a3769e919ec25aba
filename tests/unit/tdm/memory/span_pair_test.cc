#include "tdm/memory/span_pair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_reactor.h"
#include "tests/unit/tdm/conformance.h"

namespace sg::tdm {
namespace {

using End = SpanPair::End;
using Fate = SpanPair::FrameFate;

template <SpanType kType>
struct MemoryEnds {
  ManualReactor reactor;
  SpanPair pair{reactor, {.type = kType, .number_a = 1, .number_b = 7}};

  Backend& near() { return pair.a(); }
  Backend& far() { return pair.b(); }
  uint16_t near_span() { return 1; }
  uint16_t far_span() { return 7; }
  bool wait_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      pair.advance(20ms);
      reactor.settle();
    }
    return false;
  }
};

using Kinds = testing::Types<MemoryEnds<SpanType::E1>, MemoryEnds<SpanType::T1>>;

struct Listener : Backend::Listener {
  MOCK_METHOD(void, on_alarms_changed, (uint16_t, AlarmSet), (override));
};

struct SpanPairTest : testing::Test {
  ManualReactor reactor;
  SpanPair pair{reactor};
};

TEST_F(SpanPairTest, WhatIsWrittenIsReadOneBlockLater) {
  auto a = pair.a().open_bearer({1, 1}, {}).value(), b = pair.b().open_bearer({1, 1}, {}).value();
  Bytes block(160, 0x42), heard(160);
  ASSERT_TRUE(a->write(block).value());

  pair.advance(19ms);
  EXPECT_FALSE(b->read(heard).value());
  pair.advance(1ms);

  EXPECT_TRUE(b->read(heard).value());
  EXPECT_EQ(heard, block);
}

TEST_F(SpanPairTest, BearersOfAGroupShareTheirTicksAndOthersDoNot) {
  auto one = pair.a().open_bearer({1, 1}, {.group = 1}).value();
  auto two = pair.a().open_bearer({1, 2}, {.group = 1}).value();
  auto other = pair.a().open_bearer({1, 3}, {.group = 2}).value();

  EXPECT_EQ(&one->ticks(), &two->ticks());
  EXPECT_NE(&one->ticks(), &other->ticks());
}

TEST_F(SpanPairTest, KeepsPartsOfAnOctetTime) {
  auto a = pair.a().open_bearer({1, 1}, {.block_octets = 8}).value();
  Bytes block(8);

  for (int i = 0; i < 10; ++i) pair.advance(100us);

  EXPECT_TRUE(a->read(block).value());
}

TEST_F(SpanPairTest, LosesAndCorruptsFramesOnCommand) {
  auto a = pair.a().open_dchannel({1, 16}).value(), b = pair.b().open_dchannel({1, 16}).value();
  int sent = 0;
  pair.filter_frames(End::A, [&](ByteView) {
    return std::array{Fate::Lose, Fate::Corrupt, Fate::Deliver}[static_cast<size_t>(sent++)];
  });

  for (uint8_t i = 1; i <= 3; ++i) ASSERT_TRUE(a->write(Bytes(5, i)));

  Bytes frame(10);
  ASSERT_EQ(b->read(frame).value(), 5u);
  EXPECT_EQ(frame[0], 3);
  EXPECT_EQ(b->read(frame).value(), 0u);
  EXPECT_EQ(b->stats().bad_fcs, 1u);
}

TEST_F(SpanPairTest, ACutDChannelCarriesNothingUntilItIsMended) {
  auto a = pair.a().open_dchannel({1, 16}).value(), b = pair.b().open_dchannel({1, 16}).value();
  Bytes frame(10);
  pair.cut_dchannel(true);
  ASSERT_TRUE(a->write(Bytes(5, 1)));
  EXPECT_EQ(b->read(frame).value(), 0u);

  pair.cut_dchannel(false);
  ASSERT_TRUE(a->write(Bytes(5, 2)));

  EXPECT_EQ(b->read(frame).value(), 5u);
}

TEST_F(SpanPairTest, TellsAlarmsOnTheReactor) {
  testing::StrictMock<Listener> listener;
  pair.b().set_listener(&listener);

  pair.set_alarms(End::B, kAlarmRed);
  pair.set_alarms(End::B, kAlarmRed);

  EXPECT_CALL(listener, on_alarms_changed(1, kAlarmRed)).Times(1);
  reactor.settle();
  EXPECT_EQ(pair.b().status()[0].alarms, kAlarmRed);
  EXPECT_EQ(pair.a().status()[0].alarms, kNoAlarm);
}

TEST_F(SpanPairTest, WhatIsOpenFailsWhenTheSpanIsRemoved) {
  auto bearer = pair.a().open_bearer({1, 1}, {}).value();
  auto channel = pair.a().open_dchannel({1, 16}).value();

  pair.remove(End::A);

  Bytes block(160);
  EXPECT_TRUE(conformance::is_readable(bearer->ticks().fd()));
  EXPECT_TRUE(conformance::is_readable(channel->fd()));
  EXPECT_FALSE(bearer->read(block));
  EXPECT_FALSE(channel->read(block));
  EXPECT_FALSE(pair.a().open_bearer({1, 2}, {}));
}

TEST(SpanPair, MayGoBeforeWhatWasOpened) {
  ManualReactor reactor;
  auto pair = std::make_unique<SpanPair>(reactor);
  auto bearer = pair->a().open_bearer({1, 1}, {}).value();

  pair.reset();

  Bytes block(160);
  EXPECT_FALSE(bearer->read(block));
  reactor.settle();
}

}  // namespace

namespace conformance {
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BackendConformance, Kinds);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BearerConformance, Kinds);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, DChannelConformance, Kinds);
}  // namespace conformance
}  // namespace sg::tdm
