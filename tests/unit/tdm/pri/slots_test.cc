#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_reactor.h"
#include "tdm/pri/channel_numbers.h"
#include "tdm/pri/slot_service.h"
#include "tdm/pri/span_alarms.h"

// What keeps timeslots from being free, and how messages name them.
namespace sg::tdm::pri {
namespace {

using SlotState = Inventory::SlotState;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ChannelNumbers, AnInterfaceOfOneSpanNamesChannelsOnly) {
  ChannelNumbers numbers({{5, SpanType::E1}});

  EXPECT_EQ(numbers.channel_of({5, 17}), 17);
  EXPECT_EQ(numbers.slot_of(17, 5), (Timeslot{5, 17}));
  EXPECT_FALSE(numbers.slot_of(-1, 5));
}

TEST(ChannelNumbers, OneOfSeveralNamesTheSpanToo) {
  ChannelNumbers numbers({{5, SpanType::E1}, {9, SpanType::E1}});
  const int channel = numbers.channel_of({9, 17});

  EXPECT_EQ(number_of_channel(channel), 17);
  EXPECT_EQ(numbers.slot_of(channel, 5), (Timeslot{9, 17}));
  EXPECT_EQ(numbers.slot_of(17, 5), (Timeslot{5, 17})) << "the D-channel's span, where none is named";
  EXPECT_FALSE(numbers.slot_of(channel | 7 << 8, 5)) << "no such interface";
  EXPECT_EQ(numbers.span_named(1, 5), 9);
  EXPECT_FALSE(numbers.span_named(2, 5));
}

struct ServiceFixture {
  static constexpr Timeslot kSlot{1, 1};
  Inventory inventory{{kSlot, {1, 2}}, HuntOrder::Ascending};
  std::vector<std::string> sent;
  bool can_send = true;
  SlotService service;

  explicit ServiceFixture(bool speaks = true)
      : service(inventory, speaks,
                [this](Timeslot slot, bool is_blocked) {
                  if (can_send) sent.push_back(fmt::format("{} {}", slot.number, is_blocked ? "out" : "in"));
                  return can_send;
                },
                {}) {}
};

TEST(SlotService, WhatIsBlockedIsToldOnceAndAgainToAFarEndThatStartsAnew) {
  ServiceFixture f;
  EXPECT_FALSE(f.service.set_blocked({9, 9}, true));

  EXPECT_TRUE(f.service.set_blocked(f.kSlot, true));
  f.service.tell();
  f.service.tell();
  EXPECT_THAT(f.sent, ElementsAre("1 out"));

  f.service.on_interface_up();
  f.service.tell();
  EXPECT_THAT(f.sent, ElementsAre("1 out", "1 out"));
}

TEST(SlotService, WhatCannotBeToldNowIsToldLater) {
  ServiceFixture f;
  f.can_send = false;
  f.service.set_blocked(f.kSlot, true);
  f.service.tell();
  f.can_send = true;

  f.service.tell();

  EXPECT_THAT(f.sent, ElementsAre("1 out"));
}

TEST(SlotService, AnExchangeWithoutServiceIsToldNothing) {
  ServiceFixture f(false);

  f.service.set_blocked(f.kSlot, true);
  f.service.tell();

  EXPECT_THAT(f.sent, IsEmpty());
  EXPECT_TRUE(f.inventory.is_blocked(f.kSlot));
}

TEST(SlotService, WhatTheFarEndWithdrewStaysSoWhenTheDChannelComesBack) {
  ServiceFixture f;
  f.service.set_withdrawn(f.kSlot, true);
  f.inventory.set_out_of_service({1, 2}, true);  // for want of a RESTART's acknowledgement

  f.service.on_interface_up();

  EXPECT_EQ(f.inventory.state(f.kSlot), SlotState::OutOfService);
  EXPECT_EQ(f.inventory.state({1, 2}), SlotState::Idle);
}

struct AlarmFixture {
  ManualReactor reactor;
  Inventory inventory{{{1, 1}}, HuntOrder::Ascending};
  std::vector<uint16_t> ended;
  SpanAlarms alarms{reactor, inventory, 2s, 5s, [this](uint16_t span) { ended.push_back(span); }};
};

TEST(SpanAlarms, EndTheCallsOfTheirSpanOnceTheyHaveLasted) {
  AlarmFixture f;

  f.alarms.set(1, kAlarmRed);
  f.reactor.advance(4s);
  f.alarms.set(1, kAlarmRed | kAlarmYellow);
  EXPECT_THAT(f.ended, IsEmpty());
  f.reactor.advance(1s);

  EXPECT_THAT(f.ended, ElementsAre(1)) << "from the first of them on";
  EXPECT_EQ(f.inventory.idle(), 0u);
}

TEST(SpanAlarms, AShortOneEndsNoCallAndKeepsNewOnesAwayForAMoment) {
  AlarmFixture f;
  f.alarms.set(1, kAlarmRed);
  f.reactor.advance(1s);

  f.alarms.set(1, kNoAlarm);

  f.reactor.advance(1900ms);
  EXPECT_EQ(f.inventory.idle(), 0u);
  f.reactor.advance(100ms);
  EXPECT_EQ(f.inventory.idle(), 1u);
  f.reactor.advance(1min);
  EXPECT_THAT(f.ended, IsEmpty());
}

}  // namespace
}  // namespace sg::tdm::pri
