// Alarms, and spans that go and come back, on the real driver. Needs span 1 and span 2 wired back to back and
// configured as a PRI of E1 size.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <cstdlib>

#include "base/event_loop.h"
#include "tdm/dahdi/backend.h"

namespace sg::tdm::dahdi {
namespace {

void spans(const std::string& what) {
  ASSERT_EQ(std::system(("spans " + what).c_str()), 0) << what;
}

bool is_ready(int fd, short events) {
  pollfd file{fd, events, 0};
  return ::poll(&file, 1, 0) == 1;
}

struct DahdiAlarms : testing::Test, Backend::Listener {
  void start(Duration poll_interval) {
    auto made = DahdiBackend::make(loop, {.spans = {{.number = 1}}, .poll_interval = poll_interval});
    ASSERT_TRUE(made) << made.error().message;
    card = std::move(*made);
    card->set_listener(this);
  }
  void on_alarms_changed(uint16_t span, AlarmSet alarms) override {
    EXPECT_EQ(span, 1);
    told = alarms;
  }
  bool wait_until(const std::function<bool()>& condition) {
    auto deadline = loop.now() + 15s;
    while (!condition()) {
      if (loop.now() > deadline) return false;
      loop.step(5ms);
    }
    return true;
  }
  bool hears_far_end(uint8_t octet) {
    auto far = DahdiBackend::make(loop, {.spans = {{.number = 2}}}).value();
    auto mouth = far->open_bearer({2, 5}, {}).value();
    auto ear = card->open_bearer({1, 5}, {}).value();
    Bytes sent(160, octet), heard(160);
    return wait_until([&] {
      if (mouth->read(heard).value()) mouth->write(sent).value();
      return ear->read(heard).value() && heard == sent;
    });
  }

  EventLoop loop;
  std::unique_ptr<DahdiBackend> card;
  std::optional<AlarmSet> told;
};

TEST_F(DahdiAlarms, AFarEndThatGoesIsRedUntilItIsBack) {
  start(100ms);
  ASSERT_EQ(card->status()[0].alarms, kNoAlarm);

  spans("off 2");
  EXPECT_TRUE(wait_until([&] { return told == kAlarmRed; }));
  EXPECT_EQ(card->status()[0].alarms, kAlarmRed);
  spans("on 2");

  EXPECT_TRUE(wait_until([&] { return told == kNoAlarm; }));
  EXPECT_TRUE(hears_far_end(0x3C));
}

TEST_F(DahdiAlarms, AnEventTellsWithoutWaitingForThePoll) {
  start(1h);
  auto dchannel = card->open_dchannel({1, 16}).value();
  Bytes frame(DChannel::kMaxFrame);
  auto read_when_ready = [&] {
    if (!is_ready(dchannel->fd(), POLLIN | POLLPRI)) return;
    EXPECT_TRUE(dchannel->read(frame));
  };

  spans("off 2");
  EXPECT_TRUE(wait_until([&] {
    read_when_ready();
    return told == kAlarmRed;
  }));
  spans("on 2");

  EXPECT_TRUE(wait_until([&] {
    read_when_ready();
    return told == kNoAlarm;
  }));
}

TEST_F(DahdiAlarms, WhatIsOpenFailsWhenTheSpanIsPulledAndItServesAgainWhenItIsBack) {
  start(100ms);
  auto bearer = card->open_bearer({1, 1}, {}).value();
  auto dchannel = card->open_dchannel({1, 16}).value();
  Bytes block(160), frame(DChannel::kMaxFrame);

  spans("remove 1");
  EXPECT_TRUE(is_ready(bearer->ticks().fd(), POLLIN));
  EXPECT_TRUE(is_ready(dchannel->fd(), POLLIN | POLLPRI));
  EXPECT_THAT(bearer->read(block).error().message, testing::HasSubstr("channel 1 (DYN/loc/1:0/1) is gone"));
  EXPECT_THAT(bearer->write(block).error().message, testing::HasSubstr("is gone"));
  EXPECT_THAT(dchannel->read(frame).error().message, testing::HasSubstr("channel 16 (DYN/loc/1:0/16) is gone"));
  EXPECT_THAT(dchannel->write(Bytes(5)).error().message, testing::HasSubstr("is gone"));
  EXPECT_TRUE(wait_until([&] { return told == kAlarmRemoved; }));
  EXPECT_THAT(card->open_bearer({1, 2}, {}).error().message, testing::HasSubstr("span 1 is not in the driver"));
  bearer.reset();
  dchannel.reset();
  spans("return 1");

  EXPECT_TRUE(wait_until([&] { return told == kNoAlarm; }));
  EXPECT_TRUE(hears_far_end(0x5A));
  EXPECT_TRUE(card->open_dchannel({1, 16}));
}

TEST_F(DahdiAlarms, ASpanMayComeLater) {
  spans("off 1");
  start(100ms);
  EXPECT_EQ(card->status()[0].alarms, kAlarmRemoved);

  spans("on 1");

  EXPECT_TRUE(wait_until([&] { return told == kNoAlarm; }));
  EXPECT_TRUE(hears_far_end(0x77));
}

TEST_F(DahdiAlarms, RefusalsSayWhatIsWrongWithTheChannel) {
  start(100ms);
  auto other = DahdiBackend::make(loop, {.spans = {{.number = 1}}}).value();

  EXPECT_THAT(other->open_bearer({1, 3}, {}).error().message, testing::HasSubstr("channel 3: in use"));
  EXPECT_THAT(card->open_bearer({1, 16}, {}).error().message,
              testing::AllOf(testing::HasSubstr("D-channel"), testing::HasSubstr("bchan=")));
  EXPECT_THAT(card->open_dchannel({1, 3}).error().message,
              testing::AllOf(testing::HasSubstr("B-channel"), testing::HasSubstr("dchan=")));
  EXPECT_THAT(card->open_bearer({1, 32}, {}).error().message, testing::HasSubstr("no timeslot 32"));
  EXPECT_THAT(card->open_bearer({1, 4}, {.block_octets = 8}).error().message, testing::HasSubstr("16 to 8192"));
}

}  // namespace
}  // namespace sg::tdm::dahdi
